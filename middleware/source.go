package middleware

import (
	"errors"
	"net/http"
	"strings"
)

const (
	schemeBearer = "Bearer"

	// maxToken bounds the credentials that are looked at, in bytes. A longer
	// token is answered 400 (RFC 9110 §5.4).
	maxToken = 16 << 10
)

// Credentials are what a request offers as its access token.
type Credentials struct {
	Scheme string      // the authentication scheme, in any case, such as "Bearer"
	Token  string      // as received; the guard judges its syntax
	Header http.Header // fields for the response, such as Vary
}

// A Source looks for credentials in one place of a request. Credentials
// without a Scheme and a Token, or [ErrNoToken], mean that there are none;
// any other error refuses the request. Called concurrently.
//
// A Source must not guess: two values in its place are an error
// ([InvalidRequest]), because whoever chooses between them chooses wrongly.
//
// The request is the one that the handler's is made of: a Source that reads
// the body must put it back.
type Source func(*http.Request) (Credentials, error)

var errTwoPlaces = &Error{
	Code: InvalidRequest, Reason: ReasonMalformedRequest,
	Description: "The request carries more than one access token",
	Err:         errors.New("credentials in more than one place"),
}

// FromHeader takes the credentials from the Authorization field (RFC 6750
// §2.1). It is the default [Source]. Two Authorization fields are refused
// (RFC 9110 §5.3: the field is not a list).
func FromHeader(r *http.Request) (Credentials, error) {
	fields := r.Header["Authorization"]
	switch {
	case len(fields) == 0:
		return Credentials{}, nil
	case len(fields) > 1:
		return Credentials{}, errTwoPlaces
	}
	n := tokenPrefix(fields[0])
	rest := fields[0][n:]
	token := strings.TrimLeft(rest, " ")
	if len(token) == len(rest) {
		// One or more SP, not TAB and not nothing, separate the two (RFC 9110
		// §11.4). No token at all is what the guard refuses as bad syntax.
		token = ""
	}
	return Credentials{Scheme: fields[0][:n], Token: token}, nil
}

var errCSRF = &Error{Reason: ReasonCSRF, Err: errors.New("cross-origin request with cookie credentials")}

// FromCookie takes a Bearer token from the cookie with this name, for pages
// that call their own API. Browsers attach cookies to requests that other
// sites make, so csrf is required and judges every request with the cookie
// (RFC 6750 §5.3); one that fails is answered 403. Nil panics.
//
// Responses vary on Cookie. Two cookies with the name are refused.
func FromCookie(name string, csrf *http.CrossOriginProtection) Source {
	if csrf == nil {
		panic("middleware: FromCookie without protection against cross-site request forgery")
	}
	if !isToken(name) {
		panic("middleware: FromCookie: not a cookie name")
	}
	vary := http.Header{"Vary": {"Cookie"}}
	return func(r *http.Request) (Credentials, error) {
		cookies := r.CookiesNamed(name)
		switch {
		case len(cookies) == 0 || len(cookies) == 1 && cookies[0].Value == "":
			return Credentials{Header: vary}, nil
		case len(cookies) > 1:
			return Credentials{Header: vary}, errTwoPlaces
		}
		if csrf.Check(r) != nil {
			return Credentials{Header: vary}, errCSRF
		}
		return Credentials{Scheme: schemeBearer, Token: cookies[0].Value, Header: vary}, nil
	}
}
