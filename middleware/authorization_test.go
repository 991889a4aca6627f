package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

var token68 = regexp.MustCompile(`^[A-Za-z0-9\-._~+/]+=*$`)

// Every byte at every place of a short token: a token68 reaches the Verifier,
// everything else is 400 (R6750-03).
func TestToken68(t *testing.T) {
	calls := 0
	g := newGuard(nil, func() (*middleware.Token, error) {
		calls++
		return new(middleware.Token), nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	for n := 1; n <= 20; n++ {
		for place := range n {
			for b := range 256 {
				token := []byte(strings.Repeat("a", n))
				token[place] = byte(b)
				if place == 0 && b == ' ' {
					continue // one more separator
				}
				calls = 0
				r.Header["Authorization"] = []string{"Bearer " + string(token)}
				_, err := g.Authenticate(r)
				legal := token68.Match(token)
				if legal != (err == nil) || legal != (calls == 1) || !legal && !errors.Is(err, middleware.InvalidRequest) {
					t.Fatalf("%q: %v, verified %d times", token, err, calls)
				}
			}
		}
	}
}

// What does not carry one token under a scheme of ours: nothing at all, or
// something that must not pass for nothing.
func TestAuthorizationThatIsNotOurs(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	for _, row := range []struct{ name, field, code string }{
		{"another scheme", "Basic eDp5", ""},
		{"another scheme alone", "Negotiate", ""},
		{"R9110-02 another scheme, then ours", "Basic eDp5, Bearer good", "invalid_request"},
		{"R9110-02 in another case, without a space", "Basic eDp5,bEARER good", "invalid_request"},
		{"R9110-02 the other one of ours", "Basic eDp5, DPoP good", "invalid_request"},
		{"R9110-02 the third of three", "Basic eDp5, Digest a=b, DPoP good", "invalid_request"},
		{"R9110-02 after a scheme without a token", "Basic, Bearer good", "invalid_request"},
		{"R9110-02 after a scheme and a tab", "Basic\teDp5, Bearer good", "invalid_request"},
		{"R9110-02 after empty members, with a tab", "Basic eDp5, ,\t,Bearer\tgood", "invalid_request"},
		{"R9110-02 ours twice", "Bearer good, Bearer good", "invalid_request"},
		{"a parameter with the name of our scheme", `Digest a="b", Bearer="c"`, ""},
		{"a parameter whose name begins like our scheme", `Digest a="b", Bearers ="c"`, ""},
		{"several schemes that are not ours", "Basic eDp5, Digest a=b", ""},
		{"no scheme: an equals sign", "=good", "invalid_request"},
		{"no scheme: a quote", `"Bearer" good`, "invalid_request"},
		{"no scheme: a comma", ", Bearer good", "invalid_request"},
		{"no scheme: a space", " Bearer good", "invalid_request"},
		{"nothing", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["Authorization"] = []string{row.field}
			_, err := g.Authenticate(r)
			if none := errors.Is(err, middleware.ErrNoToken); none != (row.code == "") || !none && !errors.Is(err, middleware.Code(row.code)) {
				t.Errorf("%v, want %q", err, row.code)
			}
		})
	}
}

// FuzzAuthorization: whatever stands in an Authorization field, Authenticate
// returns either a Token or an error, the Verifier sees only a token68 of at
// most 16,384 bytes that stands in the field, and no error and no answer
// contains any of it.
func FuzzAuthorization(f *testing.F) {
	for _, field := range []string{
		"", "Bearer", "Bearer ", "Bearer good", "bearer  good", "Bearer\tgood", "BEARER a=b", "Bearer ==",
		"DPoP good-and-long-enough-to-be-found", "Bearer a, Bearer b", "Basic eDp5", "Bearer t\u00f6k", "Bearer a\r\nX: 1",
		"Bearer " + strings.Repeat("a", 16384), "Bearer " + strings.Repeat("a", 16385),
		" Bearer good", "Bearer good ", "=", "Bearer=good", "Bearer/good",
		"Basic eDp5, Bearer good", "Basic,DPoP good", "Digest a=b,,\tbearer\tgood", "Basic eDp5, Bearer", "Basic eDp5, Bearer=good",
	} {
		f.Add(field, true)
		f.Add(field, false)
	}
	f.Fuzz(func(t *testing.T, field string, accept bool) {
		seen := newRecorder()
		calls, given := 0, ""
		g := middleware.New(middleware.VerifierFunc(func(_ context.Context, token string, r *http.Request) (*middleware.Token, error) {
			calls++
			given = token
			if r == nil {
				t.Error("no request")
			}
			if accept {
				return &middleware.Token{Subject: "alice"}, nil
			}
			return nil, middleware.InvalidToken
		}), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}, Observe: seen.observe})

		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{field}
		token, err := g.Authenticate(r)
		if (token == nil) == (err == nil) {
			t.Fatalf("token %v beside error %v", token, err)
		}
		var e *middleware.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error %T", err)
		}
		seen.authenticated(t)
		if calls > 1 {
			t.Fatalf("verified %d times", calls)
		}
		if calls == 1 && (!token68.MatchString(given) || len(given) > 16384 || !strings.HasSuffix(field, " "+given)) {
			t.Fatalf("the Verifier was given %q of %q", given, field)
		}
		if token != nil && calls == 0 {
			t.Fatal("a token that nobody verified")
		}
		if err == nil {
			return
		}
		w := httptest.NewRecorder()
		g.Deny(w, r, err)
		if w.Code < 400 {
			t.Fatalf("refused with %d", w.Code)
		}
		for _, challenge := range w.Header()["Www-Authenticate"] {
			if _, err := parseChallenge(challenge); err != nil {
				t.Fatalf("%s: %v", challenge, err)
			}
		}
		_, secret, found := strings.Cut(field, " ")
		if !found {
			secret = field
		}
		text := err.Error() + seen.text() + w.Body.String() + strings.Join(w.Header()["Www-Authenticate"], "")
		if len(secret) >= 12 && !leaks(quiet, secret) && leaks(text, secret) {
			t.Fatalf("%q leaked into %s", secret, text)
		}
	})
}

// quiet is text that may stand in errors and answers whatever was sent, so
// that a field made of just that text proves nothing.
var quiet = func() string {
	g := middleware.New(middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return nil, middleware.InvalidToken
	}), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	var b strings.Builder
	for _, field := range []string{"", "Bearer", "Bearer a", "DPoP a", "Bearer " + strings.Repeat("a", 16385)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{field}
		_, err := g.Authenticate(r)
		w := httptest.NewRecorder()
		g.Deny(w, r, err)
		b.WriteString(err.Error() + w.Body.String() + strings.Join(w.Header()["Www-Authenticate"], ""))
	}
	return b.String()
}()
