// Command metadata runs an API and a client that knows nothing of it but its
// URL, and shows how the client gets from a 401 to a 200.
//
//	go run ./examples/metadata         then try the curl lines it prints
//	go run ./examples/metadata -once   exits when the client has been served
//
// The lesson: with Options.Metadata, every refusal says where the API describes
// itself (RFC 9728), and that says whom to ask for a token. Nobody has to
// configure the client for the API, and the client believes nobody but the API.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func main() {
	once := flag.Bool("once", false, "exit when the client has been served: 0 if all went as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the API listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// newAPI is what you would write in your own service. resource is the URL by
// which clients know the API, and what its tokens are for (RFC 8707).
func newAPI(issuer, resource string) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", listNotes)
	mux.HandleFunc("POST /notes", addNote)
	routes := scopes.Routes{
		"GET /notes":  scopes.All("read"),
		"POST /notes": scopes.All("read", "write"),
	}

	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{resource}})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, &middleware.Options{Metadata: &middleware.Metadata{
		Resource: resource, AuthorizationServers: []string{issuer}, Scopes: routes.Scopes(), Name: "Notes",
	}})
	pattern, document := guard.Metadata()
	mux.Handle(pattern, document)
	routes[pattern] = scopes.Public() // who has no token yet must be able to read it
	return routes.Handler(guard, mux)
}

func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes for %s\n", token.ClientID)
}

func addNote(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
}

// run serves the API until ctx ends, or until the client has been served.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	resource := "http://" + listener.Addr().String() + "/notes" // https but for loopback
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	issuer.AddResource(issuertest.Resource{URI: resource}) // the issuer knows the APIs that it has tokens for
	api, err := newAPI(issuer.URL, resource)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	c := client{out: out, id: issuertest.ClientID, secret: issuertest.ClientSecret}
	if err = c.visit(ctx, http.MethodGet, resource); err == nil {
		fmt.Fprintln(out)
		err = c.visit(ctx, http.MethodPost, resource)
	}
	if err == nil {
		fmt.Fprintf(out, "\nTry it:\n  curl -i %s\n  curl -i -H 'Authorization: Bearer %s' %[1]s\n", resource, c.token)
	}
	if err == nil && !once {
		fmt.Fprintln(out, "\nServing until Ctrl-C.")
		select {
		case <-ctx.Done():
		case err = <-served:
			return err
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(end))
}
