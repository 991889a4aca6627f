// Command quickstart runs an issuer, an API guarded by Warder and its metrics
// in one process, and shows what the API answers to good and bad tokens.
//
//	go run ./examples/quickstart         then try the curl lines it prints
//	go run ./examples/quickstart -once   exits after the table
package main

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
	"github.com/warder-go/warder/scopes"
)

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

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and an issuer for tests in place of yours.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, err := newAPI(issuer.URL, issuertest.Audience)
	if err != nil {
		return err
	}
	return r.Serve(api, func() error { return tour(r, issuer) })
}
