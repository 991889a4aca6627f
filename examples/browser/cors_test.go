package browser_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rs/cors"

	"github.com/warder-go/warder/middleware"
)

// shared lets pages of one origin call what is within.
func shared(origin string) *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: []string{origin},
		AllowedMethods: []string{"GET", "POST"},
		AllowedHeaders: []string{"Authorization"},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After"},
	})
}

func TestAPageOfAnotherOriginReadsWhyItIsRefused(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, func(_ *middleware.Guard, guarded http.Handler) http.Handler {
		return shared(origin).Handler(guarded) // outside in: CORS, guard, routes
	})
	b.open(origin)
	for _, row := range []struct {
		name, method, token string
		want                answer
	}{
		{"a good token", "GET", a.token(nil), answer{Status: 200, Body: "the notes of user"}},
		{"an expired token", "GET", a.token(map[string]any{"exp": 1}), answer{Status: 401, Challenge: `error="invalid_token"`}},
		{"a token for another API", "GET", a.token(map[string]any{"aud": "https://other.example"}), answer{Status: 401, Challenge: `error="invalid_token"`}},
		{"no token: it learns whom to ask", "GET", "", answer{Status: 401, Challenge: `resource_metadata="` + a.url + `/.well-known/oauth-protected-resource"`}},
		{"a scope is missing: it learns which", "POST", a.token(nil), answer{Status: 403, Challenge: `scope="notes:write"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			init := bearer(row.token)
			if init == nil {
				init = map[string]any{}
			}
			init["method"] = row.method
			got := b.ask(a.url+"/notes", init)
			if got.Error != "" || got.Status != row.want.Status ||
				!strings.Contains(got.Challenge, row.want.Challenge) || got.Challenge == "" != (row.want.Challenge == "") ||
				row.want.Body != "" && got.Body != row.want.Body {
				t.Errorf("the page learned %+v; want %+v", got, row.want)
			}
		})
	}
	if !a.saw("OPTIONS") {
		t.Error("no preflight was sent, so none has passed")
	}
}

func TestWhatDoesNotReachAPage(t *testing.T) {
	without := func(_ string, _ *middleware.Guard, guarded http.Handler) http.Handler { return guarded }
	within := func(origin string, guard *middleware.Guard, guarded http.Handler) http.Handler {
		return guard.Handler(shared(origin).Handler(guarded))
	}
	elsewhere := func(_ string, _ *middleware.Guard, guarded http.Handler) http.Handler {
		return shared("https://app.example.com").Handler(guarded)
	}
	for _, row := range []struct {
		name     string
		assemble func(origin string, guard *middleware.Guard, guarded http.Handler) http.Handler
		token    bool // a good one, for which browsers ask first
	}{
		{"without CORS, a good token is not even sent", without, true},
		{"without CORS, a 401 cannot be read", without, false},
		{"with CORS within the guard, a good token is not even sent", within, true},
		{"with CORS within the guard, a 401 cannot be read", within, false},
		{"with CORS for another origin, a good token is not even sent", elsewhere, true},
		{"with CORS for another origin, a 401 cannot be read", elsewhere, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, origin := newTab(t), newPage(t)
			a := serve(t, func(guard *middleware.Guard, guarded http.Handler) http.Handler {
				return row.assemble(origin, guard, guarded)
			})
			b.open(origin)
			token := ""
			if row.token {
				token = a.token(nil)
			}
			if got := b.ask(a.url+"/notes", bearer(token)); got.Error == "" || got.Status != 0 || got.Challenge != "" || got.Body != "" {
				t.Errorf("the page learned %+v", got)
			}
			if preflight := row.token; a.saw("OPTIONS") != preflight || a.saw("GET") == preflight {
				t.Errorf("the API saw %q", a.seen)
			}
		})
	}
}

// A 401 alone does not say what to do about it.
func TestAChallengeHasToBeExposed(t *testing.T) {
	b, origin := newTab(t), newPage(t)
	a := serve(t, func(_ *middleware.Guard, guarded http.Handler) http.Handler {
		return cors.New(cors.Options{AllowedOrigins: []string{origin}}).Handler(guarded)
	})
	b.open(origin)
	if got := b.ask(a.url+"/notes", nil); got.Status != 401 || got.Challenge != "" {
		t.Errorf("the page learned %+v", got)
	}
}
