package scopes_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Every requirement that judges a request tells so once.
func TestEvents(t *testing.T) {
	for _, row := range []struct {
		name   string
		q      scopes.Requirement
		v      middleware.Verifier
		issuer string
		reason middleware.Reason
	}{
		{"met", scopes.All("a"), granting("a"), "https://as.example", middleware.ReasonOK},
		{"not met", scopes.All("b"), granting("a"), "https://as.example", middleware.ReasonInsufficientScope},
		{"an anonymous request", scopes.All("a"), nil, "", middleware.ReasonNoToken},
		{"the zero Requirement", scopes.Requirement{}, granting("a"), "https://as.example", middleware.ReasonNoPolicy},
		{"the zero Requirement and an anonymous request", scopes.Requirement{}, nil, "", middleware.ReasonNoToken},
	} {
		t.Run(row.name, func(t *testing.T) {
			var events []middleware.Event
			opts := &middleware.Options{AllowAnonymous: true, Observe: func(_ context.Context, e middleware.Event) {
				if e.Op == middleware.OpAuthorize {
					events = append(events, e)
				}
			}}
			mux := http.NewServeMux()
			mux.Handle("GET /notes/{id}", row.q.Handler(http.NotFoundHandler()))
			r := httptest.NewRequest("GET", "/notes/1", nil)
			v := row.v
			if v == nil {
				v = granting("")
			} else {
				r.Header.Set("Authorization", "Bearer a")
			}
			middleware.New(v, opts).Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
			if len(events) != 1 {
				t.Fatalf("%d events", len(events))
			}
			e := events[0]
			if e.Issuer != row.issuer || e.Route != "GET /notes/{id}" || e.Reason != row.reason {
				t.Errorf("event %+v", e)
			}
			if (e.Err == nil) != (row.reason == middleware.ReasonOK) || e.Duration < 0 {
				t.Errorf("error %v, duration %v", e.Err, e.Duration)
			}
		})
	}
}

func TestTwoRequirementsTellTwice(t *testing.T) {
	n := 0
	opts := &middleware.Options{Observe: func(_ context.Context, e middleware.Event) {
		if e.Op == middleware.OpAuthorize {
			n++
		}
	}}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer a")
	h := scopes.Require("a")(scopes.Require("b")(http.NotFoundHandler()))
	w := httptest.NewRecorder()
	middleware.New(granting("a b"), opts).Handler(h).ServeHTTP(w, r)
	if n != 2 || w.Code != http.StatusNotFound {
		t.Errorf("%d events, status %d", n, w.Code)
	}
}
