package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// What can never work panics where it is written, and says which package it
// was.
func TestWhatCanNeverWorkPanics(t *testing.T) {
	v := newFakeVerifier()
	g := middleware.New(v, nil)
	with := func(opts middleware.Options) func() { return func() { middleware.New(v, &opts) } }
	var asked []string
	for name, f := range map[string]func(){
		"no Verifier":                            func() { middleware.New(nil, nil) },
		"a nil Source":                           with(middleware.Options{Sources: []middleware.Source{nil}}),
		"a nil Binding":                          with(middleware.Options{Bindings: []middleware.Binding{nil}}),
		"two Bindings for one member":            with(middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}, fakeDPoP{}}}),
		"a Binding without a scheme":             with(middleware.Options{Bindings: []middleware.Binding{named{"a", "", &asked, nil}}}),
		"a Binding whose scheme is no token":     with(middleware.Options{Bindings: []middleware.Binding{named{"a", "P oP", &asked, nil}}}),
		"RequireBinding without Bindings":        with(middleware.Options{RequireBinding: true}),
		"R9110-05 CRLF in the realm":             with(middleware.Options{Realm: "a\r\nX-Evil: 1"}),
		"R9110-05 NUL in the realm":              with(middleware.Options{Realm: "a\x00"}),
		"a realm beyond ASCII":                   with(middleware.Options{Realm: "caf\u00e9"}),
		"a realm that is no text":                with(middleware.Options{Realm: "\xff"}),
		"no handler":                             func() { g.Handler(nil) },
		"R6750-15 For a scope with two spaces":   func() { g.For("", "a  b") },
		"R6750-15 For a scope with a quote":      func() { g.For("", `a"b`) },
		"R6750-15 For a scope with a line break": func() { g.For("", "a\nb") },
		"R6750-15 For a scope beyond ASCII":      func() { g.For("", "caf\u00e9") },
		"ByIssuer with a nil Verifier":           func() { middleware.ByIssuer(map[string]middleware.Verifier{"a": nil}) },
		"ByIssuerFunc without a function":        func() { middleware.ByIssuerFunc(nil) },
		"ByFormat without jwt":                   func() { middleware.ByFormat(nil, v) },
		"ByFormat without opaque":                func() { middleware.ByFormat(v, nil) },
		"FromCookie without protection":          func() { middleware.FromCookie("a", nil) },
		"FromCookie without a name":              func() { middleware.FromCookie("", http.NewCrossOriginProtection()) },
		"FromCookie with a name that is none":    func() { middleware.FromCookie("a b", http.NewCrossOriginProtection()) },
		"R6750-15 a scope with a space":          func() { scopes.All("a b") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				switch message, _ := recover().(string); {
				case message == "":
					t.Error("no panic with a text")
				case !strings.HasPrefix(message, "middleware: ") && !strings.HasPrefix(message, "scopes: "):
					t.Errorf("%q does not say where", message)
				}
			}()
			f()
		})
	}
}

func TestNilOptionsAreFine(t *testing.T) {
	w := httptest.NewRecorder()
	middleware.New(newFakeVerifier(), nil).Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api"`})
}

// A guard does not change when the options it was made of do.
func TestOptionsAreCopied(t *testing.T) {
	opts := &middleware.Options{Sources: []middleware.Source{middleware.FromHeader}, Bindings: []middleware.Binding{fakeDPoP{}}}
	g := middleware.New(newFakeVerifier(), opts)
	opts.Sources[0] = func(*http.Request) (middleware.Credentials, error) {
		return middleware.Credentials{Scheme: "Bearer", Token: "good"}, nil
	}
	opts.Bindings[0] = named{"jkt", "DPoP", new([]string), nil}
	opts.AllowAnonymous = true
	w := httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Code, 401)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "DPoP cnf.jkt"+tokenSuffix)
	w = httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, r)
	equal(t, w.Code, 401)
}

// The Verifier sees the request that carried the token, and a context through
// which it reports.
func TestWhatAVerifierIsGiven(t *testing.T) {
	type key struct{}
	r := bearer("a")
	r = r.WithContext(context.WithValue(r.Context(), key{}, "outer"))
	seen := newRecorder()
	g := middleware.New(middleware.VerifierFunc(func(ctx context.Context, token string, in *http.Request) (*middleware.Token, error) {
		if token != "a" || in == nil || in.URL.Path != "/api/r" || ctx.Value(key{}) != "outer" {
			t.Errorf("Verify(%v, %q, %v)", ctx, token, in)
		}
		if token, found := middleware.FromContext(ctx); found {
			t.Errorf("a token before there is one: %v", token)
		}
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpVerify, Reason: middleware.ReasonOK})
		return new(middleware.Token), nil
	}), &middleware.Options{Observe: seen.observe})
	g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Context().Value(key{}) != "outer" {
			t.Error("the handler lost the values of the outer context")
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	equal(t, len(seen.of(middleware.OpVerify)), 1)
}

// RequireTLS looks at the connection alone.
func TestRequireTLS(t *testing.T) {
	v := newFakeVerifier()
	g := middleware.New(v, &middleware.Options{RequireTLS: true})
	for _, row := range []struct {
		name, peer string
		tls        bool
		status     int
	}{
		{"R6750-20 TLS", "192.0.2.1:1", true, 200},
		{"R6750-20 plaintext", "192.0.2.1:1", false, 400},
		{"plaintext on this machine", "127.8.9.10:1", false, 200},
		{"plaintext over IPv6", "[2001:db8::1]:1", false, 400},
		{"a zone", "[fe80::1%eth0]:1", false, 400},
		{"a name", "localhost:1", false, 400},
		{"a Unix socket, whose peer nothing names", "@", false, 400},
		{"no address", "", false, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			v.calls.Store(0)
			target := "http://rs.example/"
			if row.tls {
				target = "https://rs.example/"
			}
			r := httptest.NewRequest("GET", target, nil)
			r.RemoteAddr = row.peer
			r.Header.Set("Authorization", "Bearer good")
			w := httptest.NewRecorder()
			g.Handler(ok).ServeHTTP(w, r)
			equal(t, w.Code, row.status)
			equal(t, v.calls.Load() == 1, row.status == 200)
		})
	}
}
