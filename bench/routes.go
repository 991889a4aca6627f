package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// A pair is the same request through a mux alone, which is the reference here,
// and through the policy in front of that mux.
type pair struct {
	name        string
	mux, policy http.Handler
	target      string
	modes       map[string]*operation
}

// routesGroup is the name of these pairs for -only.
const routesGroup = "routes"

// routePairs are requests for Public rows, so that no guard is in them: what is
// left is the policy itself.
func routePairs() ([]*pair, error) {
	mux, table := http.NewServeMux(), scopes.Routes{}
	for _, pattern := range []string{
		"GET /healthz", "GET /notes", "POST /notes", "GET /notes/{id}", "PUT /notes/{id}", "DELETE /notes/{id}",
		"GET /notes/{id}/tags/{tag}", "GET /files/{path...}", "/admin/",
	} {
		mux.Handle(pattern, handler)
		table[pattern] = scopes.Public()
	}
	policy, err := table.Handler(middleware.New(nobody, nil), mux)
	if err != nil {
		return nil, err
	}
	var all []*pair
	for _, p := range []pair{
		{name: "a literal path", target: "/healthz"},
		{name: "one wildcard", target: "/notes/42"},
		{name: "two wildcards", target: "/notes/42/tags/7"},
		{name: "the rest of a path", target: "/files/2026/notes.txt"},
		{name: "a tree", target: "/admin/users"},
	} {
		p.mux, p.policy, p.modes = mux, policy, map[string]*operation{}
		all = append(all, &p)
	}
	return all, nil
}

// nobody is a Verifier that Public rows never ask.
var nobody = middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
	return nil, middleware.InvalidToken
})

// planRoutes checks that mux and policy answer alike, and returns the pairs that
// match, with their operations.
func planRoutes(match *regexp.Regexp) (pairs []*pair, all []*operation, err error) {
	every, err := routePairs()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range every {
		req := request{target: p.target}
		for name, h := range map[string]http.Handler{"the mux": p.mux, "Routes": p.policy} {
			do, status := call(h, req)
			if do(); status() != http.StatusOK {
				return nil, nil, fmt.Errorf("bench: %s answers %s with %d", name, p.name, status())
			}
		}
		for _, mode := range modes {
			if !match.MatchString(routesGroup + "/" + p.name + "/" + mode) {
				continue
			}
			work := func(h http.Handler) []func() {
				return copies(mode, func() func() {
					do, _ := call(h, req)
					return do
				})
			}
			p.modes[mode] = &operation{work: work(p.policy), reference: &operation{work: work(p.mux)}}
			all = append(all, p.modes[mode])
		}
		if len(p.modes) > 0 {
			pairs = append(pairs, p)
		}
	}
	return pairs, all, nil
}

// mostOfRoutes is what Routes may cost, mux included, in that of the mux alone.
const mostOfRoutes = 3.0

// gateRoutes fails when Routes cost more than they may.
func gateRoutes(pairs []*pair) error {
	for _, p := range pairs {
		for mode, o := range p.modes {
			if cost := median(o.ratios); cost > mostOfRoutes {
				return fmt.Errorf("bench: %s costs %s times the mux alone (%s), more than %s", p.name, ratio(cost), mode, ratio(mostOfRoutes))
			}
		}
	}
	return nil
}

func printRoutes(w io.Writer, pairs []*pair) {
	if len(pairs) == 0 {
		return
	}
	fmt.Fprint(w, "**Routes against the bare mux**, Public rows. Unit: the same request through the mux alone\n\n")
	var t table
	t.add("", "mux alone, ns", "serial", "parallel", "allocations / bytes of the mux", "more by Routes")
	for _, p := range pairs {
		cells := []string{p.name, "", "", ""}
		for i, mode := range modes {
			o := p.modes[mode]
			if o == nil {
				continue
			}
			if cells[2+i] = ratio(median(o.ratios)); mode == "serial" {
				cells[1] = fmt.Sprintf("%.0f", median(o.reference.times)*1e9)
			}
		}
		alone, _ := call(p.mux, request{target: p.target})
		both, _ := call(p.policy, request{target: p.target})
		objects, bytes := allocations(alone)
		o, b := allocations(both)
		t.add(append(cells, fmt.Sprintf("%.0f / %.0f", objects, bytes), fmt.Sprintf("%.0f / %.0f", o-objects, b-bytes))...)
	}
	t.print(w)
}
