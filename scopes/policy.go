package scopes

import (
	"errors"
	"net/http"
	"strings"

	"github.com/warder-go/warder/middleware"
)

var errDisguised = &middleware.Error{
	Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
	Description: "The path has a dot segment or an empty one",
	Err:         errors.New("scopes: a path that the mux would not clean and a handler might"),
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

// decoded returns a handler that asks for more where it must: if the decoded path
// of r matches another row than pattern's, both must be met, since a handler may
// read the path that way.
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
