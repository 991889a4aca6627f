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
	"fmt"
	"net/http"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

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

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and an issuer for tests in place of yours. It listens
// first: the URL is the name of the API.
func run(r *show.Run) error {
	listener, err := r.Listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	resource := r.URL + "/notes" // https but for loopback
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	issuer.AddResource(issuertest.Resource{URI: resource}) // the issuer knows the APIs that it has tokens for
	api, err := newAPI(issuer.URL, resource)
	if err != nil {
		return err
	}
	return r.Serve(api, func() error {
		c := client{out: r.Out, id: issuertest.ClientID, secret: issuertest.ClientSecret}
		if err := c.visit(r.Context, http.MethodGet, resource); err != nil {
			return err
		}
		r.Printf("\n")
		if err := c.visit(r.Context, http.MethodPost, resource); err != nil {
			return err
		}
		r.Try("curl -i %s", resource)
		r.Try("curl -i -H '%s' %s", show.Bearer(c.token), resource)
		return nil
	})
}
