package middleware_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// The flow of routers that take no http.Handler: Authenticate, then Deny, with
// no state in the request's context between the two. The answer is the same
// as Handler's for every request.
func TestAuthenticateAndDenyAnswerAsHandlerDoes(t *testing.T) {
	request := func(authorization, proof string) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		if authorization != "" {
			r.Header.Set("Authorization", authorization+tokenSuffix)
		}
		if proof != "" {
			r.Header.Set("DPoP", proof)
		}
		return r
	}
	two := request("Bearer good", "")
	two.Header.Add("Authorization", "DPoP good")
	for _, row := range []struct {
		name string
		r    *http.Request
	}{
		{"no credentials", request("", "")},
		{"a scheme not spoken", request("Basic eDp5", "")},
		{"broken syntax", request("Bearer a b", "")},
		{"broken syntax as DPoP", request("DPoP a,b", "")},
		{"two fields", two},
		{"a bad token", request("Bearer expired", "")},
		{"a bad token as DPoP", request("DPoP expired", "")},
		{"a bound token as Bearer", request("Bearer cnf.jkt", "proof")},
		{"a bad proof", request("DPoP cnf.jkt", "")},
		{"a nonce is wanted", request("DPoP cnf.jkt", "proof-without-nonce")},
		{"step-up", request("Bearer weak", "")},
		{"issuer down", request("Bearer outage", "")},
		{"issuer down, with backoff", request("Bearer backoff", "")},
		{"neither token nor error", request("Bearer nilnil", "")},
		{"good", request("Bearer good", "")},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, g := range []*middleware.Guard{
				middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}}),
				middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}}).For("GET /", "read"),
			} {
				want := httptest.NewRecorder()
				g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(want, row.r)
				got := httptest.NewRecorder()
				token, err := g.Authenticate(row.r)
				if (token == nil) == (err == nil) {
					t.Fatalf("token %v beside error %v", token, err)
				}
				if err != nil {
					g.Deny(got, row.r, err)
				}
				equal(t, got.Code, want.Code)
				equal(t, got.Header(), want.Header())
				equal(t, got.Body.String(), want.Body.String())
			}
		})
	}
}

// What callers do to the error that they were given happens to no guard.
func TestTheSchemesOfAuthenticatesErrorAreTheCallers(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	two := bearer("a")
	two.Header.Add("Authorization", "Bearer b")
	for name, r := range map[string]*http.Request{"one scheme": bearer("expired"), "every scheme": two, "syntax": bearer("a b")} {
		t.Run(name, func(t *testing.T) {
			_, err := g.Authenticate(r)
			var e *middleware.Error
			if !errors.As(err, &e) || len(e.Schemes) == 0 {
				t.Fatalf("%v names no scheme", err)
			}
			e.Schemes[0] = "changed"
			w := httptest.NewRecorder()
			g.Handler(unreachable(t)).ServeHTTP(w, bearer("expired"))
			if !strings.Contains(w.Header().Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("challenge %q", w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestAuthenticateUnderAllowAnonymous(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true})
	token, err := g.Authenticate(httptest.NewRequest("GET", "/", nil))
	if token != nil || !errors.Is(err, middleware.ErrNoToken) {
		t.Errorf("%v, %v, want ErrNoToken", token, err)
	}
	_, err = g.Authenticate(bearer("expired"))
	if err == nil || errors.Is(err, middleware.ErrNoToken) {
		t.Errorf("a bad token: %v, want a refusal", err)
	}
}

// The scheme of credentials from another place goes with the error.
func TestAuthenticatesErrorRemembersTheScheme(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{
		Bindings: []middleware.Binding{fakeDPoP{}},
		Sources: []middleware.Source{func(r *http.Request) (middleware.Credentials, error) {
			return middleware.Credentials{Scheme: "DPoP", Token: r.Header.Get("X-Token")}, nil
		}},
	})
	for _, row := range []struct{ name, token, code string }{
		{"a bad token", "expired", `"invalid_token", error_description="The access token expired"`},
		{"broken syntax", "a b", `"invalid_request", error_description="The credentials are not one token of the allowed characters"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("X-Token", row.token)
			_, err := g.Authenticate(r)
			w := httptest.NewRecorder()
			g.Deny(w, r, err)
			equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api"`, `DPoP realm="api", algs="ES256 EdDSA", error=` + row.code})
		})
	}
}

func TestAuthenticateBehindHandlerUnderAllowAnonymous(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{AllowAnonymous: true})
	g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if token, err := g.Authenticate(r); token != nil || !errors.Is(err, middleware.ErrNoToken) {
			t.Errorf("%v, %v, want ErrNoToken", token, err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

// Error.Schemes says whose challenges carry the error.
func TestSchemesOfAnError(t *testing.T) {
	const bare, dpop, failed = `Bearer realm="api"`, `DPoP realm="api", algs="ES256 EdDSA"`, `, error="invalid_token"`
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	for _, row := range []struct {
		name       string
		schemes    []string
		challenges []string
	}{
		{"nil: the scheme used", nil, []string{bare + failed, dpop}},
		{"one", []string{"DPoP"}, []string{bare, dpop + failed}},
		{"one in another case", []string{"dpop"}, []string{bare, dpop + failed}},
		{"two", []string{"DPoP", "Bearer"}, []string{bare + failed, dpop + failed}},
		{"one that is not spoken: the scheme used", []string{"Basic"}, []string{bare + failed, dpop}},
		{"an empty list: the scheme used", []string{}, []string{bare + failed, dpop}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			g.Deny(w, bearer("a"), &middleware.Error{Code: middleware.InvalidToken, Schemes: row.schemes})
			equal(t, w.Header()["Www-Authenticate"], row.challenges)
		})
	}
	w := httptest.NewRecorder()
	g.Deny(w, bearer("a"), &middleware.Error{Code: middleware.InsufficientScope, Schemes: []string{"Basic"}})
	equal(t, w.Header()["Www-Authenticate"], []string{bare + `, error="insufficient_scope"`}) // R6750-11
}

// A requirement's error without a context: the scheme comes from the request.
func TestDenyWithoutAContextFindsTheScheme(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	short := scopes.All("write").Check(new(middleware.Token))
	for _, row := range []struct{ name, authorization, challenge string }{
		{"Bearer", "bearer x", `Bearer realm="api"`},
		{"DPoP", "dpop x", `DPoP realm="api", algs="ES256 EdDSA"`},
		{"none: the first that the guard speaks", "", `Bearer realm="api"`},
		{"another: the first that the guard speaks", "Basic x", `Bearer realm="api"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			if row.authorization != "" {
				r.Header.Set("Authorization", row.authorization)
			}
			w := httptest.NewRecorder()
			g.Deny(w, r, short)
			equal(t, w.Code, 403)
			equal(t, w.Header()["Www-Authenticate"], []string{row.challenge +
				`, error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="write"`})
		})
	}
}

// NewContext below no guard leaves another guard's context, as gin would use
// it: g's Deny still goes by the request.
func TestDenyBelowNewContext(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Realm: "notes", Bindings: []middleware.Binding{fakeDPoP{}}})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "DPoP cnf.jkt"+tokenSuffix)
	r.Header.Set("DPoP", "proof")
	token, err := g.Authenticate(r)
	if err != nil {
		t.Fatal(err)
	}
	r = r.WithContext(middleware.NewContext(r.Context(), token))
	if got, ok := middleware.FromContext(r.Context()); !ok || got != token {
		t.Error("NewContext lost the token")
	}
	w := httptest.NewRecorder()
	g.Deny(w, r, middleware.InsufficientScope)
	equal(t, w.Header()["Www-Authenticate"], []string{`DPoP realm="notes", algs="ES256 EdDSA", error="insufficient_scope"`})
}

func TestDenyJudgesAsAVerifiersError(t *testing.T) {
	g := middleware.New(newFakeVerifier(), nil)
	for _, row := range []struct {
		name   string
		err    error
		status int
	}{
		{"nil: something was refused, and nobody says why", nil, 503},
		{"an error without a Code", errors.New("x"), 503},
		{"ErrNoToken, which only Authenticate's error may carry", middleware.ErrNoToken, 503},
		{"a Code", middleware.InvalidToken, 401},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			g.Deny(w, httptest.NewRequest("GET", "/", nil), row.err)
			equal(t, w.Code, row.status)
		})
	}
}
