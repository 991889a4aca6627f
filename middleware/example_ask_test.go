package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// verifier stands for a jwks.Verifier or an introspect.Verifier.
var verifier = middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	switch token {
	case "alices-token":
		return &middleware.Token{Issuer: "https://as.example", Subject: "alice", ClientID: "app", ID: "1", Scopes: []string{"notes:read"}}, nil
	case "any-token-while-the-issuer-is-down":
		return nil, &middleware.Error{Reason: middleware.ReasonKeysUnavailable}
	}
	return nil, &middleware.Error{
		Code: middleware.InvalidToken, Reason: middleware.ReasonExpired, Description: "The access token expired",
	}
})

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	token, found := middleware.FromContext(r.Context())
	if !found {
		fmt.Fprintln(w, "Hello, whoever you are")
		return
	}
	fmt.Fprintln(w, "Hello,", token.Subject)
})

// ask sends a request with these fields and prints what matters of the answer.
func ask(h http.Handler, method string, fields ...string) {
	r := httptest.NewRequest(method, "https://api.example/notes", nil)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	for _, challenge := range w.Header()["Www-Authenticate"] {
		fmt.Println("   ", challenge)
	}
}
