package scopes

import (
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// Routes is a policy as data: what each route of a [http.ServeMux] needs, by
// the pattern under which its handler is registered. A pattern without a row is
// refused: forgetting fails closed. Empty Routes are legal and refuse
// everything.
type Routes map[string]Requirement

var errDisguised = &middleware.Error{
	Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
	Description: "The path has a dot segment or an empty one",
	Err:         errors.New("scopes: a path that the mux would not clean and a handler might"),
}

// Handler returns a handler that asks mux which pattern a request matches, lets
// g judge the request and that pattern's row the token, and then lets mux serve
// it. No path is matched by anything but mux, so policy and mux cannot differ.
// It stands outside g, so that a refusal for want of a token already names the
// scope to ask for; do not put g around it once more.
//
// A [Public] row goes straight to mux, whatever token there is. A pattern without
// a row, and a row with the zero Requirement, refuse every token with 403. A
// request that matches no pattern is for g to admit before mux answers 404, 405 or
// a redirect. An anonymous request (AllowAnonymous) meets no other row than a
// Public one.
//
// Handlers read the path decoded, and some clean it. So a path with a segment that
// is . or .. in disguise (%2e%2e), which mux would hand on as it is, is answered
// 400, and no Observer is told; where a slash in disguise (%2F) makes the decoded
// path that of another row, the token must meet both. CONNECT, whose paths no mux
// cleans, needs a row whose pattern says CONNECT.
//
// Register every handler with mux first: what is registered while requests are
// judged may be served under the row that was there before. The rows are copied,
// so later changes to rs do not count. A nested mux has a table of its own. It is
// an error if mux does not serve a row, or serves it under a pattern that is
// spelled in another way; all such rows, and mistakes in hierarchies, are listed.
// A nil guard or mux panics.
func (rs Routes) Handler(g *middleware.Guard, mux *http.ServeMux) (http.Handler, error) {
	if g == nil || mux == nil {
		panic("scopes: Routes.Handler without a guard or a mux")
	}
	p := &policy{
		guard: g, mux: mux, routes: maps.Clone(rs), rows: make(map[string]http.Handler, len(rs)),
		unrouted:  g.Handler(mux),
		forgotten: g.Handler(Requirement{}.Handler(mux)),
	}
	var wrong []error
	for _, pattern := range slices.Sorted(maps.Keys(rs)) {
		q := rs[pattern]
		if err := serves(mux, pattern); err != nil {
			wrong = append(wrong, err)
		}
		if q.rule != nil && q.rule.mistake != nil {
			wrong = append(wrong, q.rule.mistake)
			continue
		}
		p.rows[pattern] = p.behind(pattern, mux)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return p, nil
}

// behind returns next behind the row of pattern.
func (p *policy) behind(pattern string, next http.Handler) http.Handler {
	q := p.routes[pattern] // without a row, the zero Requirement
	switch {
	case q.rule == nil:
		return p.guard.For(pattern, "").Handler(q.Handler(next))
	case q.rule.public:
		return next
	}
	return p.guard.For(pattern, q.rule.least).Handler(q.Handler(next))
}

// leastOf returns the scopes that meet both rules, without those that others of
// them include.
func leastOf(rules ...*rule) string {
	var words []string
	granting := map[string][]string{}
	for _, r := range rules {
		if r == nil {
			continue
		}
		words = append(words, strings.Fields(r.least)...)
		for _, g := range r.granted {
			granting[g[0]] = g[1:]
		}
	}
	var least []string
	for _, s := range words {
		isIncluded := slices.ContainsFunc(words, func(o string) bool { return slices.Contains(granting[s], o) })
		if !isIncluded && !slices.Contains(least, s) {
			least = append(least, s)
		}
	}
	return strings.Join(least, " ")
}

// Scopes returns every scope that a row names, sorted: for Metadata.
func (rs Routes) Scopes() []string {
	var all []string
	for _, q := range rs {
		if q.rule != nil {
			all = append(all, q.rule.scopes...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// policy serves Routes. It is immutable.
type policy struct {
	guard  *middleware.Guard
	mux    *http.ServeMux
	routes Routes
	rows   map[string]http.Handler // by pattern; they end in mux

	unrouted  http.Handler // for requests that match no pattern
	forgotten http.Handler // for patterns without a row
}

func (p *policy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := p.mux.Handler(r)
	if pattern == "" {
		p.unrouted.ServeHTTP(w, r)
		return
	}
	if r.Method != http.MethodConnect {
		r.Pattern = pattern // as mux will say, and for what is refused before it
	}
	if isDisguised(r) {
		p.guard.Deny(w, r, errDisguised)
		return
	}
	row, ok := p.row(r, pattern)
	if r.URL.RawPath != "" {
		row, ok = p.decoded(r, pattern, row, ok)
	}
	if !ok {
		row = p.forgotten
	}
	row.ServeHTTP(w, r)
}

// row returns what serves r, which mux says matches pattern. What it says for
// CONNECT may be a path that the client chose: the target of a redirect. That is
// no route's name.
func (p *policy) row(r *http.Request, pattern string) (row http.Handler, ok bool) {
	if row, ok = p.rows[pattern]; ok && r.Method == http.MethodConnect {
		method, _ := splitMethod(pattern)
		ok = method == http.MethodConnect
	}
	return row, ok
}

// decoded returns row behind the row of the pattern that r's path matches once it
// is decoded, where that is another one: behind row, a handler may read it so.
func (p *policy) decoded(r *http.Request, pattern string, row http.Handler, ok bool) (http.Handler, bool) {
	plain, u := *r, *r.URL
	u.RawPath = ""
	plain.URL = &u
	_, other := p.mux.Handler(&plain)
	if !ok || other == "" || other == pattern {
		return row, ok
	}
	if _, ok := p.row(&plain, other); !ok {
		return nil, false
	}
	q := p.routes[other]
	if q.rule != nil && q.rule.public {
		return row, true
	}
	return p.guard.For(pattern, leastOf(p.routes[pattern].rule, q.rule)).Handler(q.Handler(row)), true
}

// isDisguised reports whether mux would serve r's path as it is, though a handler
// that cleans paths would read another one. Mux matches escaped paths, and cleans
// those that have dot segments or empty ones as they stand by a redirect; but for
// CONNECT it cleans nothing.
func isDisguised(r *http.Request) bool {
	if r.Method == http.MethodConnect {
		return hasDotSegment(r.URL.Path) || strings.Contains(r.URL.Path, "//")
	}
	return hasDotSegment(r.URL.Path) && !hasDotSegment(r.URL.EscapedPath())
}

func hasDotSegment(path string) bool {
	if !strings.Contains(path, "/.") {
		return path == "." || path == ".." || strings.HasPrefix(path, "../") || strings.HasPrefix(path, "./")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// maxSamples is how many lengths of paths are tried with a pattern that goes on
// at will, before all of them count as left to others.
const maxSamples = 64

// serves reports, as an error, why mux never serves a request under pattern.
func serves(mux *http.ServeMux, pattern string) error {
	wrong := func(why string) error {
		return errors.New("scopes: Routes: " + pattern + ": " + why)
	}
	method, rest := splitMethod(pattern)
	if method == "" {
		method = "WARDER" // that no pattern names
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return wrong("is not a pattern of a ServeMux")
	}
	host, path := rest[:slash], rest[slash:]
	if host == "" {
		host = "api.invalid"
	}
	instead := ""
	for path := range samples(path) {
		if method == http.MethodConnect && slash > 0 {
			path.Host = host // where a mux looks first, for CONNECT alone
		}
		r := &http.Request{Method: method, Host: host, URL: path, Header: http.Header{}}
		switch _, got := mux.Handler(r); got {
		case pattern:
			return nil
		case "":
		default:
			instead = got
		}
	}
	if instead != "" {
		return wrong("the mux serves that under " + instead)
	}
	return wrong("the mux does not serve it")
}

// splitMethod returns the method that a pattern names, or "", and the rest.
func splitMethod(pattern string) (method, rest string) {
	i := strings.IndexAny(pattern, " \t")
	if i < 0 {
		return "", pattern
	}
	return pattern[:i], strings.TrimLeft(pattern[i:], " \t")
}

// samples yields paths that match the path of a pattern. A pattern may leave
// some of its paths to more specific ones, but not all.
func samples(path string) iter.Seq[*url.URL] {
	const made = "warder-sample" // a segment that no pattern names
	segments := strings.Split(path, "/")[1:]
	last := len(segments) - 1
	open := false // the pattern goes on at will
	for i, s := range segments {
		switch {
		case s == "{$}":
			segments[i] = ""
		case i == last && (s == "" || strings.HasSuffix(s, "...}")):
			segments[i], open = "", true
		case s == "", strings.HasPrefix(s, "{"):
			segments[i] = made // an empty segment of a pattern is a wildcard to the mux
		default:
			if plain, err := url.PathUnescape(s); err == nil {
				segments[i] = plain
			}
		}
	}
	return func(yield func(*url.URL) bool) {
		for range maxSamples {
			u := new(url.URL)
			for _, s := range segments {
				u.Path += "/" + s
				u.RawPath += "/" + url.PathEscape(s)
			}
			if !yield(u) || !open {
				return
			}
			// The next has one segment more, with and without a slash at its end.
			if last := len(segments) - 1; segments[last] == "" {
				segments[last] = made
			} else {
				segments = append(segments, "")
			}
		}
	}
}
