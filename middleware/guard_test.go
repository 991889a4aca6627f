package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// A request that passed a guard passes it and its copies at once; other guards
// judge for themselves.
func TestTheSameGuardTwiceJudgesOnce(t *testing.T) {
	v := newFakeVerifier()
	seen := newRecorder()
	opts := &middleware.Options{Observe: seen.observe}
	g := middleware.New(v, opts)
	other := middleware.New(v, opts)
	lenient := middleware.New(v, &middleware.Options{AllowAnonymous: true, Observe: seen.observe})
	for _, row := range []struct {
		name         string
		outer, inner *middleware.Guard
		request      *http.Request
		calls        int64
		events       int
		status       int
	}{
		{"itself", g, g, bearer("good"), 1, 1, 200},
		{"its copy inside", g, g.For("GET /", "read"), bearer("good"), 1, 1, 200},
		{"its copy outside", g.For("GET /", "read"), g, bearer("good"), 1, 1, 200},
		{"two of its copies", g.For("/a", "a"), g.For("/b", "b"), bearer("good"), 1, 1, 200},
		{"another guard inside", g, other, bearer("good"), 2, 2, 200},
		{"itself, anonymous", lenient, lenient, httptest.NewRequest("GET", "/", nil), 0, 1, 200},
		{"another guard inside one that lets anonymous requests through", lenient, g, httptest.NewRequest("GET", "/", nil), 0, 2, 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			v.calls.Store(0)
			seen.events = nil
			w := httptest.NewRecorder()
			row.outer.Handler(row.inner.Handler(ok)).ServeHTTP(w, row.request)
			equal(t, w.Code, row.status)
			equal(t, v.calls.Load(), row.calls)
			equal(t, len(seen.of(middleware.OpAuthenticate)), row.events)
		})
	}
	t.Run("Authenticate behind Handler", func(t *testing.T) {
		v.calls.Store(0)
		var token *middleware.Token
		var err error
		g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			token, err = g.For("/x", "").Authenticate(r)
		})).ServeHTTP(httptest.NewRecorder(), bearer("good"))
		if token == nil || err != nil || v.calls.Load() != 1 {
			t.Errorf("%v, %v, %d calls", token, err, v.calls.Load())
		}
	})
}

// The same guard twice judges once, but only what it has judged: a call inside
// the process may be made with the context of the request that it serves and
// with credentials of its own.
func TestOtherCredentialsInTheContextOfAnAdmittedRequestAreJudged(t *testing.T) {
	v := newFakeVerifier()
	plain := middleware.New(v, nil)
	lenient := middleware.New(v, &middleware.Options{AllowAnonymous: true})
	for _, row := range []struct {
		name   string
		guard  *middleware.Guard
		outer  string
		inner  []string
		status int
		calls  int64 // beside the first
	}{
		{"the same", plain, "Bearer good", []string{"Bearer good"}, 200, 0},
		{"a bad token", plain, "Bearer good", []string{"Bearer expired"}, 401, 1},
		{"another good token", plain, "Bearer good", []string{"Bearer scope.read"}, 200, 1},
		{"none", plain, "Bearer good", nil, 401, 0},
		{"the same and another", plain, "Bearer good", []string{"Bearer good", "Bearer scope.read"}, 400, 0},
		{"a bad token after an anonymous request", lenient, "", []string{"Bearer expired"}, 401, 1},
		{"none after a good token", lenient, "Bearer good", nil, 200, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			if row.outer != "" {
				r.Header.Set("Authorization", row.outer)
			}
			row.guard.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				v.calls.Store(0)
				inner := httptest.NewRequest("POST", "/", nil).WithContext(middleware.NewContext(r.Context(), new(middleware.Token)))
				for _, field := range row.inner {
					inner.Header.Add("Authorization", field)
				}
				w := httptest.NewRecorder()
				row.guard.For("/inner", "").Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if _, found := middleware.FromContext(r.Context()); found != (row.inner != nil) {
						t.Errorf("a token in the context: %t", found)
					}
				})).ServeHTTP(w, inner)
				equal(t, w.Code, row.status)
				equal(t, v.calls.Load(), row.calls)

				token, err := row.guard.Authenticate(inner)
				if got := token != nil; got != (row.status == 200 && row.inner != nil) || got == (err != nil) {
					t.Errorf("Authenticate: %v, %v", token, err)
				}
			})).ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	t.Run("the scheme of a refusal is that of the request", func(t *testing.T) {
		g := middleware.New(v, &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
		w := httptest.NewRecorder()
		g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := httptest.NewRequest("GET", "/", nil).WithContext(r.Context())
			inner.Header.Set("Authorization", "DPoP x")
			g.Deny(w, inner, middleware.InsufficientScope)
		})).ServeHTTP(w, bearer("good"))
		equal(t, w.Header()["Www-Authenticate"], []string{`DPoP realm="api", algs="ES256 EdDSA", error="insufficient_scope"`})
	})
}

// Of credentials in other places the guard knows only that the request was
// admitted; the comments on Handler and Authenticate say so.
func TestTheContextOfARequestAdmittedByACookieIsEnough(t *testing.T) {
	v := newFakeVerifier()
	g := middleware.New(v, &middleware.Options{Sources: []middleware.Source{middleware.FromCookie("t", http.NewCrossOriginProtection())}})
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "t=good")
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.Handler(ok).ServeHTTP(w, httptest.NewRequest("GET", "/", nil).WithContext(r.Context()))
	})).ServeHTTP(w, r)
	equal(t, w.Code, 200)
	equal(t, v.calls.Load(), 1)
}

// What a guard refused has not passed it, wherever the request goes from there.
func TestARefusedRequestDoesNotPassWhenItIsServedAgain(t *testing.T) {
	ran := false
	var g *middleware.Guard
	depth := 0
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })
	g = newGuard(&middleware.Options{
		WriteDenial: func(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
			if depth++; depth > 1 {
				middleware.WriteDenial(w, r, d)
				return
			}
			g.Handler(page).ServeHTTP(w, r) // an error page behind the guard that it explains
		},
	}, func() (*middleware.Token, error) { return nil, middleware.InvalidToken })
	w := httptest.NewRecorder()
	g.Handler(page).ServeHTTP(w, bearer("a"))
	if ran || w.Code != 401 {
		t.Errorf("handler ran: %t, status %d", ran, w.Code)
	}
}

// The context that a Verifier is given is no pass either: a call that it makes
// to this very process is judged like any other.
func TestACallOfAVerifierDoesNotPassItsOwnGuard(t *testing.T) {
	var g *middleware.Guard
	inner := httptest.NewRecorder()
	g = middleware.New(middleware.VerifierFunc(func(ctx context.Context, _ string, _ *http.Request) (*middleware.Token, error) {
		g.Handler(unreachable(t)).ServeHTTP(inner, httptest.NewRequest("POST", "/introspect", nil).WithContext(ctx))
		return new(middleware.Token), nil
	}), nil)
	w := httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, bearer("a"))
	equal(t, inner.Code, 401)
	equal(t, w.Code, 200)
}

// Verifiers and bindings work on a request that has not passed yet.
func TestThereIsNoTokenInTheContextBeforeAllIsConfirmed(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{looking{t}}})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "DPoP cnf.jkt"+tokenSuffix)
	r.Header.Set("DPoP", "proof")
	w := httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, r)
	equal(t, w.Code, 200)
}

func TestForNamesTheScopeIn401(t *testing.T) {
	g := middleware.New(newFakeVerifier(), nil)
	w := httptest.NewRecorder()
	g.For("GET /", "a b").For("GET /", "c").Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api", scope="c"`})
	w = httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api"`}) // g is as it was
	w = httptest.NewRecorder()
	r := bearer("scope.read" + tokenSuffix)
	g.For("GET /", "read").Handler(scopes.Require("write")(unreachable(t))).ServeHTTP(w, r)
	equal(t, w.Header()["Www-Authenticate"], []string{ // a token with write alone would fail at the route
		`Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="read write"`})
}

// Outer middleware, such as metrics, sees which route a mux below chose.
func TestPatternIsVisibleOutside(t *testing.T) {
	g := middleware.New(newFakeVerifier(), nil)
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", ok)
	for _, row := range []struct {
		name    string
		handler http.Handler
		request *http.Request
		pattern string
	}{
		{"an admitted request", g.Handler(mux), httptest.NewRequest("GET", "/notes/1", nil), "GET /notes/{id}"},
		{"the same guard twice", g.Handler(g.Handler(mux)), httptest.NewRequest("GET", "/notes/1", nil), "GET /notes/{id}"},
		{"no route", g.Handler(mux), httptest.NewRequest("GET", "/other", nil), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.request.Header.Set("Authorization", "Bearer good")
			row.handler.ServeHTTP(httptest.NewRecorder(), row.request)
			equal(t, row.request.Pattern, row.pattern)
		})
	}
	t.Run("a handler that panics", func(t *testing.T) {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) { panic("x") })
		r := httptest.NewRequest("GET", "/notes/1", nil)
		r.Header.Set("Authorization", "Bearer good")
		defer func() {
			equal(t, recover(), any("x"))
			equal(t, r.Pattern, "GET /notes/{id}")
		}()
		g.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
	})
	t.Run("a pattern of an outer mux stays where nothing below has one", func(t *testing.T) {
		outer := http.NewServeMux()
		var r *http.Request
		outer.HandleFunc("/notes/", func(w http.ResponseWriter, in *http.Request) {
			r = in
			g.Handler(ok).ServeHTTP(w, in)
		})
		request := httptest.NewRequest("GET", "/notes/1", nil)
		request.Header.Set("Authorization", "Bearer good")
		outer.ServeHTTP(httptest.NewRecorder(), request)
		equal(t, r.Pattern, "/notes/")
	})
}

// R8725-03: a subject is somebody only together with the issuer, and handlers
// see both.
func TestHandlersSeeTheIssuerOfASubject(t *testing.T) {
	var seen []string
	of := func(iss string) middleware.Verifier { return accepts(&middleware.Token{Issuer: iss, Subject: "alice"}) }
	g := middleware.New(middleware.ByIssuer(map[string]middleware.Verifier{"https://a": of("https://a"), "https://b": of("https://b")}), nil)
	h := g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		seen = append(seen, token.Subject+" of "+token.Issuer)
	}))
	for _, iss := range []string{"https://a", "https://b"} {
		h.ServeHTTP(httptest.NewRecorder(), bearer(jwt(`{"alg":"x"}`, `{"iss":"`+iss+`"}`)))
	}
	equal(t, seen, []string{"alice of https://a", "alice of https://b"})
}

// R9700-02: the right to the action is judged on every request, whatever the
// Verifier remembers.
func TestAnAdmittedTokenIsJudgedByEveryRoute(t *testing.T) {
	token := &middleware.Token{Scopes: []string{"read"}} // one value, as from a cache
	g := newGuard(nil, func() (*middleware.Token, error) { return token, nil })
	mux := http.NewServeMux()
	mux.Handle("GET /api/r", scopes.Require("read")(ok))
	mux.Handle("POST /api/w", scopes.Require("write")(unreachable(t)))
	for range 2 {
		for _, row := range []struct {
			method, path string
			status       int
		}{{"GET", "/api/r", 200}, {"POST", "/api/w", 403}} {
			r := httptest.NewRequest(row.method, row.path, nil)
			r.Header.Set("Authorization", "Bearer a")
			w := httptest.NewRecorder()
			g.Handler(mux).ServeHTTP(w, r)
			equal(t, w.Code, row.status)
		}
	}
}
