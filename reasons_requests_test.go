package warder_test

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// requestReasons are those for which a token is not even looked at, and ok.
func requestReasons() []staged {
	with := func(fields ...string) func(*scene) {
		return func(s *scene) { s.request(s.Context(), s.api(s.jwt(nil)), fields...) }
	}
	return []staged{
		{middleware.ReasonOK, "A good request, at level Debug, which also fetched the keys", "", func(s *scene) {
			s.level = slog.LevelDebug
			s.get(s.api(s.jwt(nil)), s.token(nil))
		}},
		{middleware.ReasonOK, "A key of the issuer cannot be used; the others can", middleware.OpFetch, func(s *scene) {
			document := s.keySet(`{"kty":"RSA","kid":"for-encryption","use":"enc"}`)
			s.answers(http.StatusOK, "application/json", document)
			s.get(s.api(s.jwt(s.fromKeys)), s.token(nil))
		}},

		{middleware.ReasonNoToken, "No `Authorization` field", "", with()},
		{middleware.ReasonNoToken, "Credentials under another scheme, such as Basic", "", with("Authorization", "Basic bWFya2VyOm1hcmtlcg==")},
		{middleware.ReasonNoToken, "`AllowAnonymous` is on, and the route needs a scope all the same", "", func(s *scene) {
			s.options.AllowAnonymous = true
			s.request(s.Context(), s.api(s.jwt(nil)))
		}},

		{middleware.ReasonMalformedRequest, "The token stands in quotes", "", with("Authorization", `Bearer "`+made+`"`)},
		{middleware.ReasonMalformedRequest, "The token stands without `Bearer`", "", with("Authorization", `"`+made+`"`)},
		{middleware.ReasonMalformedRequest, "Two `Authorization` fields", "", with("Authorization", "Bearer "+made, "Authorization", "Basic bWFya2VyOm1hcmtlcg==")},
		{middleware.ReasonMalformedRequest, "A token without end", "", with("Authorization", "Bearer "+strings.Repeat(made, 3000))},

		{middleware.ReasonInsecureTransport, "Plaintext where `RequireTLS` is on", "", func(s *scene) {
			s.options.RequireTLS = true
			s.from = "192.0.2.7:4711" // not this machine
			s.request(s.Context(), s.api(s.jwt(nil)), "Authorization", "Bearer "+made)
		}},
		{middleware.ReasonCSRF, "A page of another site sends the cookie", "", func(s *scene) {
			s.options.Sources = []middleware.Source{middleware.FromCookie("session", http.NewCrossOriginProtection())}
			s.request(s.Context(), s.api(s.jwt(nil)), "Cookie", "session="+made, "Sec-Fetch-Site", "cross-site", "Upgrade", "websocket")
		}},
	}
}
