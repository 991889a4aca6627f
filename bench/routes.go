package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

const routesGroup = "routes" // a policy against the bare mux, for -only

// routes compares requests for Public rows through a policy with the same through
// its mux alone. No guard is in them: what is left is the policy itself.
func routes() ([]*comparison, error) {
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
	var all []*comparison
	for _, route := range []struct{ name, target string }{
		{"a literal path", "/healthz"},
		{"one wildcard", "/notes/42"},
		{"two wildcards", "/notes/42/tags/7"},
		{"the rest of a path", "/files/2026/notes.txt"},
		{"a tree", "/admin/users"},
	} {
		work := func(h http.Handler) worker {
			return func() func() {
				do, _ := call(h, request{target: route.target})
				return do
			}
		}
		for _, h := range []http.Handler{mux, policy} {
			do, status := call(h, request{target: route.target})
			if do(); status() != http.StatusOK {
				return nil, fmt.Errorf("bench: %s answers %d", route.target, status())
			}
		}
		for i, mode := range modes {
			all = append(all, &comparison{group: routesGroup, name: route.name + ", " + mode, work: work(policy), against: work(mux), workers: i + 1})
		}
	}
	return all, nil
}

// nobody is a Verifier that Public rows never ask.
var nobody = middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
	return nil, middleware.InvalidToken
})

func printRoutes(w io.Writer, all []*comparison) {
	printComparisons(w, all, routesGroup, "Routes against the bare mux, Public rows. Unit: the same request through the mux alone",
		[]string{"times", "allocations / bytes of the mux", "more by Routes"}, func(c *comparison) []string {
			objects, bytes := allocations(c.against())
			o, b := allocations(c.work())
			return []string{ratio(c.cost()), fmt.Sprintf("%.0f / %.0f", objects, bytes), fmt.Sprintf("%.0f / %.0f", o-objects, b-bytes)}
		})
}
