// Command quickstart runs an issuer, an API guarded by Warder and its metrics
// in one process, and shows what the API answers to good and bad tokens.
//
//	go run ./examples/quickstart         then try the curl lines it prints
//	go run ./examples/quickstart -once   exits after the table
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

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
	"github.com/warder-go/warder/scopes"
)

func main() {
	once := flag.Bool("once", false, "exit after the table: 0 if every answer is as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the API listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// newAPI is what you would write in your own service.
func newAPI(issuer, audience string) (http.Handler, error) {
	registry := prometheus.NewRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		return nil, err
	}
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, &middleware.Options{Observe: observe})

	notes := http.NewServeMux()
	notes.Handle("GET /notes", scopes.Require("read")(http.HandlerFunc(listNotes)))
	notes.Handle("POST /notes", scopes.Require("write")(http.HandlerFunc(addNote)))

	api := http.NewServeMux()
	api.Handle("/notes", guard.Handler(notes))
	api.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	api.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return api, nil
}

func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s, asked for by %s\n", token.Subject, token.ClientID)
}

func addNote(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
}

// run serves the API until ctx ends, or until the table is printed.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, err := newAPI(issuer.URL, issuertest.Audience)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	t := tour{ctx: ctx, out: out, issuer: issuer, api: "http://" + listener.Addr().String()}
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
