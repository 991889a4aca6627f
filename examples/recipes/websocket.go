package recipes

import (
	"errors"
	"net/http"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// tokenPrefix marks the offered subprotocol that is the access token.
const tokenPrefix = "bearer."

// FromSubprotocol is a Source that takes the access token from a WebSocket
// handshake: from Sec-WebSocket-Protocol alone, as credentials in it must be
// seen however the rest of the handshake is spelled, and over HTTP/2 (RFC 8441)
// too. Pages cannot set Authorization there; they can offer subprotocols
// (RFC 6455 §1.9):
//
//	new WebSocket(url, ["notes.v1", "bearer." + accessToken])
//
// The handler must choose notes.v1 and never echo the token. A subprotocol is
// a token of RFC 9110 §5.6.2, which a JWT always is; opaque tokens with "/",
// "+" or "=" do not fit.
func FromSubprotocol(r *http.Request) (middleware.Credentials, error) {
	var found middleware.Credentials
	for _, field := range r.Header["Sec-Websocket-Protocol"] {
		for offer := range strings.SplitSeq(field, ",") {
			token, ok := strings.CutPrefix(strings.Trim(offer, " \t"), tokenPrefix)
			switch {
			case !ok:
			case found.Scheme != "":
				return middleware.Credentials{}, errTwoOffers
			default:
				found = middleware.Credentials{Scheme: "Bearer", Token: token}
			}
		}
	}
	return found, nil
}

var errTwoOffers = &middleware.Error{
	Code: middleware.InvalidRequest, Reason: middleware.ReasonMalformedRequest,
	Description: "The request carries more than one access token",
	Err:         errors.New("two access tokens among the subprotocols"),
}
