package scopes_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// shopGuard stands for a guard: its tokens are the scopes that they grant.
func shopGuard() *middleware.Guard {
	return middleware.New(middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Subject: "alice", ClientID: "app", Scopes: strings.Split(token, "+")}, nil
	}), nil)
}

// try sends a request, with a token if there is one, and prints the answer.
func try(h http.Handler, method, path, token string) {
	r := httptest.NewRequest(method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%s %s: %d %s", method, path, w.Code, w.Header().Get("WWW-Authenticate"))))
}

func ExampleRoutes() {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", notes)
	mux.Handle("GET /notes", notes)
	mux.Handle("DELETE /notes/{id}", notes)
	mux.Handle("/debug/", notes) // forgotten below

	policy, err := scopes.Routes{
		"GET /healthz":       scopes.Public(),
		"GET /notes":         scopes.All("read"),
		"DELETE /notes/{id}": scopes.All("read", "write"),
	}.Handler(shopGuard(), mux)
	if err != nil {
		log.Fatal(err)
	}

	try(policy, "GET", "/healthz", "")
	try(policy, "GET", "/notes", "")
	try(policy, "GET", "/notes", "read")
	try(policy, "DELETE", "/notes/1", "read")
	try(policy, "GET", "/debug/vars", "read")
	// Output:
	// GET /healthz: 200
	// GET /notes: 401 Bearer realm="api", scope="read"
	// GET /notes: 200
	// DELETE /notes/1: 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="read write"
	// GET /debug/vars: 403
}

// Wrong: rows for what the mux does not serve, or not by that name.
func ExampleRoutes_wrong() {
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", notes)

	_, err := scopes.Routes{
		"GET /note/{id}":    scopes.All("read"),
		"GET /notes/{note}": scopes.All("read"),
	}.Handler(shopGuard(), mux)
	fmt.Println(err)
	// Output:
	// scopes: Routes: GET /note/{id}: the mux does not serve it
	// scopes: Routes: GET /notes/{note}: the mux serves that under GET /notes/{id}
}

// The whole policy as a table: for a log, or for a file that a review compares.
func ExampleRoutes_String() {
	fmt.Print(scopes.Routes{
		"GET /healthz":       scopes.Public(),
		"GET /notes":         scopes.Any("notes:read", "notes:admin"),
		"DELETE /notes/{id}": scopes.All("notes:read", "notes:write").User(),
		"POST /transfers":    scopes.All("transfer").ACR("gold", "silver").MaxAge(5 * time.Minute),
		"GET /staff":         scopes.All().Claim("roles", "admin", "auditor"),
		"/":                  {},
	})
	// Output:
	// /                   nobody
	// DELETE /notes/{id}  scope notes:read and notes:write, of a user
	// GET /healthz        public
	// GET /notes          scope notes:read or notes:admin
	// GET /staff          any token, roles admin or auditor
	// POST /transfers     scope transfer, acr gold or silver, signed in at most 5m0s ago
}

func ExampleRoutes_Scopes() {
	routes := scopes.Routes{
		"GET /notes":  scopes.All("notes:read"),
		"POST /notes": scopes.All("notes:read", "notes:write"),
	}
	fmt.Println(routes.Scopes())
	// Output: [notes:read notes:write]
}

func ExampleImplies() {
	shop := scopes.Implies{"admin": {"read", "write"}}
	list := shopGuard().Handler(shop.All("read").Handler(notes))
	try(list, "GET", "/orders", "admin")
	try(list, "GET", "/orders", "write")
	// Output:
	// GET /orders: 200
	// GET /orders: 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="read"
}

// Wrong: a scope that includes itself.
func ExampleImplies_wrong() {
	shop := scopes.Implies{"admin": {"write"}, "write": {"admin"}}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", notes)
	_, err := scopes.Routes{"GET /orders": shop.All("write")}.Handler(shopGuard(), mux)
	fmt.Println(err)
	// Output:
	// scopes: Implies: "admin" includes itself
	// scopes: Implies: "write" includes itself
}

// A user who did not sign in strongly enough is asked to do so (RFC 9470).
func ExampleRequirement_ACR() {
	transfer := scopes.All("transfer").ACR("urn:example:gold").MaxAge(5 * time.Minute)
	h := shopGuard().Handler(transfer.Handler(notes))
	try(h, "POST", "/transfers", "transfer")
	// Output:
	// POST /transfers: 401 Bearer realm="api", error="insufficient_user_authentication", error_description="The user must sign in again, as this operation asks for it", acr_values="urn:example:gold", max_age="300"
}
