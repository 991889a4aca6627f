package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// discard is a ResponseWriter without a client, to be used again.
type discard struct{ header http.Header }

func (d discard) Header() http.Header               { return d.header }
func (d discard) Write(p []byte) (int, error)       { return len(p), nil }
func (d discard) WriteString(s string) (int, error) { return len(s), nil }
func (d discard) WriteHeader(int)                   {}

// The guard alone: the Verifier does next to nothing.
func BenchmarkGuard(b *testing.B) {
	token := &middleware.Token{Issuer: issuer, Subject: "alice"}
	v := middleware.VerifierFunc(func(_ context.Context, s string, _ *http.Request) (*middleware.Token, error) {
		if s == "good" {
			return token, nil
		}
		return nil, middleware.InvalidToken
	})
	observe := func(context.Context, middleware.Event) {}
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, g := range []struct {
		name string
		opts *middleware.Options
	}{
		{"", nil},
		{"observed ", &middleware.Options{Observe: observe}},
		{"dpop ", &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}}},
	} {
		guard := middleware.New(v, g.opts)
		for _, row := range []struct{ name, authorization string }{
			{"accepted", "Bearer good"},
			{"no token", ""},
			{"broken syntax", "Bearer a b"},
			{"garbage", "Bearer garbage"},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			if row.authorization != "" {
				r.Header.Set("Authorization", row.authorization)
			}
			b.Run(g.name+row.name+"/Handler", func(b *testing.B) {
				h, w := guard.Handler(next), discard{make(http.Header)}
				b.ReportAllocs()
				for b.Loop() {
					h.ServeHTTP(w, r)
				}
			})
			b.Run(g.name+row.name+"/Authenticate", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if t, err := guard.Authenticate(r); (t == nil) == (err == nil) {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
