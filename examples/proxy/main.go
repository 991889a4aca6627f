// Command proxy runs a reverse proxy that admits callers by their access tokens
// and an API behind it that never sees one, and shows what arrives there.
//
//	go run ./examples/proxy         then try the curl lines it prints
//	go run ./examples/proxy -once   exits after the table
//
// The lesson: a token is for its audience, which is the proxy. Whoever could
// read it at the next hop could use it here, so the proxy keeps it, and says in
// fields of its own who is calling.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func main() {
	once := flag.Bool("once", false, "exit after the table: 0 if every answer is as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the proxy listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// newFront is what you would write in your own service: the routes that the
// proxy lets through, and what each needs. All else ends here.
func newFront(issuer, audience string, upstream *url.URL) (http.Handler, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, &middleware.Options{Sources: []middleware.Source{
		middleware.FromHeader,
		middleware.FromCookie("token", http.NewCrossOriginProtection()),
	}})
	proxy := newProxy(upstream)
	mux := http.NewServeMux()
	mux.Handle("GET /prices", proxy)
	mux.Handle("/notes/", proxy)
	return scopes.Routes{
		"GET /prices": scopes.Public(),
		"/notes/":     scopes.All("read"),
	}.Handler(guard, mux)
}

// show is the API behind the proxy. It answers with what it was sent.
func show(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
}

// run serves both until ctx ends, or until the table is printed.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()

	// Nobody but the proxy may reach the API: its word on who is calling counts
	// only where no other's does. Here, that is what loopback stands for.
	behind, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	upstream := &http.Server{Handler: http.HandlerFunc(show), ReadHeaderTimeout: 5 * time.Second}
	go upstream.Serve(behind)
	defer upstream.Close()

	front, err := newFront(issuer.URL, issuertest.Audience, &url.URL{Scheme: "http", Host: behind.Addr().String()})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: front, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	t := tour{ctx: ctx, out: out, api: "http://" + listener.Addr().String(), issuer: issuer}
	err = t.show()
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
