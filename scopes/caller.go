package scopes

import (
	"errors"
	"fmt"
	"slices"

	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// caller is whose token it has to be.
type caller int

const (
	anybody caller = iota
	user
	client
)

// claim asks for one of values in the claim called name.
type claim struct {
	name   string
	values []string
}

// wrongCaller is a refusal without a Code, so the challenge has no error: a client that
// took it for a lack of scope would ask for tokens in a loop.
func wrongCaller(why string) *middleware.Error {
	return &middleware.Error{Reason: middleware.ReasonWrongCaller, Err: errors.New("scopes: " + why)}
}

// The refusals of a token for whose it is.
var (
	errNoClient   = wrongCaller("the token does not say which client it is for, so nobody can tell a user's from a client's own; ClientClaim names the claim that does")
	errNoSubject  = wrongCaller("the token has no sub, so it is no user's")
	errIsClient   = wrongCaller("sub is the client itself, and a user's token is needed")
	errIsUser     = wrongCaller("sub is not the client, and a client's own token is needed")
	errNobodyHere = wrongCaller("a step-up is needed, and the token is no user's: nobody is there to sign in")
)

// refuses says why c is not whose token t is.
func (c caller) refuses(t *middleware.Token) *middleware.Error {
	switch {
	case t.ClientID == "":
		return errNoClient
	case t.Subject == "":
		return errNoSubject
	case c == user:
		return errIsClient
	}
	return errIsUser
}

// lacksClaim is a refusal that names no scope: those that the route needs, the token has.
func lacksClaim(c claim) *middleware.Error {
	return &middleware.Error{
		Code: middleware.InsufficientScope, Reason: middleware.ReasonWrongCaller,
		Description: "The access token does not grant the group, role or entitlement that this operation needs",
		Err:         fmt.Errorf("scopes: the claim %q is missing, or holds none of %q", c.name, c.values),
	}
}

// User returns q for users' tokens alone: those of clients that act for
// themselves are refused (RFC 9700 §4.15). A token counts as a user's if it
// names a subject and a client that differ, so one without client_id does not.
//
// That is how RFC 9068 tells them apart. Issuers that give a client an account of
// its own, whose ID is then the subject, do it by a claim: add [Requirement.Claim]
// for that. docs/providers.md names it for each.
// User after Client panics.
func (q Requirement) User() Requirement { return q.of(user) }

// Client returns q for the tokens alone of clients that act for themselves, as
// after the client credentials grant: see [middleware.Token.SubjectIsClient].
// Client after User panics.
func (q Requirement) Client() Requirement { return q.of(client) }

func (q Requirement) of(c caller) Requirement {
	return q.with(func(r *rule) {
		if r.caller != anybody && r.caller != c {
			panic("scopes: no token is a user's and a client's own")
		}
		r.caller = c
	})
}

func (c caller) is(t *middleware.Token) bool {
	switch c {
	case user:
		return t.ClientID != "" && t.Subject != "" && t.Subject != t.ClientID
	case client:
		return t.SubjectIsClient()
	}
	return true
}

// Claim returns q for tokens whose claim of this name holds one of these
// values: groups, roles or entitlements (RFC 9068 §2.2.3.1), or another claim of
// the token's, not one within a claim. The claim is a string, an array of strings, or an array of
// objects with a member value (RFC 7643 §4.1.2). Values are compared whole and
// case-sensitively. Claim twice asks for both. No name and no value panic.
func (q Requirement) Claim(name string, values ...string) Requirement {
	if name == "" || len(values) == 0 || slices.Contains(values, "") {
		panic("scopes: Claim without a name or a value")
	}
	return q.with(func(r *rule) {
		r.claims = append(slices.Clip(r.claims), claim{name, slices.Clone(values)})
	})
}

// unclaimed returns the first claim that t lacks, or nil.
func (r *rule) unclaimed(t *middleware.Token) *claim {
	if len(r.claims) == 0 {
		return nil
	}
	said, err := strictjson.Parse(string(t.Raw))
	if err != nil {
		return &r.claims[0] // fail closed
	}
	for i, c := range r.claims {
		value, _ := said.Get(c.name)
		if !slices.ContainsFunc(texts(value), func(s string) bool { return slices.Contains(c.values, s) }) {
			return &r.claims[i]
		}
	}
	return nil
}

// texts returns the strings that v holds in one of the forms that Claim knows.
// What else an array holds is none.
func texts(v strictjson.Value) []string {
	if s, ok := v.Text(); ok {
		return []string{s}
	}
	elements, err := v.Elements(strictjson.NoLimit)
	if err != nil {
		return nil
	}
	var all []string
	for _, e := range elements {
		if o, err := e.Object(); err == nil {
			e, _ = o.Get("value")
		}
		if s, ok := e.Text(); ok {
			all = append(all, s)
		}
	}
	return all
}
