package jwks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// proves confirms tokens with cnf.jkt for requests that say who holds the key.
type proves struct{ asked int }

func (*proves) Member() string                  { return "jkt" }
func (*proves) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: "DPoP"} }

func (p *proves) Confirm(_ context.Context, _ string, r *http.Request, t *middleware.Token) (http.Header, error) {
	p.asked++
	if r.Header.Get("DPoP") != t.Confirmation["jkt"] {
		return nil, middleware.InvalidDPoPProof
	}
	return nil, nil
}

// A token that is remembered is bound as it was: each request has to prove it
// holds the key.
func TestRecallSkipsNoBinding(t *testing.T) {
	keys := parsed(t, all()...)
	v := verifier(t, func(c *jwks.Config) { c.KeySet = keys })
	binding := &proves{}
	bound := newAPI(v, middleware.Options{Bindings: []middleware.Binding{binding}})
	unbound := newAPI(v)
	token := ed().token(object{"cnf": object{"jkt": "mine"}})
	asks := func(a api, authorization, proof string) int {
		r := httptest.NewRequest("GET", "/api/r", nil)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("DPoP", proof)
		_, answer := a.do(r)
		return answer.StatusCode
	}
	for range 3 {
		before := binding.asked
		for _, row := range []struct {
			name                 string
			a                    api
			authorization, proof string
			want                 int
		}{
			{"with its proof", bound, "DPoP " + token, "mine", 200},
			{"with another proof", bound, "DPoP " + token, "yours", 401},
			{"without a proof", bound, "DPoP " + token, "", 401},
			{"as Bearer, with its proof", bound, "Bearer " + token, "mine", 401},
			{"at a guard that confirms nothing", unbound, "Bearer " + token, "mine", 401},
			{"with its proof once more", bound, "DPoP " + token, "mine", 200},
		} {
			if got := asks(row.a, row.authorization, row.proof); got != row.want {
				t.Errorf("%s: %d, want %d", row.name, got, row.want)
			}
		}
		if n := binding.asked - before; n != 4 {
			t.Errorf("the binding was asked %d times", n)
		}
	}
}

// R9700-02: what a token may do is judged by each route and every time.
func TestRecallSkipsNoRequirement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &events{}
		g := middleware.New(verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) }), &middleware.Options{Observe: told.observe})
		routes := scopes.Routes{
			"GET /read":   scopes.All("read"),
			"GET /write":  scopes.All("write"),
			"GET /either": scopes.Any("write", "read"),
			"GET /recent": scopes.All("read").MaxAge(time.Minute),
			"GET /strong": scopes.All("read").ACR("phr"),
			"GET /bob":    scopes.All().Claim("name", "bob"),
			"GET /client": scopes.All().Client(),
		}
		mux := http.NewServeMux()
		for pattern := range routes {
			mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}
		mux.HandleFunc("GET /forgotten", func(http.ResponseWriter, *http.Request) { t.Error("served") })
		h, err := routes.Handler(g, mux)
		if err != nil {
			t.Fatal(err)
		}
		token := ed().token(object{"auth_time": time.Now().Unix(), "acr": "pwd", "name": "alice"})
		wants := func(path string, want int) {
			t.Helper()
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
		for range 3 {
			wants("/read", 200)
			wants("/write", 403)
			wants("/either", 200)
			wants("/recent", 200)
			wants("/strong", 401)
			wants("/bob", 403)
			wants("/client", 403)
			wants("/forgotten", 403)
		}
		time.Sleep(time.Minute + time.Second)
		wants("/read", 200)
		wants("/recent", 401) // signed in too long ago by now
		verdicts := told.of(middleware.OpVerify)
		for i, e := range verdicts {
			if (e.Via == middleware.ViaCache) != (i > 0) {
				t.Errorf("request %d: by %s", i, e.Via)
			}
		}
		if len(verdicts) != 26 {
			t.Errorf("%d verdicts", len(verdicts))
		}
	})
}

// The Token is shared by all requests with it. A handler that appends to what it
// got has a copy: no other sees it, and under the race detector none is hurt.
func TestRecallSharesNothingThatAppendChanges(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*jwks.Config)
		claims object
	}{
		{"one audience, one scope", nil, nil},
		{"several of both", nil, object{"aud": []string{"a", "b", resource}, "scope": "read x y"}},
		{"words that are no scopes", nil, object{"scope": "read  \u00e9 x "}},
		{"no scope", nil, object{"scope": nil}},
		{"scopes of two claims", func(c *jwks.Config) { c.ScopeClaims = []string{"scp", "roles"} },
			object{"scp": "read x", "roles": []string{"y", "not one", "z"}}},
		{"an AudienceClaim", func(c *jwks.Config) { c.AudienceClaim, c.Audience = "client_id", []string{"app", "b"} }, object{"aud": nil}},
		{"an AudienceClaim that is an array", func(c *jwks.Config) { c.AudienceClaim = "for" }, object{"for": []string{"a", "b", resource}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := verifier(t, func(c *jwks.Config) {
				c.KeySet = parsed(t, all()...)
				if row.change != nil {
					row.change(c)
				}
			})
			token := ed().token(row.claims)
			read := func() *middleware.Token {
				got, err := v.Verify(t.Context(), token, nil)
				if err != nil {
					t.Error(err)
					return new(middleware.Token)
				}
				return got
			}
			first := read()
			was := fmt.Sprint(first.Scopes, first.Audience, string(first.Raw))
			each(8, func() {
				for range 20 {
					got := read()
					if more := append(got.Scopes, "admin"); !slices.Contains(more, "admin") {
						t.Error("append is broken")
					}
					_ = append(got.Audience, "everybody")
					_ = append(got.Raw, "admin"...)
				}
			})
			again := read()
			if now := fmt.Sprint(again.Scopes, again.Audience, string(again.Raw)); again != first || now != was {
				t.Errorf("changed from %s to %s", was, now)
			}
			if cap(again.Scopes) != len(again.Scopes) || cap(again.Audience) != len(again.Audience) || cap(again.Raw) != len(again.Raw) {
				t.Error("not clipped")
			}
		})
	}
}

// Whoever changes a Token, though nobody may, changes what others read, and never
// who is accepted.
func TestRecallOfAChangedToken(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	a := newAPI(v)
	token := ed().token(nil)
	got, err := v.Verify(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Audience[0], got.Audience = "https://other.example", append(got.Audience, "https://other.example")
	a.wants(t, token, "401-T wrong_audience")
	a.wants(t, ed().token(object{"aud": "https://other.example"}), "401-T wrong_audience")
}
