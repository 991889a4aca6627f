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
	Header http.Header // fields for the response: Vary and Cache-Control add to what is there, others replace it
}

// A Source looks for credentials in one place of a request. Credentials
// without a Scheme and a Token, or [ErrNoToken], mean that there are none;
// any other error refuses the request. A Token without a Scheme is a fault of
// the Source, and answered 503. Called concurrently.
//
// A Source must not guess: two values in its place are an error
// ([InvalidRequest]), because whoever chooses between them chooses wrongly.
//
// The request is the one that the handler's is made of: a Source that reads
// the body must put it back. With [Options.Metadata], New asks each Source about
// a few made-up requests too, to learn what to say there of bearer tokens.
type Source func(*http.Request) (Credentials, error)

var errTwoPlaces = &Error{
	Code: InvalidRequest, Reason: ReasonMalformedRequest,
	Description: "The request carries more than one access token",
	Err:         errors.New("two of the Sources found credentials"),
}

var errTwoFields = because(errTwoPlaces, "two Authorization fields; a proxy in front may have added one")

// FromHeader takes the credentials from the Authorization field (RFC 6750
// §2.1). It is the default [Source]. Two Authorization fields are refused
// (RFC 9110 §5.3: the field is not a list), and so is one that does not begin
// with a scheme.
func FromHeader(r *http.Request) (Credentials, error) {
	fields := r.Header["Authorization"]
	switch {
	case len(fields) == 0:
		return Credentials{}, nil
	case len(fields) > 1:
		return Credentials{}, errTwoFields
	}
	n := tokenPrefix(fields[0])
	if n == 0 && fields[0] != "" {
		return Credentials{}, errNoPrefix
	}
	rest := fields[0][n:]
	token := strings.TrimLeft(rest, " ")
	if len(token) == len(rest) && !strings.Contains(rest, ",") {
		// One or more SP, not TAB and not nothing, separate the two (RFC 9110
		// §11.4). No token at all is what the guard refuses as bad syntax; so is
		// one with a comma, after which it looks for a second scheme.
		token = ""
	}
	return Credentials{Scheme: fields[0][:n], Token: token}, nil
}
