package scopes_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// choices is where a random policy comes from: it returns a number below n.
type choices func(n int) int

// choicesFrom reads choices out of a fuzzer's bytes, and the first of each when
// these are spent.
func choicesFrom(b []byte) choices {
	return func(n int) int {
		if len(b) == 0 {
			return 0
		}
		v := int(b[0])
		b = b[1:]
		return v % n
	}
}

// aRoute is a route of the policies here, and a request for it.
type aRoute struct{ pattern, method, host, path string }

var someRoutes = []aRoute{
	{"GET /notes", "GET", "any.example", "/notes"},
	{"GET /notes/{id}", "HEAD", "any.example", "/notes/1"},
	{"POST /notes/{id}/{$}", "POST", "any.example", "/notes/2/"},
	{"/files/{path...}", "PUT", "any.example", "/files/a/b%2Fc"},
	{"api.example/", "GET", "api.example:8080", "/notes"},
	{"CONNECT /tunnel", "CONNECT", "any.example", "/tunnel"},
}

// aRow is what a row of a random table asks for: the judge that these tests
// compare scopes with.
type aRow struct {
	aRoute
	any    bool
	scopes []string
	under  scopes.Implies
}

// isMetBy walks the hierarchy from what the token has, unlike the package,
// which walks from what is asked for.
func (row aRow) isMetBy(granted []string) bool {
	has := map[string]bool{}
	var grant func(string)
	grant = func(s string) {
		if !has[s] {
			has[s] = true
			for _, next := range row.under[s] {
				grant(next)
			}
		}
	}
	for _, s := range granted {
		grant(s)
	}
	for _, s := range row.scopes {
		if has[s] == row.any {
			return row.any
		}
	}
	return !row.any
}

// someScopes picks at most n scopes of those that there are, some of them twice.
func someScopes(pick choices, there, n int) []string {
	var all []string
	for range pick(n + 1) {
		all = append(all, fmt.Sprint("s", pick(there)))
	}
	return all
}

// aHierarchy is one without cycles: what a scope includes has a higher number.
func aHierarchy(pick choices, there int) scopes.Implies {
	h := scopes.Implies{}
	include := func(i, j int) {
		from := fmt.Sprint("s", i)
		h[from] = append(h[from], fmt.Sprint("s", j))
	}
	switch pick(6) {
	case 0:
		return nil
	case 1: // a chain as deep as can be
		for i := range there - 1 {
			include(i, i+1)
		}
	case 2: // diamonds on top of each other: two ways from each to the next but one
		for i := 0; i+3 < there; i += 3 {
			include(i, i+1)
			include(i, i+2)
			include(i+1, i+3)
			include(i+2, i+3)
		}
	default:
		for range pick(3 * there) {
			i := pick(there - 1)
			include(i, i+1+pick(there-1-i)) // perhaps once more
		}
	}
	return h
}

// granted is a Verifier for which a token is its scopes, joined with dots.
var granted = middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	return &middleware.Token{Scopes: strings.Split(token, ".")}, nil
})

// visit asks h for a route with a token that grants this; with none where
// granted is nil.
func visit(h http.Handler, route aRoute, granted []string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(route.method, route.path, nil)
	r.Host = route.host
	if granted != nil {
		r.Header.Set("Authorization", "Bearer "+strings.Join(append(granted, "-"), "."))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var (
	scopeParam = regexp.MustCompile(`, scope="([^"]*)"`)
	scopeGuard = middleware.New(granted, nil)
)

func challengedScopes(w *httptest.ResponseRecorder) []string {
	m := scopeParam.FindStringSubmatch(w.Header().Get("WWW-Authenticate"))
	if m == nil {
		return nil
	}
	return strings.Split(m[1], " ")
}

// checkChallenges makes a policy and tokens, and checks what the challenges of
// the policy promise. It returns how many tokens were told what they lack.
func checkChallenges(t *testing.T, pick choices) (refused int) {
	t.Helper()
	there := 2 + pick(12)
	hierarchies := []scopes.Implies{aHierarchy(pick, there), aHierarchy(pick, there)}
	table, mux := scopes.Routes{}, http.NewServeMux()
	var rows []aRow
	for _, route := range someRoutes {
		mux.HandleFunc(route.pattern, func(http.ResponseWriter, *http.Request) {})
		row := aRow{aRoute: route, under: hierarchies[pick(len(hierarchies))], scopes: someScopes(pick, there, 5), any: pick(3) == 0}
		if row.any && len(row.scopes) == 0 {
			row.any = false
		}
		if row.any {
			table[route.pattern] = row.under.Any(row.scopes...)
		} else {
			table[route.pattern] = row.under.All(row.scopes...)
		}
		rows = append(rows, row)
	}
	h, err := table.Handler(scopeGuard, mux)
	if err != nil {
		t.Fatalf("%v\n%s", err, table)
	}
	for _, row := range rows {
		told := challengedScopes(visit(h, row.aRoute, nil)) // by the 401
		for range 3 {
			token := someScopes(pick, there+1, 6)
			if token == nil {
				token = []string{}
			}
			say := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("%s\nthe row %+v, the token %q", fmt.Sprintf(format, args...), row, token)
			}
			w := visit(h, row.aRoute, token)
			if met := row.isMetBy(token); met != (w.Code == http.StatusOK) {
				say("status %d", w.Code)
			} else if met {
				continue
			}
			refused++
			asked := challengedScopes(w)
			if w.Code != http.StatusForbidden || !strings.Contains(w.Header().Get("WWW-Authenticate"), `error="insufficient_scope"`) || len(asked) == 0 {
				say("%d %v names no scope", w.Code, w.Header())
			}
			if !slices.Equal(told, asked) {
				say("401 names %q, 403 names %q", told, asked)
			}
			if w := visit(h, row.aRoute, slices.Clone(asked)); w.Code != http.StatusOK {
				say("%q was asked for and does not do: %d", asked, w.Code)
			}
			for i := range asked {
				less := slices.Delete(slices.Clone(asked), i, i+1)
				w := visit(h, row.aRoute, less)
				if w.Code != http.StatusForbidden {
					say("%q was asked for and %q does: %d", asked, less, w.Code)
				}
				if again := challengedScopes(w); !slices.Equal(again, asked) {
					say("%q was asked for, and then %q", asked, again)
				}
			}
		}
	}
	return refused
}

// A client that gets a token for exactly the scopes that a 403 names is let in,
// and with less it is not: MCP-02, for all tables, hierarchies and tokens.
func TestChallengesNameWhatWouldDoAndNoMore(t *testing.T) {
	seed := rand.Uint64()
	cases := 1500
	if testing.Short() {
		cases = 300
	}
	refused := 0
	for i := range cases {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		if refused += checkChallenges(t, rng.IntN); t.Failed() {
			break
		}
	}
	t.Logf("seed %d: %d tables, %d refusals", seed, cases, refused)
	if refused < cases {
		t.Errorf("only %d refusals: too few to show anything", refused)
	}
}

func FuzzChallenges(f *testing.F) {
	for n := range uint64(20) {
		rng := rand.New(rand.NewPCG(n, n))
		b := make([]byte, 300)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkChallenges(t, choicesFrom(b)) })
}
