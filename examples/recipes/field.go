package recipes

import (
	"errors"
	"net/http"

	warder "github.com/warder-go/warder/middleware"
)

// FromField returns a Source that takes the access token, without a scheme,
// from the field of this name, such as one that a proxy in front fills.
//
// Shared caches know that answers to requests with Authorization are not for
// everybody (RFC 9111 §3.5). They do not know it of any other field: the
// answer has to say so.
func FromField(name string) warder.Source {
	name = http.CanonicalHeaderKey(name)
	header := http.Header{"Vary": {name}, "Cache-Control": {"private"}}
	return func(r *http.Request) (warder.Credentials, error) {
		switch fields := r.Header[name]; len(fields) {
		case 0:
			return warder.Credentials{Header: header}, nil
		case 1:
			return warder.Credentials{Scheme: "Bearer", Token: fields[0], Header: header}, nil
		}
		return warder.Credentials{}, errTwoTokens
	}
}

// errTwoTokens refuses rather than chooses: whoever chooses between two tokens
// chooses wrongly (RFC 6750 §2).
var errTwoTokens = &warder.Error{
	Code: warder.InvalidRequest, Reason: warder.ReasonMalformedRequest,
	Description: "The request carries more than one access token",
	Err:         errors.New("two access tokens in one place"),
}
