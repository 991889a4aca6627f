package scopes

import (
	"errors"
	"fmt"
	"slices"

	"github.com/warder-go/warder/middleware"
)

// insufficientDetails is a refusal that names no scope: the token has those, and no
// parameter of a challenge could say which detail is lacking.
func insufficientDetails(want middleware.Detail) *middleware.Error {
	return &middleware.Error{
		Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientDetails,
		Description: "The access token does not grant the authorization details that this operation needs",
		Err:         errors.New("scopes: no element of authorization_details has " + wanted(want)),
	}
}

// wanted spells out what a detail has to have, by the members of RFC 9396 §2.2.
func wanted(d middleware.Detail) string {
	text := fmt.Sprintf("the type %q", d.Type)
	for _, all := range []struct {
		name   string
		values []string
	}{{"actions", d.Actions}, {"datatypes", d.DataTypes}, {"privileges", d.Privileges}} {
		if len(all.values) > 0 {
			text += fmt.Sprintf(" and all of the %s %q", all.name, all.values)
		}
	}
	if d.Identifier != "" {
		text += fmt.Sprintf(" and the identifier %q", d.Identifier)
	}
	if len(d.Locations) == 0 {
		return text + " and no locations"
	}
	return text + fmt.Sprintf(" and no locations or one of %q", d.Locations)
}

// Detail returns q for tokens that grant what is wanted by their
// authorization_details (RFC 9396): see [middleware.Token.Details], by which a
// handler then judges what want cannot say, such as an amount. Types that no route
// asks for grant nothing. Detail twice asks for both. A want without a Type panics.
func (q Requirement) Detail(want middleware.Detail) Requirement {
	if want.Type == "" {
		panic("scopes: Detail without a Type")
	}
	want.Locations, want.Actions = slices.Clone(want.Locations), slices.Clone(want.Actions)
	want.DataTypes, want.Privileges = slices.Clone(want.DataTypes), slices.Clone(want.Privileges)
	return q.with(func(r *rule) { r.details = append(slices.Clip(r.details), want) })
}

// ungranted returns the first detail that t does not grant, or nil.
func (r *rule) ungranted(t *middleware.Token) *middleware.Detail {
	for i, want := range r.details {
		if len(t.Details(want)) == 0 {
			return &r.details[i]
		}
	}
	return nil
}
