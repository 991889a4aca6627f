// Command policy runs an API whose policy is one table, prints that table, and
// shows what the API answers to tokens that grant much and little.
//
//	go run ./examples/policy         then try the curl lines it prints
//	go run ./examples/policy -once   exits after the tables
//
// The lesson: say once what each route needs. Checks, challenges, the metadata
// document and the printed table are made of that, so none of them can drift
// from the others, and a route that the table forgot is closed.
package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// newAPI is what you would write in your own service: handlers, what each of
// them needs, and the guard that knows who is asking.
func newAPI(issuer, audience string) (http.Handler, scopes.Routes, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", ok)
	mux.HandleFunc("GET /accounts", ok)
	mux.HandleFunc("GET /rates", ok)
	mux.HandleFunc("GET /me", me)
	mux.HandleFunc("DELETE /accounts/{id}", ok)
	mux.HandleFunc("GET /audit", ok)
	mux.HandleFunc("POST /nightly", ok)
	mux.HandleFunc("GET /forgotten", ok) // has no row below: nobody gets there
	initiate := middleware.Detail{Type: "payment", Actions: []string{"initiate"}, Locations: []string{audience}}
	mux.Handle("POST /payments", payments{initiate})

	accounts := scopes.Implies{"accounts:admin": {"accounts:read", "accounts:write"}}
	routes := scopes.Routes{
		"GET /healthz":          scopes.Public(),
		"GET /accounts":         accounts.All("accounts:read"),
		"GET /rates":            accounts.Any("rates:read", "accounts:read"),
		"GET /me":               scopes.All().User(),
		"DELETE /accounts/{id}": accounts.All("accounts:write").ACR("phr").MaxAge(5 * time.Minute),
		"GET /audit":            scopes.All("audit:read").Claim("roles", "auditor", "regulator"),
		"POST /nightly":         scopes.All("accounts:write").Client(),
		"POST /payments":        scopes.All("payments:write").User().Detail(initiate),
	}

	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, nil, err
	}
	guard := middleware.New(verifier, &middleware.Options{Metadata: &middleware.Metadata{
		Resource: audience, AuthorizationServers: []string{issuer}, Scopes: routes.Scopes(),
	}})
	pattern, metadata := guard.Metadata()
	mux.Handle(pattern, metadata)
	routes[pattern] = scopes.Public()

	api, err := routes.Handler(guard, mux) // outside the guard: do not wrap it again
	return api, routes, err
}

func ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// A subject is somebody only together with the issuer (RFC 8725 §3.8).
func me(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "%s of %s\n", token.Subject, token.Issuer)
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and an issuer for tests in place of yours.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, routes, err := newAPI(issuer.URL, issuertest.Audience)
	if err != nil {
		return err
	}
	return r.Serve(api, func() error {
		r.Printf("%s\n", routes) // a review compares this, or a log keeps it
		tour(r, issuer)
		return nil
	})
}
