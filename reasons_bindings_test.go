package warder_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// refusing is a Binding for DPoP that refuses every proof in one way.
type refusing struct{ err error }

func (refusing) Member() string                  { return "jkt" }
func (refusing) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: "DPoP"} }

func (b refusing) Confirm(context.Context, string, *http.Request, *middleware.Token) (http.Header, error) {
	return nil, b.err
}

// bindingReasons are those for sender-constrained tokens. What judges proofs is a
// Binding: here one that returns what Binding says.
func bindingReasons() []staged {
	bound := claims{"cnf": claims{"jkt": made}}
	bearer := func(bindings []middleware.Binding) func(*scene) {
		return func(s *scene) {
			s.options.Bindings = bindings
			s.get(s.api(s.jwt(nil)), s.token(bound))
		}
	}
	presented := func(b refusing, change claims) func(*scene) {
		return func(s *scene) {
			s.options.Bindings = []middleware.Binding{b}
			token := s.token(change)
			s.sent = append(s.sent, token)
			s.request(s.Context(), s.api(s.jwt(nil)), "Authorization", "DPoP "+token, "DPoP", made)
		}
	}
	refused := func(code middleware.Code, reason middleware.Reason, why string) func(*scene) {
		return presented(refusing{&middleware.Error{
			Code: code, Reason: reason, Description: "The DPoP proof is not accepted", Err: errors.New(why),
		}}, bound)
	}
	unasked := refusing{errors.New("is not asked")}
	return []staged{
		{middleware.ReasonUnconfirmedBinding, "A token bound by DPoP, and no Binding for it", "", bearer(nil)},
		{middleware.ReasonUnconfirmedBinding, "A token bound by DPoP, sent as Bearer", "", bearer([]middleware.Binding{unasked})},
		{middleware.ReasonUnconfirmedBinding, "A token that is not bound, sent as DPoP", "", presented(unasked, nil)},

		{middleware.ReasonProofInvalid, "From a Binding; the text after the reason is its own", "",
			refused(middleware.InvalidDPoPProof, middleware.ReasonProofInvalid, "dpop: htu is not the URL of the request, with the origin https://api.example.com")},
		{middleware.ReasonProofReplayed, "From a Binding; the text after the reason is its own", "",
			refused(middleware.InvalidDPoPProof, middleware.ReasonProofReplayed, "dpop: jti was used before")},
		{middleware.ReasonProofQuota, "From a Binding; the text after the reason is its own", "",
			refused(middleware.InvalidDPoPProof, middleware.ReasonProofQuota, "dpop: the key has 1000 proofs in the store, as many as one key may have")},
		{middleware.ReasonNonceRequired, "From a Binding; the text after the reason is its own", "",
			refused(middleware.UseDPoPNonce, middleware.ReasonNonceRequired, "dpop: nonce is missing")},
	}
}
