package scopes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// What the policy adds to a mux: a Public row, so that no guard is in it.
func BenchmarkRoutes(b *testing.B) {
	mux := http.NewServeMux()
	routes := scopes.Routes{}
	for _, pattern := range []string{"GET /healthz", "GET /notes", "GET /notes/{id}", "PUT /notes/{id}", "GET /files/{path...}", "/admin/"} {
		mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		routes[pattern] = scopes.Public()
	}
	policy, err := routes.Handler(middleware.New(granting("read"), nil), mux)
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/notes/42"} {
		r := httptest.NewRequest("GET", "https://api.example"+path, nil)
		w := httptest.NewRecorder()
		for name, h := range map[string]http.Handler{"mux": mux, "routes": policy} {
			b.Run(path[1:]+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					h.ServeHTTP(w, r)
				}
			})
		}
	}
}
