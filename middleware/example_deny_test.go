package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/warder-go/warder/middleware"
)

// A handler that finds out that this operation needs more.
func ExampleDeny() {
	deleteNote := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		if owner := "bob"; token.Subject != owner {
			middleware.Deny(w, r, &middleware.Error{
				Code: middleware.InsufficientScope, Scope: "notes:admin",
				Description: "Only its owner or an administrator deletes a note",
			})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	ask(middleware.New(verifier, nil).Handler(deleteNote), "DELETE", "Authorization: Bearer alices-token")
	// Output:
	// 403 Forbidden
	//     Bearer realm="api", error="insufficient_scope", error_description="Only its owner or an administrator deletes a note", scope="notes:admin"
}

// Wrong: Deny where no guard stands in front. Nobody was asked for a token, so
// the mistake is the program's.
func ExampleDeny_wrong() {
	ask(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.Deny(w, r, middleware.InsufficientScope)
	}), "DELETE", "Authorization: Bearer alices-token")
	// Output: 500 Internal Server Error
}

// For routers whose middleware takes no http.Handler.
func ExampleGuard_Authenticate() {
	guard := middleware.New(verifier, nil)
	serve := func(w http.ResponseWriter, r *http.Request) {
		token, err := guard.Authenticate(r)
		if err != nil {
			guard.Deny(w, r, err)
			return
		}
		fmt.Fprintln(w, "Hello,", token.Subject)
	}
	ask(http.HandlerFunc(serve), "GET", "Authorization: Bearer alices-token")
	ask(http.HandlerFunc(serve), "GET")
	// Output:
	// 200 Hello, alice
	// 401 Unauthorized
	//     Bearer realm="api"
}

// A test of a handler needs no guard and no token.
func ExampleNewContext() {
	r := httptest.NewRequest("GET", "/notes", nil)
	r = r.WithContext(middleware.NewContext(r.Context(), &middleware.Token{Subject: "bob"}))
	w := httptest.NewRecorder()
	hello(w, r)
	fmt.Print(w.Body)
	// Output: Hello, bob
}
