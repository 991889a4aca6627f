package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// What a Source may return, with and without AllowAnonymous.
func TestSources(t *testing.T) {
	for _, row := range []struct {
		name            string
		cred            middleware.Credentials
		err             error
		status, lenient int
		reason          middleware.Reason
	}{
		{"nothing", middleware.Credentials{}, nil, 401, 200, middleware.ReasonNoToken},
		{"ErrNoToken", middleware.Credentials{}, middleware.ErrNoToken, 401, 200, middleware.ReasonNoToken},
		{"ErrNoToken beside credentials: there are none", middleware.Credentials{Scheme: "Bearer", Token: "a"}, middleware.ErrNoToken, 401, 200, middleware.ReasonNoToken},
		{"a token without a scheme is a fault, never nobody", middleware.Credentials{Token: "a"}, nil, 503, 503, middleware.ReasonVerifierFault},
		{"a scheme that is not spoken before one that is", middleware.Credentials{Scheme: "Basic", Token: "a, Bearer b"}, nil, 400, 400, middleware.ReasonMalformedRequest},
		{"a scheme that is not spoken", middleware.Credentials{Scheme: "Basic", Token: "a"}, nil, 401, 200, middleware.ReasonNoToken},
		{"a scheme without a token", middleware.Credentials{Scheme: "Bearer"}, nil, 400, 400, middleware.ReasonMalformedRequest},
		{"a token", middleware.Credentials{Scheme: "bearer", Token: "a"}, nil, 200, 200, middleware.ReasonOK},
		{"InvalidRequest", middleware.Credentials{}, middleware.InvalidRequest, 400, 400, middleware.ReasonMalformedRequest},
		{"an Error with a Code whose cause is ErrNoToken", middleware.Credentials{},
			&middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonMalformedToken, Err: middleware.ErrNoToken},
			401, 401, middleware.ReasonMalformedToken},
		{"an error without a Code", middleware.Credentials{}, errors.New("x"), 503, 503, middleware.ReasonVerifierFault},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, lenient := range []bool{false, true} {
				seen := newRecorder()
				opts := &middleware.Options{AllowAnonymous: lenient, Observe: seen.observe, Sources: []middleware.Source{
					func(*http.Request) (middleware.Credentials, error) { return row.cred, row.err },
				}}
				g := newGuard(opts, func() (*middleware.Token, error) { return new(middleware.Token), nil })
				w := httptest.NewRecorder()
				g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
				if want := map[bool]int{false: row.status, true: row.lenient}[lenient]; w.Code != want {
					t.Errorf("AllowAnonymous %t: status %d, want %d", lenient, w.Code, want)
				}
				if e := seen.authenticated(t); e.Reason != row.reason {
					t.Errorf("reason %q, want %q", e.Reason, row.reason)
				}
				_, err := g.Authenticate(httptest.NewRequest("GET", "/", nil))
				if none := row.reason == middleware.ReasonNoToken; errors.Is(err, middleware.ErrNoToken) != none {
					t.Errorf("Authenticate: %v; is ErrNoToken: %t, want %t", err, !none, none)
				}
			}
		})
	}
}

func TestASourceThatFailsBecauseTheClientIsGoneIsNoFault(t *testing.T) {
	seen := newRecorder()
	g := newGuard(&middleware.Options{Observe: seen.observe, Sources: []middleware.Source{
		func(*http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{}, errors.New("the body ended early")
		},
	}}, func() (*middleware.Token, error) { return new(middleware.Token), nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Handler(unreachable(t)).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil).WithContext(ctx))
	if e := seen.authenticated(t); e.Reason != middleware.ReasonCanceled {
		t.Errorf("reason %q, want canceled", e.Reason)
	}
}

// The fields of a Source are in the response to every request, and what
// outer handlers put there stays beside Vary.
func TestFieldsOfASourceReachTheResponse(t *testing.T) {
	vary := http.Header{"Vary": {"X-Token"}}
	g := newGuard(&middleware.Options{Sources: []middleware.Source{
		func(r *http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{Scheme: r.Header.Get("X-Scheme"), Token: "a", Header: vary}, nil
		},
	}}, func() (*middleware.Token, error) { return new(middleware.Token), nil })
	for _, scheme := range []string{"", "Bearer"} {
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Origin")
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Scheme", scheme)
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Vary", "Accept")
		})).ServeHTTP(w, r)
		want := []string{"Origin", "X-Token"}
		if scheme != "" {
			want = append(want, "Accept")
		}
		equal(t, w.Header()["Vary"], want)
	}
	equal(t, vary, http.Header{"Vary": {"X-Token"}})
}
