package main

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// newAPI is what you would write in your own service.
func newAPI(v middleware.Verifier) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		fmt.Fprintf(w, "notes of %s, asked for by %s\n", token.Subject, token.ClientID)
	})
	mux.HandleFunc("POST /notes", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	return scopes.Routes{
		"GET /notes":  scopes.All("notes:read").User(),
		"POST /notes": scopes.All("notes:write").User(),
	}.Handler(middleware.New(v, nil), mux)
}
