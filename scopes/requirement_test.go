package scopes_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// granting is a Verifier whose tokens grant this scope, split as RFC 6749 §3.3
// says.
func granting(scope string) middleware.Verifier {
	return middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		words := strings.FieldsFunc(scope, func(c rune) bool { return c == ' ' })
		return &middleware.Token{Issuer: "https://as.example", Scopes: words}, nil
	})
}

// ask sends a request with a token, or without where v is nil, through a guard
// to a requirement.
func ask(t *testing.T, v middleware.Verifier, opts *middleware.Options, q scopes.Requirement) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	if v != nil {
		r.Header.Set("Authorization", "Bearer a")
	} else {
		v = granting("")
	}
	w := httptest.NewRecorder()
	ran := false
	middleware.New(v, opts).Handler(q.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		ran = true
	}))).ServeHTTP(w, r)
	if ran != (w.Code == http.StatusOK) {
		t.Errorf("status %d, and the handler ran: %t", w.Code, ran)
	}
	return w
}

const tooLittle = `error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs"`

func TestRequirements(t *testing.T) {
	for _, row := range []struct {
		name    string
		q       scopes.Requirement
		granted string
		least   string // named in the challenge; empty: admitted
	}{
		{"R6749-01 order does not matter", scopes.All("read", "write"), "write read", ""},
		{"R6749-01 case does", scopes.All("read", "write"), "Read write", "read write"},
		{"R6749-01 a comma does not separate", scopes.All("read", "write"), "read,write", "read write"},
		{"R6749-01 a tab does not separate", scopes.All("read", "write"), "read\twrite", "read write"},
		{"R6749-02 a longer word is another", scopes.All("read"), "readonly", "read"},
		{"R6749-02 a word that ends like it is another", scopes.All("read"), "xread", "read"},
		{"R6749-02 a word with a suffix is another", scopes.All("read"), "read:all", "read"},
		{"R6749-02 nor the other way round", scopes.All("read:all"), "read", "read:all"},
		{"R6749-02 every one is needed", scopes.All("a", "b"), "a", "a b"},
		{"R6749-03 a word with a quote grants nothing", scopes.All("read"), `re"ad`, "read"},
		{"R6749-03 repeated spaces are tolerated", scopes.All("read", "write"), "read  write", ""},
		{"R6749-03 an empty scope is no scope", scopes.All("read"), "", "read"},
		{"R6750-17 a token that grants too little", scopes.All("write"), "read", "write"},
		{"a token that grants more", scopes.All("read"), "write read admin", ""},
		{"All() is met by every token", scopes.All(), "", ""},
		{"Any is met by the first", scopes.Any("a", "b"), "a", ""},
		{"Any is met by the last", scopes.Any("a", "b"), "x b", ""},
		{"Any names the first, the least that would do", scopes.Any("a", "b"), "c", "a"},
		{"Any of one is All of one", scopes.Any("a"), "b", "a"},
		{"Any compares whole words too", scopes.Any("read", "write"), "readonly rewrite", "read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ask(t, granting(row.granted), nil, row.q)
			challenge := w.Header().Get("WWW-Authenticate")
			if row.least == "" {
				if w.Code != http.StatusOK || challenge != "" {
					t.Errorf("%d %s", w.Code, challenge)
				}
				return
			}
			want := `Bearer realm="api", ` + tooLittle + `, scope="` + row.least + `"`
			if w.Code != http.StatusForbidden || challenge != want {
				t.Errorf("%d %s, want 403 %s", w.Code, challenge, want)
			}
		})
	}
}

func TestRequireIsAllsHandler(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(middleware.NewContext(r.Context(), &middleware.Token{Scopes: []string{"a"}}))
	w := httptest.NewRecorder()
	scopes.Require("a", "b")(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
	w = httptest.NewRecorder()
	scopes.Require("a")(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d, want the handler's", w.Code)
	}
}

func TestTheZeroRequirementRefusesEverybody(t *testing.T) {
	var q scopes.Requirement
	for _, row := range []struct {
		name      string
		v         middleware.Verifier
		status    int
		challenge string
	}{
		{"a token, and none would help", granting("a b c"), http.StatusForbidden, ""},
		{"nobody, who may first say who it is", nil, http.StatusUnauthorized, `Bearer realm="api"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ask(t, row.v, &middleware.Options{AllowAnonymous: true}, q)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != row.status || got != row.challenge {
				t.Errorf("%d %s, want %d %s", w.Code, got, row.status, row.challenge)
			}
		})
	}
	if w := ask(t, nil, nil, q); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token, before the requirement: status %d, want 401", w.Code)
	}
}

// An anonymous request that a guard let through meets no requirement, not even
// All(): 401 with the scope that would do.
func TestAnonymousRequests(t *testing.T) {
	for _, row := range []struct {
		name      string
		q         scopes.Requirement
		challenge string
	}{
		{"All", scopes.All("a", "b"), `Bearer realm="api", scope="a b"`},
		{"Any", scopes.Any("a", "b"), `Bearer realm="api", scope="a"`},
		{"All of nothing", scopes.All(), `Bearer realm="api"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ask(t, nil, &middleware.Options{AllowAnonymous: true}, row.q)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || got != row.challenge {
				t.Errorf("%d %s, want 401 %s", w.Code, got, row.challenge)
			}
		})
	}
}

func TestWithoutAGuardItIs500(t *testing.T) {
	for name, q := range map[string]scopes.Requirement{"All()": scopes.All(), "All": scopes.All("a"), "zero": {}} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "Bearer a")
			w := httptest.NewRecorder()
			q.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				t.Error("the handler ran")
			})).ServeHTTP(w, r)
			want := http.StatusInternalServerError
			if w.Code != want || w.Header().Get("WWW-Authenticate") != "" {
				t.Errorf("%d %v, want %d without a challenge", w.Code, w.Header(), want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	token := &middleware.Token{Scopes: []string{"a", ""}}
	for _, row := range []struct {
		name   string
		q      scopes.Requirement
		t      *middleware.Token
		code   middleware.Code
		reason middleware.Reason // empty: met
	}{
		{"met", scopes.All("a"), token, "", ""},
		{"met by Any", scopes.Any("b", "a"), token, "", ""},
		{"not met", scopes.All("b"), token, middleware.InsufficientScope, middleware.ReasonInsufficientScope},
		{"no token", scopes.All(), nil, "", middleware.ReasonNoToken},
		{"the zero Requirement", scopes.Requirement{}, token, "", middleware.ReasonNoPolicy},
		{"the zero Requirement and no token", scopes.Requirement{}, nil, "", middleware.ReasonNoToken},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.q.Check(row.t)
			if row.reason == "" {
				if err != nil {
					t.Fatalf("error %v (%T)", err, err)
				}
				return
			}
			var e *middleware.Error
			if !errors.As(err, &e) || e.Code != row.code || e.Reason != row.reason {
				t.Errorf("error %v", err)
			}
			if errors.Is(err, middleware.ErrNoToken) != (row.reason == middleware.ReasonNoToken) {
				t.Errorf("is ErrNoToken: %v", err)
			}
		})
	}
}

// A requirement does not change when the slice that it was made of does.
func TestARequirementIsImmutable(t *testing.T) {
	needed := []string{"admin"}
	q := scopes.All(needed...)
	needed[0] = "read"
	if q.Check(&middleware.Token{Scopes: []string{"read"}}) == nil {
		t.Error("it asks for less than it was made for")
	}
}

func TestWhatCanNeverWorkPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"Any of nothing":                 func() { scopes.Any() },
		"All with an empty word":         func() { scopes.All("a", "") },
		"All with a space":               func() { scopes.All("a b") },
		"All with a quote":               func() { scopes.All(`a"b`) },
		"All with a backslash":           func() { scopes.All(`a\b`) },
		"All with a control character":   func() { scopes.All("a\x7f") },
		"All with a line break":          func() { scopes.All("a\r\nX-Evil: 1") },
		"All beyond ASCII":               func() { scopes.All("caf\u00e9") },
		"Any with a tab":                 func() { scopes.Any("a\tb") },
		"Require with a space":           func() { scopes.Require("a b") },
		"Handler without a handler":      func() { scopes.All().Handler(nil) },
		"a user's and a client's own":    func() { scopes.All().User().Client() },
		"a client's own and a user's":    func() { scopes.All().Client().User() },
		"the zero Requirement's, so too": func() { scopes.Requirement{}.Handler(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "scopes: ") {
					t.Errorf("panic %q does not say where", message)
				}
			}()
			f()
		})
	}
}
