package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// What stands inside two guards of one New is refused as the inner says.
func TestTheInnermostCopyAnswers(t *testing.T) {
	denies := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { middleware.Deny(w, r, middleware.InvalidToken) })
	needs := scopes.All("write").Handler(denies)
	const url = `Bearer realm="api", resource_metadata="https://rs.example/.well-known/oauth-protected-resource/api"`
	const lacks = `, error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="write"`
	for _, row := range []struct {
		name      string
		outer     func(*middleware.Guard) *middleware.Guard
		inner     func(*middleware.Guard) *middleware.Guard
		next      http.Handler
		status    int
		challenge string // after the part that all have
		route     string // of the authorize event
	}{
		{"the guard outside, a copy inside", same, copied("GET /in", "read"), denies, 401, `, error="invalid_token", scope="read"`, "GET /in"},
		{"a copy outside, another inside", copied("GET /out", "out"), copied("GET /in", "read"), denies, 401, `, error="invalid_token", scope="read"`, "GET /in"},
		{"a copy outside, the guard inside", copied("GET /out", "out"), same, denies, 401, `, error="invalid_token"`, ""},
		{"the same copy twice", copied("GET /in", "read"), copied("GET /in", "read"), denies, 401, `, error="invalid_token", scope="read"`, "GET /in"},
		{"R9728-11 403 by a requirement", same, copied("GET /in", "write"), needs, 403, lacks, "GET /in"},
		{"MCP-06 a copy for offline_access", same, copied("GET /in", "offline_access read"), denies, 401, `, error="invalid_token", scope="read"`, "GET /in"},
		{"MCP-06 a copy for nothing else", same, copied("GET /in", "offline_access"), denies, 401, `, error="invalid_token"`, "GET /in"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, seen := newFakeVerifier(), newRecorder()
			g := middleware.New(v, &middleware.Options{
				Observe:  seen.observe,
				Metadata: &middleware.Metadata{Resource: "https://rs.example/api", AuthorizationServers: []string{issuer}},
			})
			w := httptest.NewRecorder()
			row.outer(g).Handler(row.inner(g).Handler(row.next)).ServeHTTP(w, bearer("scope.read"))
			equal(t, w.Code, row.status)
			equal(t, w.Header()["Www-Authenticate"], []string{url + row.challenge})
			equal(t, v.calls.Load(), 1)
			seen.authenticated(t)
			events := seen.of(middleware.OpAuthorize)
			if len(events) != 1 || events[0].Route != row.route || events[0].Issuer != issuer {
				t.Errorf("authorize events %+v, want one of route %q", events, row.route)
			}
		})
	}
}

func same(g *middleware.Guard) *middleware.Guard { return g }

func copied(route, scope string) func(*middleware.Guard) *middleware.Guard {
	return func(g *middleware.Guard) *middleware.Guard { return g.For(route, scope) }
}

// Outer middleware sees the route that a mux inside chose, however many copies
// stand between the two, and also after a panic.
func TestCopiesHandThePatternOn(t *testing.T) {
	const pattern = "GET /api/{id}"
	for _, row := range []struct {
		name    string
		outer   func(*middleware.Guard) *middleware.Guard
		inner   func(*middleware.Guard) *middleware.Guard
		request *http.Request
	}{
		{"the guard in the guard", same, same, bearer("good")},
		{"a copy in the guard", same, copied("/in", "read"), bearer("good")},
		{"the guard in a copy", copied("/out", "read"), same, bearer("good")},
		{"a copy in a copy", copied("/out", "read"), copied("/in", ""), bearer("good")},
		{"a copy in the guard, anonymous", same, copied("/in", "read"), httptest.NewRequest("GET", "/api/r", nil)},
	} {
		for name, handler := range map[string]http.Handler{
			"returns": ok,
			"panics":  http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		} {
			t.Run(row.name+" "+name, func(t *testing.T) {
				g := middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true})
				mux := http.NewServeMux()
				mux.Handle(pattern, handler)
				between := ""
				h := row.inner(g).Handler(mux)
				h = row.outer(g).Handler(watch(&between, h))
				r := row.request.Clone(t.Context())
				func() {
					defer func() { _ = recover() }()
					h.ServeHTTP(httptest.NewRecorder(), r)
				}()
				equal(t, between, pattern)
				equal(t, r.Pattern, pattern)
			})
		}
	}
}

// watch notes the pattern of a request once next is done with it.
func watch(pattern *string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { *pattern = r.Pattern }()
		next.ServeHTTP(w, r)
	})
}

// A guard inside a mux has a route without being told: its events name the
// pattern, never the path.
func TestEventsNameThePatternOfTheMuxOutside(t *testing.T) {
	for _, row := range []struct {
		name    string
		guard   func(*middleware.Guard) *middleware.Guard
		request *http.Request
		want    string
	}{
		{"admitted", same, bearer("scope.read"), "GET /api/{id}"},
		{"refused", same, bearer("expired"), "GET /api/{id}"},
		{"without a token", same, httptest.NewRequest("GET", "/api/r", nil), "GET /api/{id}"},
		{"a name from For goes first", copied("named", ""), bearer("expired"), "named"},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			g := middleware.New(newFakeVerifier(), &middleware.Options{Observe: seen.observe})
			mux := http.NewServeMux()
			mux.Handle("GET /api/{id}", row.guard(g).Handler(scopes.Require("read")(ok)))
			mux.ServeHTTP(httptest.NewRecorder(), row.request)
			equal(t, seen.authenticated(t).Route, row.want)
			for _, e := range seen.of(middleware.OpAuthorize) {
				equal(t, e.Route, row.want)
			}
		})
	}
	t.Run("the one that panicked", func(t *testing.T) {
		seen := newRecorder()
		g := newGuard(&middleware.Options{Observe: seen.observe}, func() (*middleware.Token, error) { panic("verifier") })
		mux := http.NewServeMux()
		mux.Handle("GET /api/{id}", g.Handler(unreachable(t)))
		func() {
			defer func() { _ = recover() }()
			mux.ServeHTTP(httptest.NewRecorder(), bearer("good"))
		}()
		equal(t, seen.authenticated(t).Route, "GET /api/{id}")
	})
}

// The context of an inner copy holds the same token, and what handlers between
// the two put into it: values, and when it ends.
func TestACopyInsideKeepsTheContext(t *testing.T) {
	g := middleware.New(newFakeVerifier(), nil)
	type key struct{}
	ran := false
	inner := g.For("/in", "read").Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ran = true
		token, found := middleware.FromContext(r.Context())
		equal(t, found && token.Subject == "alice", true)
		equal(t, r.Context().Value(key{}), any("kept"))
		equal(t, errors.Is(r.Context().Err(), context.Canceled), true)
	}))
	g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		token, _ := middleware.FromContext(ctx)
		between, cancel := context.WithCancel(context.WithValue(ctx, key{}, "kept"))
		cancel()
		inner.ServeHTTP(w, r.WithContext(between))
		after, _ := middleware.FromContext(ctx)
		equal(t, after == token, true)
	})).ServeHTTP(httptest.NewRecorder(), bearer("good"))
	equal(t, ran, true)
}
