package scopes

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	case r.mistake != nil:
		return "nobody: a mistake in the hierarchy"
	case len(r.scopes) == 0:
		all = append(all, "any token")
	default:
		var scopes []string
		for _, granting := range r.granted {
			s := words(granting[:1], "")
			if len(granting) > 1 {
				s += " (or " + words(granting[1:], ", ") + ")"
			}
			scopes = append(scopes, s)
		}
		and := " and "
		if r.any {
			and = " or "
		}
		all = append(all, "scope "+strings.Join(scopes, and))
	}
	switch r.caller {
	case user:
		all = append(all, "of a user")
	case client:
		all = append(all, "of a client itself")
	}
	if r.acr != nil {
		all = append(all, "acr "+strings.Join(r.acr, " or "))
	}
	if r.maxAge > 0 {
		all = append(all, "signed in at most "+r.maxAge.String()+" ago")
	}
	for _, c := range r.claims {
		all = append(all, words([]string{c.name}, "")+" "+words(c.values, " or "))
	}
	for _, d := range r.details {
		s := "detail " + words([]string{d.Type}, "")
		if len(d.Actions) > 0 {
			s += " to " + words(d.Actions, " and ")
		}
		if d.Identifier != "" {
			s += " identifier " + words([]string{d.Identifier}, "")
		}
		if len(d.DataTypes) > 0 {
			s += " datatypes " + words(d.DataTypes, " and ")
		}
		if len(d.Privileges) > 0 {
			s += " privileges " + words(d.Privileges, " and ")
		}
		if len(d.Locations) > 0 {
			s += " at " + words(d.Locations, " or ")
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

// words joins texts that may hold anything. What could read like more than it is
// stands in quotes.
func words(texts []string, sep string) string {
	var all []string
	for _, t := range texts {
		if strings.ContainsFunc(t, func(c rune) bool { return c <= ' ' || c > '~' || c == ',' || c == '"' }) {
			t = strconv.Quote(t)
		}
		all = append(all, t)
	}
	return strings.Join(all, sep)
}
