package middleware

import (
	"encoding/json"
	"slices"

	"github.com/warder-go/warder/internal/strictjson"
)

// Detail is one element of the claim authorization_details (RFC 9396 §2): one
// thing that the client may do, or, as an argument, what it must be allowed to do.
// The fields are the members that all types share (§2.2); the others, such as an
// amount, are in Raw.
type Detail struct {
	Type       string   // type
	Locations  []string // locations: where it counts; nil: wherever the token does
	Actions    []string // actions
	DataTypes  []string // datatypes
	Identifier string   // identifier
	Privileges []string // privileges

	// Raw is the whole element as received: one JSON object.
	Raw json.RawMessage
}

// Details returns what the token grants of what is wanted (RFC 9396): the details
// of its Type that have each of its Actions, DataTypes and Privileges, and its
// Identifier if it has one. Of want's Locations, the identifiers of this API, one
// must be among those that a detail names; a detail that names none counts, and
// without Locations in want, one that names some does not. What want leaves out is
// not judged; without a Type, nothing is granted. A detail whose members have
// types other than those of RFC 9396 §2.2 is left out: what cannot be understood
// grants nothing.
func (t *Token) Details(want Detail) []Detail {
	claims, err := t.object()
	if err != nil || want.Type == "" {
		return nil // fail closed
	}
	value, _ := claims.Get("authorization_details")
	elements, err := value.Elements(strictjson.NoLimit)
	if err != nil {
		return nil
	}
	var granted []Detail
	for _, element := range elements {
		if d, ok := readDetail(element); ok && d.grants(want) {
			granted = append(granted, d)
		}
	}
	return granted
}

// Decode decodes all members of d into v, as [Token.Claims] does with claims:
// names match exactly. The error quotes no value.
func (d Detail) Decode(v any) error { return decode(d.Raw, v) }

func (d Detail) grants(want Detail) bool {
	lacks := func(all []string) func(string) bool {
		return func(s string) bool { return !slices.Contains(all, s) }
	}
	switch {
	case d.Type != want.Type, want.Identifier != "" && d.Identifier != want.Identifier:
		return false
	case slices.ContainsFunc(want.Actions, lacks(d.Actions)),
		slices.ContainsFunc(want.DataTypes, lacks(d.DataTypes)),
		slices.ContainsFunc(want.Privileges, lacks(d.Privileges)):
		return false
	}
	return d.Locations == nil || slices.ContainsFunc(want.Locations, func(l string) bool { return slices.Contains(d.Locations, l) })
}

func readDetail(v strictjson.Value) (d Detail, ok bool) {
	members, err := v.Object()
	if err != nil {
		return d, false
	}
	d.Raw = json.RawMessage(v)
	for _, m := range members {
		ok := true
		switch m.Name {
		case "type":
			d.Type, ok = m.Value.Text()
		case "identifier":
			d.Identifier, ok = m.Value.Text()
		case "locations":
			d.Locations, ok = texts(m.Value)
		case "actions":
			d.Actions, ok = texts(m.Value)
		case "datatypes":
			d.DataTypes, ok = texts(m.Value)
		case "privileges":
			d.Privileges, ok = texts(m.Value)
		}
		if !ok {
			return Detail{}, false
		}
	}
	return d, d.Type != ""
}

// texts is v's strings, not nil even if there are none: an empty list of
// locations is not the same as no list.
func texts(v strictjson.Value) ([]string, bool) {
	list, ok := v.Texts()
	if ok && list == nil {
		list = []string{}
	}
	return slices.Clip(list), ok
}
