package main

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// The resource server's credentials at the introspection endpoint.
const (
	apiID     = "notes-api"
	apiSecret = "a secret of the notes API"
)

// newAPI serves the same notes twice: below /verified to tokens whose signature
// is good, below /introspected to those that the issuer still calls active.
// client reaches the issuer.
func newAPI(issuer string, client *http.Client) (http.Handler, error) {
	byKeys, err := jwks.NewVerifier(jwks.Config{
		Issuer: issuer, Audience: []string{issuertest.Audience}, HTTPClient: client,
	})
	if err != nil {
		return nil, err
	}
	byAsking, err := introspect.NewVerifier(introspect.Config{
		Issuer: issuer, Audience: []string{issuertest.Audience}, HTTPClient: client,
		Authenticate: introspect.Basic(apiID, apiSecret),
		CacheTTL:     -1, // a revoked token ends at once; every request costs a call
	})
	if err != nil {
		return nil, err
	}
	notes := http.NewServeMux()
	notes.Handle("GET /notes", scopes.Require("read")(http.HandlerFunc(list)))
	notes.Handle("POST /notes", scopes.Require("write")(http.HandlerFunc(add)))

	api := http.NewServeMux()
	api.Handle("/verified/", http.StripPrefix("/verified", middleware.New(byKeys, nil).Handler(notes)))
	api.Handle("/introspected/", http.StripPrefix("/introspected", middleware.New(byAsking, nil).Handler(notes)))
	return api, nil
}

func list(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s for %s\n", token.Subject, token.ClientID)
}

func add(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }
