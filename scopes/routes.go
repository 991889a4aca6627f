package scopes

import (
	"errors"
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

var (
	errDotSegment = &middleware.Error{
		Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
		Description: "The path has a dot segment",
		Err:         errors.New("scopes: a dot segment that the mux would not clean"),
	}
)

// Handler returns a handler that asks mux which pattern a request matches, lets
// g judge the request and that pattern's row the token, and then lets mux serve
// it. No path is matched by anything but mux, so policy and mux cannot differ.
// It stands outside g, so that a refusal for want of a token already names the
// scope to ask for; do not put g around it once more.
//
// A [Public] row goes straight to mux. A pattern without a row, and a row with
// the zero Requirement, refuse every token with 403. A request that matches no
// pattern is for g to admit before mux answers 404, 405 or a redirect. A path
// with a segment that is . or .. in disguise (%2e%2e), which mux would hand to
// a handler as it is, is answered 400, and no Observer is told. CONNECT, whose
// paths no mux cleans, needs a row whose pattern says CONNECT.
//
// Register every handler with mux first, with its methods: a nested mux has a
// table of its own. It is an error if mux does not serve a row, or serves it
// under a pattern that is spelled in another way; all such rows, and mistakes
// in hierarchies, are listed. A nil guard or mux panics.
func (rs Routes) Handler(g *middleware.Guard, mux *http.ServeMux) (http.Handler, error) {
	if g == nil || mux == nil {
		panic("scopes: Routes.Handler without a guard or a mux")
	}
	p := &policy{
		guard: g, mux: mux, rows: make(map[string]http.Handler, len(rs)),
		unrouted:  g.Handler(mux),
		forgotten: g.Handler(Requirement{}.Handler(mux)),
	}
	var wrong []error
	for _, pattern := range slices.Sorted(maps.Keys(rs)) {
		q := rs[pattern]
		if err := serves(mux, pattern); err != nil {
			wrong = append(wrong, err)
		}
		switch {
		case q.rule == nil:
			p.rows[pattern] = g.For(pattern, "").Handler(q.Handler(mux))
		case q.rule.public:
			p.rows[pattern] = mux
		case q.rule.mistake != nil:
			wrong = append(wrong, q.rule.mistake)
		default:
			p.rows[pattern] = g.For(pattern, q.rule.least).Handler(q.Handler(mux))
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return p, nil
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
	guard *middleware.Guard
	mux   *http.ServeMux
	rows  map[string]http.Handler // by pattern; they end in mux

	unrouted  http.Handler // for requests that match no pattern
	forgotten http.Handler // for patterns without a row
}

func (p *policy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := p.mux.Handler(r)
	if pattern == "" {
		p.unrouted.ServeHTTP(w, r)
		return
	}
	row, ok := p.rows[pattern]
	if r.Method == http.MethodConnect {
		// What mux.Handler names may here be a path that the client chose: the
		// target of a redirect. It is no route's name.
		ok = ok && strings.HasPrefix(pattern, "CONNECT")
	} else {
		r.Pattern = pattern // as mux will say, and for what is refused before it
	}
	switch {
	case isDisguised(r):
		p.guard.Deny(w, r, errDotSegment)
	case !ok:
		p.forgotten.ServeHTTP(w, r)
	default:
		row.ServeHTTP(w, r)
	}
}

// isDisguised reports whether r's path has a dot segment and mux would serve it
// all the same. It matches escaped paths, and cleans those that have dot
// segments as they stand, by a redirect; but not for CONNECT.
func isDisguised(r *http.Request) bool {
	return hasDotSegment(r.URL.Path) && (r.Method == http.MethodConnect || !hasDotSegment(r.URL.EscapedPath()))
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

// serves reports, as an error, why mux never serves a request under pattern.
func serves(mux *http.ServeMux, pattern string) error {
	wrong := func(why string) error {
		return errors.New("scopes: Routes: " + pattern + ": " + why)
	}
	method, rest := "WARDER", pattern // a method that no pattern names
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		method, rest = pattern[:i], strings.TrimLeft(pattern[i:], " \t")
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
	for _, path := range samples(path) {
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

// samples returns paths that match the path of a pattern. A pattern may leave
// some of its paths to more specific ones, but not all.
func samples(path string) []*url.URL {
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
		case strings.HasPrefix(s, "{"):
			segments[i] = made
		default:
			if plain, err := url.PathUnescape(s); err == nil {
				segments[i] = plain
			}
		}
	}
	var all []*url.URL
	for range 8 {
		u := new(url.URL)
		for _, s := range segments {
			u.Path += "/" + s
			u.RawPath += "/" + url.PathEscape(s)
		}
		all = append(all, u)
		if !open {
			break
		}
		// The next has one segment more, with and without a slash at its end.
		if last := len(segments) - 1; segments[last] == "" {
			segments[last] = made
		} else {
			segments = append(segments, "")
		}
	}
	return all
}
