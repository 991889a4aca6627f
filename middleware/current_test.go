package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// The guard knows a request that it admitted by its Authorization field as it was
// then: whatever a handler in between does to the fields of that very request, in
// their place or not, makes it another one.
func TestAChangedAuthorizationFieldIsJudged(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(http.Header)
		status int
		calls  int64 // beside the first
	}{
		{"unchanged", func(http.Header) {}, 200, 0},
		{"another field", func(h http.Header) { h.Set("Accept", "x") }, 200, 0},
		{"set to the same", func(h http.Header) { h.Set("Authorization", "Bearer good") }, 200, 0},
		{"set to a bad token", func(h http.Header) { h.Set("Authorization", "Bearer expired") }, 401, 1},
		{"a bad token in place of it", func(h http.Header) { h["Authorization"][0] = "Bearer expired" }, 401, 1},
		{"another good token in place of it", func(h http.Header) { h["Authorization"][0] = "Bearer scope.read" }, 200, 1},
		{"another case of the scheme", func(h http.Header) { h["Authorization"][0] = "bearer good" }, 200, 1},
		{"a second field", func(h http.Header) { h.Add("Authorization", "Bearer good") }, 400, 0},
		{"two fields in one", func(h http.Header) { h["Authorization"][0] += "\nBearer good" }, 400, 0},
		{"no field", func(h http.Header) { h.Del("Authorization") }, 401, 0},
		{"an empty field", func(h http.Header) { h.Set("Authorization", "") }, 401, 0},
		{"no line of the field", func(h http.Header) { h["Authorization"] = nil }, 401, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := newFakeVerifier()
			g := middleware.New(v, nil)
			w := httptest.NewRecorder()
			g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v.calls.Store(0)
				row.change(r.Header)
				token, err := g.Authenticate(r)
				equal(t, token != nil && err == nil, row.status == 200)
				v.calls.Store(0)
				g.For("/inner", "").Handler(ok).ServeHTTP(w, r)
				equal(t, v.calls.Load(), row.calls)
			})).ServeHTTP(w, bearer("good"))
			equal(t, w.Code, row.status)
		})
	}
}

// Where the token comes in a cookie, what stands in the Authorization field is not
// asked for it, and still says whether it is the same request.
func TestAnAdmittedCookieBesideAuthorizationFields(t *testing.T) {
	for _, row := range []struct {
		name   string
		outer  []string
		inner  []string
		status int
		calls  int64 // beside the first
	}{
		{"none", nil, nil, 200, 0},
		{"one", []string{"Basic x"}, []string{"Basic x"}, 200, 0},
		{"two", []string{"Basic x", "Basic y"}, []string{"Basic x", "Basic y"}, 200, 0},
		{"one after two", []string{"Basic x", "Basic y"}, []string{"Basic x"}, 401, 0},
		{"two after one", []string{"Basic x"}, []string{"Basic x", "Basic x"}, 401, 0},
		{"the same two in another order", []string{"Basic x", "Basic y"}, []string{"Basic y", "Basic x"}, 401, 0},
		{"one after none", nil, []string{"Bearer good"}, 401, 0},
		{"an empty one", []string{""}, []string{""}, 200, 0},
		{"an empty one after none", nil, []string{""}, 401, 0},
		{"none after an empty one", []string{""}, nil, 401, 0},
		{"two empty ones after an empty one", []string{""}, []string{"", ""}, 401, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := newFakeVerifier()
			g := middleware.New(v, &middleware.Options{Sources: []middleware.Source{middleware.FromCookie("t", http.NewCrossOriginProtection())}})
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: "t", Value: "good"})
			r.Header["Authorization"] = row.outer
			ran := false
			g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				ran = true
				v.calls.Store(0)
				inner := httptest.NewRequest("GET", "/", nil).WithContext(r.Context()) // without the cookie
				inner.Header["Authorization"] = row.inner
				w := httptest.NewRecorder()
				g.Handler(ok).ServeHTTP(w, inner)
				equal(t, w.Code, row.status)
				equal(t, v.calls.Load(), row.calls)
			})).ServeHTTP(httptest.NewRecorder(), r)
			equal(t, ran, true)
		})
	}
}

// A request counts as admitted once the guard lets it through, not while it is
// judged: a Verifier or a Binding that sends it to the guard once more, with the
// context that it was given, has it judged anew.
func TestARequestThatIsBeingJudgedIsNotAdmitted(t *testing.T) {
	for _, row := range []struct{ name, authorization string }{
		{"by a Verifier", "Bearer good"},
		{"by a Binding", "DPoP cnf.jkt"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var g *middleware.Guard
			times := 0
			ask := func(ctx context.Context, r *http.Request) error {
				if times++; times == 1 {
					w := httptest.NewRecorder()
					g.Handler(unreachable(t)).ServeHTTP(w, r.WithContext(ctx))
					equal(t, w.Code, 401)
					token, err := g.For("/inner", "").Authenticate(r.WithContext(ctx))
					equal(t, token == nil && err != nil, true)
				}
				return middleware.InvalidToken
			}
			v := middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
				if token == "cnf.jkt" {
					return &middleware.Token{Confirmation: map[string]string{"jkt": "k"}}, nil
				}
				return nil, ask(ctx, r)
			})
			g = middleware.New(v, &middleware.Options{Bindings: []middleware.Binding{asking{ask: ask}}})
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", row.authorization)
			w := httptest.NewRecorder()
			g.Handler(unreachable(t)).ServeHTTP(w, r)
			equal(t, w.Code, 401)
			equal(t, times, 3)
		})
	}
}

// asking is a Binding that asks somebody else.
type asking struct {
	fakeDPoP
	ask func(context.Context, *http.Request) error
}

func (a asking) Confirm(ctx context.Context, _ string, r *http.Request, _ *middleware.Token) (http.Header, error) {
	return nil, a.ask(ctx, r)
}

// The challenge of a refusal further in is that of the scheme that the credentials
// came under, and every scheme's where there were none: through copies of the guard
// and through NewContext.
func TestRefusalsFurtherInKnowTheScheme(t *testing.T) {
	const (
		bare    = `Bearer realm="api"`
		refused = `, error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="write"`
		proof   = `DPoP realm="api", algs="ES256 EdDSA"`
	)
	for _, row := range []struct {
		name          string
		authorization string
		status        int
		want          []string
	}{
		{"Bearer", "Bearer good", 403, []string{bare + refused}},
		{"bearer", "bearer good", 403, []string{bare + refused}},
		{"DPoP", "DPoP cnf.jkt", 403, []string{proof + refused}},
		{"anonymous", "", 401, []string{bare + `, scope="write"`, proof + `, scope="write"`}},
		{"a scheme that nobody speaks", "Basic eDp5", 401, []string{bare + `, scope="write"`, proof + `, scope="write"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true, Bindings: []middleware.Binding{fakeDPoP{}}})
			needs := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token, found := middleware.FromContext(r.Context())
				equal(t, found, row.status == 403)
				r = r.WithContext(middleware.NewContext(r.Context(), token))
				scopes.Require("write")(unreachable(t)).ServeHTTP(w, r)
			})
			r := httptest.NewRequest("GET", "/", nil)
			if row.authorization != "" {
				r.Header.Set("Authorization", row.authorization)
			}
			r.Header.Set("DPoP", "proof")
			w := httptest.NewRecorder()
			g.Handler(g.For("/inner", "").Handler(needs)).ServeHTTP(w, r)
			equal(t, w.Code, row.status)
			equal(t, w.Header()["Www-Authenticate"], row.want)
		})
	}
}
