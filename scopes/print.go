package scopes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// String returns the policy as a table, a row a line: what a log at start-up,
// or a file that a review compares, is to say.
func (rs Routes) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, pattern := range slices.Sorted(maps.Keys(rs)) {
		fmt.Fprintf(w, "%s\t%s\n", pattern, rs[pattern])
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

// String says in words what q asks for.
func (q Requirement) String() string {
	switch {
	case q.rule == nil:
		return "nobody"
	case q.rule.public:
		return "public"
	}
	r := q.rule
	var all []string
	switch {
	case len(r.scopes) == 0:
		all = append(all, "any token")
	case r.any:
		all = append(all, "scope "+strings.Join(r.scopes, " or "))
	default:
		all = append(all, "scope "+strings.Join(r.scopes, " and "))
	}
	switch r.caller {
	case user:
		all = append(all, "of a user")
	case client:
		all = append(all, "of a client itself")
	}
	for _, c := range r.claims {
		all = append(all, c.name+" "+strings.Join(c.values, " or "))
	}
	if r.stepUp.acr != nil {
		all = append(all, "acr "+strings.Join(r.stepUp.acr, " or "))
	}
	if r.stepUp.maxAge > 0 {
		all = append(all, "signed in at most "+r.stepUp.maxAge.String()+" ago")
	}
	for _, d := range r.details {
		s := "detail " + d.Type
		if len(d.Actions) > 0 {
			s += " to " + strings.Join(d.Actions, " and ")
		}
		if len(d.Locations) > 0 {
			s += " at " + strings.Join(d.Locations, " or ")
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}
