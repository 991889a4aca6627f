package jwks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// A signed introspection response (RFC 9701 §5) is what VerifyJWS is for.
func TestVerifyJWS(t *testing.T) {
	const typ = "token-introspection+jwt"
	payload := `{"iss":"` + issuer + `","token_introspection":{"active":true}}`
	signed := func(header string) string { return rs().sign("RS256", header, payload) }
	good := signed(`{"typ":"token-introspection+jwt","alg":"RS256","kid":"rs"}`)
	s := strings.Split(good, ".")
	notJSON := rs().sign("RS256", `{"typ":"x","alg":"RS256","kid":"rs"}`, "\x00\xff")
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })

	for _, row := range []struct {
		name, typ, compact string
		reason             middleware.Reason // empty: accepted
	}{
		{"as it should be", typ, good, ""},
		{"typ with application/", typ, signed(`{"typ":"application/token-introspection+jwt","alg":"RS256","kid":"rs"}`), ""},
		{"typ in capitals", typ, signed(`{"typ":"TOKEN-INTROSPECTION+JWT","alg":"RS256","kid":"rs"}`), ""},
		{"a payload that is no JSON is the caller's affair", "x", notJSON, ""},
		{"another typ", "statuslist+jwt", good, middleware.ReasonWrongType},
		{"an access token", typ, rs().token(nil), middleware.ReasonWrongType},
		{"no typ", typ, signed(`{"alg":"RS256","kid":"rs"}`), middleware.ReasonWrongType},
		{"none", typ, signed(`{"typ":"token-introspection+jwt","alg":"none","kid":"rs"}`), middleware.ReasonAlgorithmNotAllowed},
		{"crit", typ, signed(`{"typ":"token-introspection+jwt","alg":"RS256","kid":"rs","crit":["x"],"x":1}`), middleware.ReasonMalformedToken},
		{"an unknown key", typ, signed(`{"typ":"token-introspection+jwt","alg":"RS256","kid":"x"}`), middleware.ReasonUnknownKey},
		{"another payload", typ, s[0] + "." + b64("{}") + "." + s[2], middleware.ReasonBadSignature},
		{"four segments", typ, good + ".x", middleware.ReasonMalformedToken},
		{"R7515-03: a line break in the header", typ, "\n" + good, middleware.ReasonMalformedToken},
		{"R7515-03: a line break in the payload", typ, s[0] + "." + s[1][:9] + "\n" + s[1][9:] + "." + s[2], middleware.ReasonMalformedToken},
		{"R7515-03: a line break in the payload, signed so", typ, rs().signSegments("RS256", s[0], s[1][:9]+"\r\n"+s[1][9:]), middleware.ReasonMalformedToken},
		{"R7515-03: a line break behind the signature", typ, good + "\n", middleware.ReasonMalformedToken},
		{"R8725-07: JSON serialisation", typ, `{"payload":"` + s[1] + `","protected":"` + s[0] + `","signature":"` + s[2] + `"}`, middleware.ReasonMalformedToken},
		{"longer than is read", typ, rs().sign("RS256", `{"typ":"token-introspection+jwt","alg":"RS256","kid":"rs"}`, strings.Repeat("x", 72<<10)), middleware.ReasonMalformedToken},
		{"as long as a document of 64 KiB makes it", typ, rs().sign("RS256", `{"typ":"token-introspection+jwt","alg":"RS256","kid":"rs"}`, strings.Repeat("x", 64<<10)), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := v.VerifyJWS(t.Context(), row.typ, row.compact)
			if row.reason == "" {
				if err != nil || b64(got) != strings.Split(row.compact, ".")[1] {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			var refused *middleware.Error
			if got != nil || !errors.As(err, &refused) || refused.Code != middleware.InvalidToken || refused.Reason != row.reason {
				t.Errorf("%q, %v", got, err)
			}
		})
	}

	t.Run("without keys", func(t *testing.T) {
		down := newServer()
		down.serve(rfcURL, status(500))
		v := verifier(t, func(c *jwks.Config) { c.HTTPClient = down.client() })
		got, err := v.VerifyJWS(t.Context(), typ, good)
		var refused *middleware.Error
		if got != nil || !errors.As(err, &refused) || refused.Code != "" || refused.Reason != middleware.ReasonKeysUnavailable {
			t.Errorf("%q, %v", got, err)
		}
	})
}
