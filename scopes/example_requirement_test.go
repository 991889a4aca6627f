package scopes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// reader stands for a guard, and for a request whose token grants notes:read.
func reader(h http.Handler) {
	verifier := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Scopes: []string{"notes:read"}}, nil
	})
	r := httptest.NewRequest("GET", "/notes", nil)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	middleware.New(verifier, nil).Handler(h).ServeHTTP(w, r)
	fmt.Print(w.Code)
	if challenge := w.Header().Get("WWW-Authenticate"); challenge != "" {
		fmt.Print(" ", challenge)
	}
	fmt.Println()
}

var notes = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func ExampleRequire() {
	mux := http.NewServeMux()
	mux.Handle("GET /notes", scopes.Require("notes:read")(notes))
	reader(mux)
	// Output: 200
}

func ExampleAll() {
	reader(scopes.All("notes:read").Handler(notes))
	reader(scopes.All("notes:read", "notes:share").Handler(notes))
	reader(scopes.All().Handler(notes)) // any token will do
	// Output:
	// 200
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="notes:read notes:share"
	// 200
}

// Wrong: two scopes in one word.
func ExampleAll_wrong() {
	defer func() { fmt.Println(recover()) }()
	scopes.All("notes:read notes:share")
	// Output: scopes: "notes:read notes:share" is not a scope-token (RFC 6749 §3.3)
}

func ExampleAny() {
	reader(scopes.Any("notes:read", "notes:admin").Handler(notes))
	reader(scopes.Any("notes:write", "notes:admin").Handler(notes)) // asks for the least that would do
	// Output:
	// 200
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="notes:write"
}

// Wrong: the zero Requirement. Nothing says what the route needs, so nobody
// gets in.
func ExampleRequirement_wrong() {
	var q scopes.Requirement
	reader(q.Handler(notes))
	// Output: 403
}

// Wrong: a requirement without a guard in front of it.
func ExampleRequirement_withoutGuard() {
	w := httptest.NewRecorder()
	scopes.All("notes:read").Handler(notes).ServeHTTP(w, httptest.NewRequest("GET", "/notes", nil))
	fmt.Println(w.Code)
	// Output: 500
}

// In a handler, where only part of an operation needs more.
func ExampleRequirement_Check() {
	drafts := scopes.All("notes:drafts")
	reader(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		if err := drafts.Check(token); err != nil {
			fmt.Println("no drafts:", err)
		}
	}))
	// Output:
	// no drafts: insufficient_scope: scopes: the token lacks the scopes ["notes:drafts"]
	// 200
}
