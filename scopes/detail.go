package scopes

import (
	"slices"

	"github.com/warder-go/warder/middleware"
)

// Detail is what one of a token's authorization_details must grant (RFC 9396
// §2.2). The zero value is none, and panics in [Requirement.Detail].
type Detail struct {
	Type    string   // required
	Actions []string // each must be among the detail's actions; default none

	// Locations are the identifiers of this API: a detail that names locations
	// counts only if one of these is among them. Default none: details that
	// name locations do not count.
	Locations []string
}

// Detail returns q for tokens of which one of the authorization_details is as
// want says (RFC 9396). Types compare exactly; one that the API does not ask for
// grants nothing. What a type has members of its own for, such as an amount, is
// for the handler to judge, by [middleware.Token.Details]. Detail twice asks for
// both. A want without a Type panics.
func (q Requirement) Detail(want Detail) Requirement {
	if want.Type == "" {
		panic("scopes: Detail without a Type")
	}
	want.Actions, want.Locations = slices.Clone(want.Actions), slices.Clone(want.Locations)
	return q.with(func(r *rule) {
		r.details = append(slices.Clip(r.details), want)
		// Which detail is lacking, no parameter of a challenge can say.
		r.uncovered = &middleware.Error{
			Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientDetails,
			Description: "The access token does not grant the authorization details that this operation needs",
			Scope:       r.least,
		}
	})
}

func (r *rule) detailed(t *middleware.Token) bool {
	for _, want := range r.details {
		if !slices.ContainsFunc(t.Details(want.Type, want.Locations...), want.grantedBy) {
			return false
		}
	}
	return true
}

func (want Detail) grantedBy(d middleware.Detail) bool {
	for _, a := range want.Actions {
		if !slices.Contains(d.Actions, a) {
			return false
		}
	}
	return true
}
