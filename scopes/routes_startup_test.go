package scopes_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/scopes"
)

// What Handler says of a table, mistake by mistake.
func TestMistakesOfATable(t *testing.T) {
	for _, row := range []struct {
		name     string
		mux      string // patterns, one a line
		rows     string // of the table, one a line
		mistakes string // the same
	}{
		{"none", "GET /a\n/b/\nc.example/", "GET /a\n/b/\nc.example/", ""},
		{"fewer rows than patterns", "GET /a\n/b", "/b", ""},
		{"a row that nobody serves", "/a", "/a\n/b", "/b: the mux does not serve it"},
		{"a row for a method that nobody serves", "GET /a", "POST /a", "POST /a: the mux does not serve it"},
		{"a row for every method of a pattern for one", "GET /a", "/a", "/a: the mux does not serve it"},
		{"a row for one method of a pattern for all", "/a", "GET /a", "GET /a: the mux serves that under /a"},
		{"a row for HEAD of a pattern for GET", "GET /a", "HEAD /a", "HEAD /a: the mux serves that under GET /a"},
		{"a wildcard with another name", "GET /a/{id}", "GET /a/{name}", "GET /a/{name}: the mux serves that under GET /a/{id}"},
		{"a rest with another name", "/a/{rest...}", "/a/", "/a/: the mux serves that under /a/{rest...}"},
		{"a slash too many", "/a", "/a/", "/a/: the mux does not serve it"},
		{"a slash too few", "/a/", "/a", "/a: the mux serves that under /a/"},
		{"an end that is open in the mux", "/a/", "/a/{$}", "/a/{$}: the mux serves that under /a/"},
		{"an end that is open in the table", "/a/{$}", "/a/", "/a/: the mux serves that under /a/{$}"},
		{"two spaces", "GET  /a", "GET /a", "GET /a: the mux serves that under GET  /a"},
		{"a tab", "GET /a", "GET\t/a", "GET\t/a: the mux serves that under GET /a"},
		{"a space in front", " /a", "/a", "/a: the mux serves that under  /a"},
		{"an escape that is not needed", "/a", "/%61", "/%61: the mux serves that under /a"},
		{"another spelling of an escape", "/a%2fb", "/a%2Fb", "/a%2Fb: the mux serves that under /a%2fb"},
		{"a slash for an escaped one", "/a%2Fb", "/a/b", "/a/b: the mux does not serve it"},
		{"a path in capitals", "/a", "/A", "/A: the mux does not serve it"},
		{"a path that the mux cleans", "/b", "/a/../b", "/a/../b: the mux serves that under /b"},
		{"a method in lower case", "GET /a", "get /a", "get /a: the mux does not serve it"},
		{"a host that has no pattern", "/a", "h.example/a", "h.example/a: the mux serves that under /a"},
		{"a host in the mux alone", "h.example/a", "/a", "/a: the mux does not serve it"},
		{"a host with a port, which no mux compares", "h.example:80/a", "h.example:80/a", "h.example:80/a: the mux does not serve it"},
		{"dots in disguise, which no policy serves", "GET /a/%2e%2e/b\n/b", "GET /a/%2e%2e/b", "GET /a/%2e%2e/b: the mux serves that under /b"},
		{"CONNECT of a pattern for all methods", "/a", "CONNECT /a", "CONNECT /a: the mux serves that under /a"},
		{"a row for all methods of a pattern for CONNECT", "CONNECT /a", "/a", "/a: the mux does not serve it"},
		{"a tree whose every path is another's", "/a/\n/a/{$}\n/a/{x}\n/a/{x}/", "/a/", "/a/: the mux serves that under /a/{x}/"},
		{"what is no pattern", "/a", "\nGET\nGET \na\nGET a", ": is not a pattern of a ServeMux\nGET: is not a pattern of a ServeMux\nGET : is not a pattern of a ServeMux\nGET a: is not a pattern of a ServeMux\na: is not a pattern of a ServeMux"},
		{"what no mux takes", "/a", "/{\n/{x\n/{$}/a\n/{x}/{x}\nG(T /a", "/{: the mux does not serve it\n/{$}/a: the mux serves that under /a\n/{x: the mux does not serve it\n/{x}/{x}: the mux does not serve it\nG(T /a: the mux serves that under /a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			patterns := strings.Split(row.mux, "\n")
			mux := serving(patterns...)
			if !slices.Equal(mux.patterns, patterns) {
				t.Fatalf("registered: %q", mux.patterns)
			}
			table := scopes.Routes{}
			for _, p := range strings.Split(row.rows, "\n") {
				table[p] = scopes.All("a")
			}
			h, err := table.Handler(scopeGuard, mux.ServeMux)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			var want []string
			if row.mistakes != "" {
				for _, m := range strings.Split(row.mistakes, "\n") {
					want = append(want, "scopes: Routes: "+m)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q\nwant %q", got, want)
			}
			if (h == nil) != (err != nil) {
				t.Errorf("%v beside %v", h, err)
			}
		})
	}
}

// Patterns that are easily misread, and nothing is wrong with them.
func TestNoFalseAlarms(t *testing.T) {
	for _, patterns := range [][]string{
		{"/"},
		{"/{$}", "/"},
		{"GET /{$}", "POST /{$}", "/{x}", "/{x}/"},
		{"/a/", "/a/{$}", "/a/{x}", "/a/{x}/{$}", "/a/{x}/{y}"},
		// Whatever has at most seven segments is others'.
		{"/", "/{$}", "/{a}", "/{a}/{$}", "/{a}/{b}", "/{a}/{b}/{$}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{$}", "/{a}/{b}/{c}/{d}", "/{a}/{b}/{c}/{d}/{$}"},
		{"/a/{x}/b", "/a/{x}/{y}", "/a/{x}/{rest...}"},
		{"GET /a", "HEAD /a", "/a"},
		{"GET\t/a", "POST  /a", " /a", "PUT \t /a"},
		{"/%61", "/b%2Fc", "/b/c", "/100%25", "/%7Bx%7D", "/%zz", "/sp%20ace", "/q%3Fq", "/%2F", "/é", "/%C3%A8"},
		{"GET /a b", "/a?b", "/a#b", "/a;b", "/a&b=c", "/...", "/..a", "/.well-known/x", "/a:b", "/@"},
		{"h.example/", "h.example/{$}", "/", "GET h.example/a", "h.example/a", "H.EXAMPLE/a", "[::1]/a", "::1/a", "192.0.2.1/a"},
		{"CONNECT /", "CONNECT /a", "CONNECT h.example:443/", "CONNECT h.example/a", "CONNECT /x//y", "h.example/a/"},
		{"CONNECT /a", "/a", "/a/", "/"},
		{"CONNECT h.example/b", "/b/"},
		{"CONNECT.example/a", "GET.example/a"},
		{"!#$%&'*+-.^_`|~ /a", "get /a", "/a"},
		{"/api.invalid", "/warder"},
		{"//a", "/b//c"}, // to a mux, what is empty is a wildcard
	} {
		t.Run(strings.Join(patterns, ","), func(t *testing.T) {
			mux := serving(patterns...)
			if !slices.Equal(mux.patterns, patterns) {
				t.Fatalf("registered: %q", mux.patterns)
			}
			table := scopes.Routes{}
			for _, p := range patterns {
				table[p] = scopes.Public()
			}
			if _, err := table.Handler(scopeGuard, mux.ServeMux); err != nil {
				t.Error(err)
			}
		})
	}
}

// somePattern makes up a pattern that a mux takes, if it does not conflict.
func somePattern(pick choices) string {
	one := func(of ...string) string { return of[pick(len(of))] }
	method := one("", "", "", "GET", "HEAD", "POST", "CONNECT", "ODD-1")
	if method != "" {
		method += one(" ", " ", "  ", "\t")
	}
	path := one("", "", "", "h.example", "[::1]", "CONNECT.example")
	names := []string{"x", "y", "z", "w"}
	for range pick(4) {
		if path += "/"; pick(3) == 0 {
			path += "{" + names[0] + "}"
			names = names[1:]
			continue
		}
		path += one("a", "a", "b", "%61b", "é", "a%2Fb", "100%25", "%zz", "...", "%2F", "%7Ba%7D", "a b", "")
	}
	return method + path + one("", "/", "/{$}", "/{rest...}", "/c")
}

// pathsOf yields paths that the path of a pattern may match, and whatever
// stands for its wildcards too.
func pathsOf(path string) []string {
	all := []string{""}
	add := func(segments ...string) {
		var longer []string
		for _, p := range all {
			for _, s := range segments {
				longer = append(longer, p+s)
			}
		}
		all = longer
	}
	for _, s := range strings.Split(path, "/")[1:] {
		switch {
		case s == "{$}":
			add("/")
		case s == "" || strings.HasSuffix(s, "...}"):
			add("/", "/other", "/other/", "/other/other", "/other/other/", "/other/other/other/other", "/other/other/other/other/")
		case strings.HasPrefix(s, "{"):
			add("/other", "/a", "/b")
		default:
			if plain, err := url.PathUnescape(s); err == nil {
				s = plain
			}
			add("/" + url.PathEscape(s))
		}
	}
	return all
}

// isServed looks for a request that m serves under the pattern.
func (m *servedMux) isServed(t *testing.T, pattern string) bool {
	t.Helper()
	method, rest := "ODD-2", pattern
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		method, rest = pattern[:i], strings.TrimLeft(pattern[i:], " \t")
	}
	host, path, _ := strings.Cut(rest, "/")
	for _, path := range pathsOf("/" + path) {
		target := path
		if method == "CONNECT" && host != "" {
			target = host + path
		}
		r, err := parse(method + " " + target + " HTTP/1.1\r\nHost: " + max(host, "any.example") + "\r\n\r\n")
		if err != nil {
			continue
		}
		if got, _ := m.by(t, m, r); got != nil && got.pattern == pattern {
			return true
		}
	}
	return false
}

// Whatever is registered may have a row: no table that has one for each pattern
// of its mux is refused, unless no request reaches the pattern.
func TestEveryPatternMayHaveARow(t *testing.T) {
	seed := rand.Uint64()
	muxes, registered, unreachable := 4000, 0, 0
	if testing.Short() {
		muxes = 400
	}
	for i := range muxes {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		var patterns []string
		for range 1 + rng.IntN(12) {
			patterns = append(patterns, somePattern(rng.IntN))
		}
		mux := serving(patterns...)
		table := scopes.Routes{}
		for _, p := range mux.patterns {
			table[p] = scopes.Public()
			registered++
		}
		_, err := table.Handler(scopeGuard, mux.ServeMux)
		if err == nil {
			continue
		}
		for _, p := range mux.patterns {
			if !strings.Contains(err.Error()+"\n", "Routes: "+p+": the mux") {
				continue
			}
			unreachable++
			if mux.isServed(t, p) {
				t.Fatalf("seed %d: a false alarm for %q in %q: %v", seed, p, mux.patterns, err)
			}
		}
	}
	t.Logf("seed %d: %d patterns in %d muxes, %d of them out of reach", seed, registered, muxes, unreachable)
	if registered < muxes || unreachable > registered/20 {
		t.Errorf("%d patterns, %d out of reach: that shows too little", registered, unreachable)
	}
}

// The mistakes of patterns and of hierarchies are listed together.
func TestMistakesAreListedTogether(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/a", http.NotFoundHandler())
	mux.Handle("/c", http.NotFoundHandler())
	_, err := scopes.Routes{
		"/a":    scopes.Implies{"x": {"y"}, "y": {"x"}}.All("x"),
		"/b":    scopes.All("b"),
		"/c":    scopes.Implies{"z": {"z"}, "no scope": nil}.Any("z"),
		"/d":    scopes.Public(),
		"/e":    {},
		"GET a": scopes.All(),
	}.Handler(scopeGuard, mux)
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		`scopes: Implies: "x" includes itself`,
		`scopes: Implies: "y" includes itself`,
		`scopes: Routes: /b: the mux does not serve it`,
		`scopes: Implies: "no scope" is not a scope-token (RFC 6749 §3.3)`,
		`scopes: Implies: "z" includes itself`,
		`scopes: Routes: /d: the mux does not serve it`,
		`scopes: Routes: /e: the mux does not serve it`,
		`scopes: Routes: GET a: is not a pattern of a ServeMux`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
