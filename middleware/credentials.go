package middleware

import (
	"errors"
	"net/http"
)

var (
	errSyntax = &Error{
		Code: InvalidRequest, Reason: ReasonMalformedRequest,
		Description: "The credentials are not one token of the allowed characters",
		Err:         errors.New("the credentials are not a token68 (RFC 9110 §11.2)"),
	}
	errTooLong = &Error{
		Code: InvalidRequest, Reason: ReasonMalformedRequest,
		Description: "The access token is too long",
		Err:         errors.New("the token is longer than 16 KiB"),
	}
	errNilToken = errors.New("the verifier returned neither a token nor an error")
)

// credentials returns the one access token that r carries, and notes its
// scheme in c. The fields are for the response, whatever the outcome.
func (g *Guard) credentials(c *guarded, r *http.Request) (string, http.Header, *Error) {
	var fields http.Header
	token, found := "", false
	for _, source := range g.opts.Sources {
		cred, err := source(r)
		if cred.Header != nil {
			fields = merged(fields, cred.Header)
		}
		if err != nil {
			if errors.Is(err, ErrNoToken) {
				continue
			}
			return "", fields, g.everyScheme(outermost(err))
		}
		i := g.speaks(cred.Scheme)
		if i < 0 {
			continue // nothing here, or a scheme that is not ours (RFC 6750 §3.1)
		}
		if found {
			return "", fields, g.everyScheme(errTwoPlaces)
		}
		token, found, c.scheme = cred.Token, true, g.schemes[i]
	}
	switch {
	case !found:
		return "", fields, errNoToken
	case len(token) > maxToken:
		return "", fields, g.inScheme(c, errTooLong)
	case !isToken68(token):
		return "", fields, g.inScheme(c, errSyntax)
	}
	return token, fields, nil
}

// inScheme returns e with the error in the challenge of the scheme that the
// request used.
func (g *Guard) inScheme(c *guarded, e *Error) *Error {
	if e.Schemes != nil || e.Code == "" {
		return e
	}
	own := *e
	if i := g.speaks(c.scheme); i >= 0 {
		own.Schemes = g.schemes[i : i+1 : i+1]
	}
	return &own
}

// everyScheme returns e with the error in the challenge of every scheme, for
// requests of which no single scheme can be said (RFC 9449 §7.2).
func (g *Guard) everyScheme(e *Error) *Error {
	if e.Schemes != nil || e.Code == "" {
		return e
	}
	own := *e
	own.Schemes = g.schemes
	return &own
}

// refusal turns the error of a Verifier or a Binding into the refusal that
// it decides.
func (g *Guard) refusal(c *guarded, err error) *Error {
	e := outermost(err)
	if e.Code != "" {
		return g.inScheme(c, e)
	}
	if gone(c) {
		return &Error{Reason: ReasonCanceled, Err: c.Err()}
	}
	if e.status() != http.StatusServiceUnavailable {
		// Only a Source can say that there is no token, and only a route that
		// it has no policy. Here, that is a fault: fail closed.
		return &Error{Reason: ReasonVerifierFault, Err: err}
	}
	return e
}
