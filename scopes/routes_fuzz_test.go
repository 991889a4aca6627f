package scopes_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// A servedMux is a mux whose handlers tell by whom they were reached.
type servedMux struct {
	*http.ServeMux
	patterns []string
	reached  []reached
}

// reached is what a handler saw.
type reached struct {
	pattern string // under which it is registered
	said    string // r.Pattern
	path    string // decoded
	method  string
	token   *middleware.Token
}

// serving registers those of patterns that a mux takes.
func serving(patterns ...string) *servedMux {
	m := &servedMux{ServeMux: http.NewServeMux()}
	for _, p := range patterns {
		func() {
			defer func() { _ = recover() }() // no pattern, or one that conflicts
			m.HandleFunc(p, func(w http.ResponseWriter, r *http.Request) {
				t, _ := middleware.FromContext(r.Context())
				m.reached = append(m.reached, reached{p, r.Pattern, r.URL.Path, r.Method, t})
				w.WriteHeader(http.StatusNoContent)
			})
			m.patterns = append(m.patterns, p)
		}()
	}
	return m
}

// by returns what h lets r reach of m: nothing, or one handler.
func (m *servedMux) by(t *testing.T, h http.Handler, r *http.Request) (*reached, *httptest.ResponseRecorder) {
	t.Helper()
	m.reached = nil
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	switch len(m.reached) {
	case 0:
		return nil, w
	case 1:
		return &m.reached[0], w
	}
	t.Fatalf("%d handlers were reached", len(m.reached))
	return nil, nil
}

// parse reads a request as a server does.
func parse(raw string) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err == nil {
		r.Header.Del("Authorization")
	}
	return r, err
}

// names reports whether the pattern names the method CONNECT.
func namesConnect(pattern string) bool {
	return strings.HasPrefix(pattern, "CONNECT ") || strings.HasPrefix(pattern, "CONNECT\t")
}

func hasDots(path string) bool {
	segments := strings.Split(path, "/")
	return slices.Contains(segments, ".") || slices.Contains(segments, "..")
}

// The kinds of rows that kind i of a table's kinds asks for.
const (
	noRow = iota
	publicRow
	scopeRow
	zeroRow
)

func kindOf(kinds uint32, i int) int { return int(kinds>>(2*i)) & 3 }

// decodedPattern returns the pattern for what a handler may take r's path for,
// that is, once it is decoded.
func (m *servedMux) decodedPattern(r *http.Request) string {
	plain, u := *r, *r.URL
	u.RawPath, plain.URL = "", &u
	_, pattern := m.Handler(&plain)
	return pattern
}

// No request exists for which mux and policy choose different patterns, or for
// which a handler is reached without a row that lets it. The fuzzer chooses
// what is registered, what the rows say and what the client sends.
func FuzzRoutes(f *testing.F) {
	const patterns = "GET /open/\nGET /open/admin\nGET /notes/{id}\nPOST /notes/{id}\n/tree/\n/files/{path...}\n" +
		"api.example/\nGET /{$}\nCONNECT /open/\nCONNECT proxy.example:443/\nHEAD /head\nCONNECT.example/x"
	for i, r := range []struct{ method, target, host string }{
		{"GET", "/open/%2e%2e/admin", "h"},
		{"CONNECT", "/open/../admin", "h"},
		{"CONNECT", "/tree", "h"},
		{"CONNECT", "CONNECT%20/open", "h"},
		{"CONNECT", "CONNECT.example/x", "h"},
		{"CONNECT", "proxy.example:443", "proxy.example:443"},
		{"GET", "/open", "h"},
		{"GET", "//open//admin", "h"},
		{"GET", "/open/..%2fadmin", "h"},
		{"GET", "/open/./admin", "h"},
		{"HEAD", "/notes/a%2Fb", "h"},
		{"GET", "/notes/%2e", "h"},
		{"OPTIONS", "*", "h"},
		{"GET", "http://api.example:8080/open/", "other"},
		{"GET", "http:opaque", "h"},
		{"PROPFIND", "/files/a/%2e%2e/b", "h"},
		{"get", "/", "h"},
		{"GET", "/files/a\"b%2F%2e%2e", "h"},
		{"GET", "/files/%zz", "h"},
		{"GET", "/?/../x", "h"},
		{"CONNECT", "//open/x", "h"},
		{"HEAD", "/head/", "api.example"},
	} {
		f.Add(patterns, r.method, r.target, r.host, uint32(0x6a5a96ad)>>i|0x55)
	}
	f.Add("/\n/{a}\n/{a}/{b...}\n /sp\nGET\t\t/t\n/a%2Fb\n/%2F\nh/\nCONNECT h/a\nX /", "GET", "/a%2Fb", "h", uint32(0xffaaaa55))
	f.Add("/a//b\nCONNECT /a//b\nCONNECT /a/../c\nGET /d/%2e%2e\n/d/", "CONNECT", "/a/../c", "h", uint32(0x5555))

	f.Fuzz(func(t *testing.T, patterns, method, target, host string, kinds uint32) {
		if len(patterns) > 600 {
			return
		}
		raw := method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
		if _, err := parse(raw); err != nil {
			return // a server refuses it
		}
		lines := strings.Split(patterns, "\n")
		mux := serving(lines[:min(len(lines), 16)]...)
		var routes []string // that events named
		guard := middleware.New(granted, &middleware.Options{Observe: func(_ context.Context, e middleware.Event) {
			routes = append(routes, e.Route)
		}})
		table, kind, refused := scopes.Routes{}, map[string]int{}, map[string]bool{}

		for i, p := range mux.patterns {
			kind[p] = kindOf(kinds, i)
			row := scopes.Requirement{}
			switch kind[p] {
			case noRow:
				continue
			case publicRow:
				row = scopes.Public()
			case scopeRow:
				row = scopes.All(fmt.Sprint("s", i))
			}
			if _, err := (scopes.Routes{p: row}).Handler(guard, mux.ServeMux); err != nil {
				refused[p], kind[p] = true, noRow
				continue
			}
			table[p] = row
		}
		h, err := table.Handler(guard, mux.ServeMux)
		if err != nil {
			t.Fatalf("each row is good and the table is not: %v", err)
		}

		// What the mux alone would do.
		r, _ := parse(raw)
		bare, bareAnswer := mux.by(t, mux, r)
		decoded := mux.decodedPattern(r)
		open := func(pattern string) bool { // were there a token that grants all
			k := kind[pattern]
			return (k == publicRow || k == scopeRow) && (r.Method != "CONNECT" || namesConnect(pattern))
		}
		disguised := hasDots(r.URL.Path) || r.Method == "CONNECT" && strings.Contains(r.URL.Path, "//")
		admissible := bare != nil && open(bare.pattern) && (decoded == "" || open(decoded)) && !disguised
		if bare != nil && refused[bare.pattern] && !hasDots(r.URL.Path) && (r.Method != "CONNECT" || namesConnect(bare.pattern)) {
			t.Errorf("a false alarm: no row may be called %q, and the mux serves it to %q", bare.pattern, raw)
		}

		mighty := everythingIn(mux.patterns)
		for _, token := range []string{"", "none", mighty} {
			r, _ := parse(raw)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			routes = nil
			got, answer := mux.by(t, h, r)
			fail := func(format string, args ...any) {
				t.Helper()
				t.Errorf("%s\n%q with the token %q, status %d, reached %+v, by the mux alone %+v\n%q\n%s",
					fmt.Sprintf(format, args...), raw, token, answer.Code, got, bare, mux.patterns, table)
			}
			for _, name := range append(routes, r.Pattern) {
				if name != "" && !slices.Contains(mux.patterns, name) {
					fail("%q is no route", name)
				}
			}
			if got == nil {
				if admissible && (token == mighty || kind[bare.pattern] == publicRow && kind[decoded] != scopeRow) {
					fail("the handler was not reached")
				}
				// A redirect of the mux is to a route, with a row or without.
				isRefused := answer.Code == http.StatusForbidden || answer.Code == http.StatusBadRequest && disguised
				if bare == nil && token == mighty && answer.Code != bareAnswer.Code && !isRefused {
					fail("the mux alone answers %d", bareAnswer.Code)
				}
				continue
			}
			switch {
			case bare == nil || got.pattern != bare.pattern:
				fail("another handler than by the mux alone")
			case got.said != got.pattern || r.Pattern != got.pattern:
				fail("the pattern is said to be %q inside and %q outside", got.said, r.Pattern)
			case !admissible:
				fail("a handler that nobody may reach so")
			case hasDots(got.path):
				fail("a path with a dot segment")
			}
			for _, p := range []string{got.pattern, decoded} {
				if kind[p] != scopeRow {
					continue
				}
				i := slices.Index(mux.patterns, p)
				if got.token == nil || !slices.Contains(got.token.Scopes, fmt.Sprint("s", i)) {
					fail("a handler that this token may not reach, for the row of %q", p)
				}
			}
		}
	})
}

// everythingIn is the token that grants the scope of each row.
func everythingIn(patterns []string) string {
	var b strings.Builder
	for i := range patterns {
		fmt.Fprintf(&b, "s%d.", i)
	}
	return b.String() + "-"
}
