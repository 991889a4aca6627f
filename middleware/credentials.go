package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var (
	errSyntax = &Error{
		Code: InvalidRequest, Reason: ReasonMalformedRequest,
		Description: "The credentials are not one token of the allowed characters",
		Err:         errors.New("what follows the scheme is not one token of letters, digits and -._~+/ (token68, RFC 9110 §11.2)"),
	}
	errNothing  = because(errSyntax, "a scheme, and no token after it and a space (RFC 9110 §11.4)")
	errNoPrefix = because(errSyntax, "the Authorization field does not begin with a scheme, such as Bearer")
	errFolded   = because(errTwoPlaces, "one Authorization field holds credentials of two schemes, as if a proxy had joined two fields")
	errTooLong  = &Error{
		Code: InvalidRequest, Reason: ReasonMalformedRequest,
		Description: "The access token is too long",
		Err:         errors.New("the token is longer than the 16 KiB that are read"),
	}
	errNoScheme = &Error{Reason: ReasonVerifierFault, Err: errors.New("a Source returned a Token without a Scheme")}
	errNilToken = &Error{Reason: ReasonVerifierFault, Err: errors.New("the Verifier returned neither a Token nor an error")}
	errNoSource = errors.New("ErrNoToken from a Verifier or a Binding; only a Source may return it")
)

// because is e for another cause, which the client is not told.
func because(e *Error, why string) *Error {
	own := *e
	own.Err = errors.New(why)
	return &own
}

// credentials returns the one access token that r carries, and the index of its
// scheme among those that g speaks, negative if there is none. The fields are for
// the response, whatever the outcome.
func (g *Guard) credentials(r *http.Request) (token string, scheme int, fields http.Header, e *Error) {
	scheme = -1
	others := false // there are credentials under schemes that are not ours
	for _, source := range g.opts.Sources {
		cred, err := source(r)
		if cred.Header != nil {
			fields = merged(fields, cred.Header)
		}
		if err != nil {
			if outermost(err).Code == "" && errors.Is(err, ErrNoToken) {
				continue
			}
			return "", -1, fields, g.everyScheme(withoutNoToken(verdict(r.Context(), err)))
		}
		if cred.Scheme == "" && cred.Token != "" {
			return "", -1, fields, errNoScheme // never anonymous: there are credentials
		}
		i := g.speaks(cred.Scheme)
		if i < 0 && g.folded(cred.Token) {
			return "", -1, fields, g.everyScheme(errFolded)
		}
		if i < 0 {
			others = others || cred.Scheme != ""
			continue // nothing here, or a scheme that is not ours (RFC 6750 §3.1)
		}
		if scheme >= 0 {
			return "", -1, fields, g.everyScheme(errTwoPlaces)
		}
		token, scheme = cred.Token, i
	}
	switch {
	case scheme < 0 && others:
		return "", -1, fields, g.otherScheme
	case scheme < 0:
		return "", -1, fields, errNoToken
	case len(token) > maxToken:
		e = errTooLong
	case token == "":
		e = errNothing
	case !isToken68(token):
		e = errSyntax
	default:
		return token, scheme, fields, nil
	}
	return "", -1, fields, inSchemes(e, g.schemes[scheme:scheme+1])
}

// folded reports whether s, which follows a scheme that g does not speak, goes
// on with one that it speaks: two fields that an intermediary made one of (RFC
// 9110 §5.3).
func (g *Guard) folded(s string) bool {
	for {
		_, after, found := strings.Cut(s, ",")
		if !found {
			return false
		}
		s = strings.TrimLeft(after, " \t")
		n := tokenPrefix(s)
		if n < len(s) && (s[n] == ' ' || s[n] == '\t') && g.speaks(s[:n]) >= 0 {
			return true
		}
	}
}

// only returns the list of just this scheme as g spells it, or nil if g does
// not speak it.
func (g *Guard) only(scheme string) []string {
	i := g.speaks(scheme)
	if i < 0 {
		return nil
	}
	return g.schemes[i : i+1 : i+1]
}

// everyScheme returns e with the error in the challenge of every scheme, for
// requests of which no single scheme can be said (RFC 9449 §7.2).
func (g *Guard) everyScheme(e *Error) *Error {
	return inSchemes(e, g.schemes)
}

func inSchemes(e *Error, schemes []string) *Error {
	if e.Schemes != nil || e.Code == "" || schemes == nil {
		return e
	}
	own := *e                           // errors are shared
	own.Schemes = slices.Clone(schemes) // the caller of Authenticate gets it
	return &own
}

// withFields returns e with these response fields too: the nonce that a
// binding hands over with its refusal must reach the client (RFC 9449 §9).
func withFields(e *Error, fields http.Header) *Error {
	if len(fields) == 0 {
		return e
	}
	own := *e
	own.Header = merged(fields, e.Header)
	return &own
}

// refusal turns the error of a Verifier or a Binding into the refusal that it
// decides.
func refusal(c *guarded, err error) *Error {
	e := withoutNoToken(verdict(c, err))
	if e.Code != "" || e.status() == http.StatusServiceUnavailable {
		return e
	}
	// Only a Source can say that there is no token, and only a route that it
	// has no policy. Here, that is a fault: fail closed.
	return &Error{Reason: ReasonVerifierFault, Err: e}
}

// verdict is what err decides, unless it decides nothing as the client of ctx
// is gone.
func verdict(ctx context.Context, err error) *Error {
	e := outermost(err)
	if e.status() == http.StatusServiceUnavailable && gone(ctx) {
		return canceled(ctx)
	}
	return e
}

// canceled says that nothing was decided as the client of ctx is gone.
func canceled(ctx context.Context) *Error {
	return &Error{Reason: ReasonCanceled, Err: fmt.Errorf("the client went away before the decision: %w", ctx.Err())}
}

// withoutNoToken returns e without ErrNoToken among its causes: callers of
// Authenticate let through what is ErrNoToken, and e refuses credentials.
func withoutNoToken(e *Error) *Error {
	if !errors.Is(e, ErrNoToken) {
		return e
	}
	own := *e
	own.Err = errNoSource
	return &own
}
