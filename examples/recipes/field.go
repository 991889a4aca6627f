package recipes

import (
	"errors"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// FromField returns a Source that takes the access token, without a scheme,
// from the field of this name, such as one that a proxy in front fills.
//
// Shared caches know that answers to requests with Authorization are not for
// everybody (RFC 9111 §3.5). They do not know it of any other field: the
// answer has to say so.
func FromField(name string) middleware.Source {
	name = http.CanonicalHeaderKey(name)
	header := http.Header{"Vary": {name}, "Cache-Control": {"private"}}
	return func(r *http.Request) (middleware.Credentials, error) {
		switch fields := r.Header[name]; len(fields) {
		case 0:
			return middleware.Credentials{Header: header}, nil
		case 1:
			return middleware.Credentials{Scheme: "Bearer", Token: fields[0], Header: header}, nil
		}
		return middleware.Credentials{}, errTwoFields
	}
}

// errTwoFields refuses rather than chooses: whoever chooses between two tokens
// chooses wrongly (RFC 6750 §2).
var errTwoFields = &middleware.Error{
	Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
	Description: "The request carries more than one access token",
	Err:         errors.New("two access tokens in one field"),
}
