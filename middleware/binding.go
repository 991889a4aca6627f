package middleware

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// A Binding confirms that whoever sends a sender-constrained access token
// holds the key that the token is bound to: by a DPoP proof (RFC 9449) or by its
// certificate (RFC 8705), say. This version has none of its own.
//
// A guard refuses every token with a confirmation member that no Binding
// confirms. RFC 7800 §3.1 would let a server ignore members it does not know;
// that would turn a bound token into a bearer token, so the guard fails
// closed.
type Binding interface {
	// Member names the member of cnf that it confirms, such as "jkt". It
	// never changes.
	Member() string

	// Challenge says under which scheme tokens with that member arrive, and
	// what else the challenge of that scheme says, such as algs. It never
	// changes.
	Challenge() Challenge

	// Confirm reports whether the sender of r holds the key that t, which
	// came as token, is bound to. It is called only for a t with the member,
	// after t was verified. The fields it returns go into the response,
	// whether it confirms or not. Its error is judged as a Verifier's.
	// Called concurrently.
	Confirm(ctx context.Context, token string, r *http.Request, t *Token) (http.Header, error)
}

var (
	errUnconfirmed = &Error{
		Code: InvalidToken, Reason: ReasonUnconfirmedBinding,
		Description: "The access token is bound to a key in a way that is not accepted here",
		Err:         errors.New("cnf has a member that none of Bindings confirms, or no member"),
	}
	errUnbound = &Error{
		Code: InvalidToken, Reason: ReasonUnconfirmedBinding,
		Description: "The access token is not bound to a key",
		Err:         errors.New("the token is not bound to a key, which RequireBinding wants"),
	}
	errUnboundScheme = because(errUnbound, "the token is not bound to a key, and came under a scheme for tokens that are, such as DPoP")
	errWrongScheme   = &Error{
		Code: InvalidToken, Reason: ReasonUnconfirmedBinding,
		Description: "The access token must be sent under another scheme",
		Err:         errors.New("the token is bound to a key and came under another scheme than its Binding's, such as Bearer for DPoP"),
	}
)

// boundBy is a Binding with what it says of itself, asked once.
type boundBy struct {
	Binding
	member, scheme string
}

// confirm judges t's confirmation in the order of docs/conformance.md:
// members that nobody confirms, a bound token under the wrong scheme, an
// unbound one under a scheme for bound ones, then each binding.
func (g *Guard) confirm(c *guarded, token string, r *http.Request, t *Token) (http.Header, error) {
	used := c.credentialScheme()
	if t.Confirmation == nil {
		switch {
		case used != schemeBearer:
			return nil, errUnboundScheme // RFC 9449 §7.1
		case g.opts.RequireBinding:
			return nil, errUnbound
		}
		return nil, nil
	}
	known, inScheme, elsewhere := 0, used == schemeBearer, false
	for _, b := range g.bindings {
		if _, ok := t.Confirmation[b.member]; !ok {
			continue
		}
		known++
		switch b.scheme {
		case used:
			inScheme = true
		case schemeBearer: // such a token may arrive under any scheme
		default:
			elsewhere = true
		}
	}
	switch {
	case known == 0 || known < len(t.Confirmation):
		return nil, g.unconfirmed(t)
	case elsewhere:
		// A token for DPoP sent as Bearer is the downgrade that binding it
		// was to prevent (RFC 9449 §7.2).
		return nil, errWrongScheme
	case !inScheme:
		return nil, errUnboundScheme
	}
	var fields http.Header
	for _, b := range g.bindings {
		if _, ok := t.Confirmation[b.member]; !ok {
			continue
		}
		h, err := b.Confirm(c, token, r, t)
		fields = merged(fields, h)
		if err != nil {
			return fields, err
		}
	}
	return fields, nil
}

// unconfirmed is errUnconfirmed, which names the member where it is a registered one.
func (g *Guard) unconfirmed(t *Token) *Error {
	for _, known := range registered {
		_, ok := t.Confirmation[known.member]
		if ok && !slices.ContainsFunc(g.bindings, func(b boundBy) bool { return b.member == known.member }) {
			return known.refusal
		}
	}
	return errUnconfirmed
}

// registered are the members of cnf that issuers use.
var registered = [...]struct {
	member  string
	refusal *Error
}{
	{"jkt", because(errUnconfirmed, "cnf.jkt binds the token to a key (DPoP, RFC 9449), and none of Bindings confirms that")},
	{"x5t#S256", because(errUnconfirmed, "cnf.x5t#S256 binds the token to a certificate (RFC 8705), and none of Bindings confirms that")},
}
