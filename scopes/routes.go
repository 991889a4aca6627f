package scopes

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// Routes is a policy as data: what each route of a [http.ServeMux] needs, by
// the pattern under which its handler is registered. A pattern without a row is
// refused: forgetting fails closed. Empty Routes are legal and refuse
// everything.
type Routes map[string]Requirement

// Handler returns a handler that asks mux which pattern a request matches, lets
// g judge the request and that pattern's row the token, and then lets mux serve
// it. No path is matched by anything but mux, so policy and mux cannot differ.
// It stands outside g, so that the answer to a request without a token already
// names the scope to ask for; do not put g around it once more.
//
// A [Public] row goes straight to mux, whatever token there is. A pattern without
// a row, and a row with the zero Requirement, refuse every token with 403. A
// request that matches no pattern is for g to admit before mux answers 404, 405 or
// a redirect. An anonymous request (AllowAnonymous) meets no other row than a
// Public one.
//
// Handlers read the path decoded, and some clean it. So a path with an encoded dot
// segment (%2e%2e), which mux would hand on as it is, is answered 400, and no
// Observer is told. Where an encoded slash (%2F) makes the decoded path that of
// another row, the token must meet both. CONNECT, whose paths no mux cleans, needs
// a row whose pattern says CONNECT.
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
