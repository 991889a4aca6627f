package warder_test

import (
	"strings"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// tokenReasons are those for what a token is and what it says.
func tokenReasons() []staged {
	lenient := func(c *jwks.Config) { c.PreRFC9068 = true }
	byClient := func(c *jwks.Config) { c.AudienceClaim, c.Audience = "client_id", []string{"orders-web"} }
	text := func(token string) func(*scene) {
		return func(s *scene) { s.get(s.api(s.jwt(nil)), token) }
	}
	return []staged{
		{middleware.ReasonMalformedToken, "An opaque token where a JWT is expected", "", text(made + "-opaque-token")},
		{middleware.ReasonMalformedToken, "An encrypted token", "", text("eyJhbGciOiJkaXIifQ..bWFya2Vy.bWFya2Vy.bWFya2Vy")},
		{middleware.ReasonMalformedToken, "A claim that is there twice", "", func(s *scene) {
			s.get(s.api(s.jwt(nil)), s.iss.SignRaw("RS256", `{"typ":"at+jwt","alg":"RS256"}`, `{"iss":"`+login+`","sub":"marker","sub":"marker"}`))
		}},
		{middleware.ReasonMalformedToken, "An opaque token that is too long to ask about", "", func(s *scene) {
			s.get(s.api(s.opaque(nil)), strings.Repeat(made, 1000))
		}},

		{middleware.ReasonWrongType, "A JWT that is not called an access token", "", signed(nil, claims{"typ": "JWT"}, nil)},
		{middleware.ReasonWrongType, "`PreRFC9068` is on, and the token looks like an ID token", "", signed(lenient, claims{"typ": "JWT"}, claims{"nonce": made, "scope": nil})},
		{middleware.ReasonWrongType, "`PreRFC9068` is on, and the token calls itself an ID token", "", signed(lenient, claims{"typ": "JWT"}, claims{"typ": "ID"})},
		{middleware.ReasonWrongType, "`PreRFC9068` is on, and the API goes by the name of the client", "", signed(func(c *jwks.Config) {
			c.PreRFC9068, c.Audience = true, []string{"orders-web"}
		}, claims{"typ": "JWT"}, claims{"aud": "orders-web", "client_id": "orders-web"})},
		{middleware.ReasonWrongType, "`RequireTokenType` is on, and the answer has no `token_type`", middleware.OpAuthenticate, func(s *scene) {
			s.answersOf(`{"active":true,"aud":"` + audience + `","sub":"marker","scope":"orders:read"}`)
			s.get(s.api(s.opaque(func(c *introspect.Config) { c.RequireTokenType = true })), made+"-opaque-token")
		}},

		{middleware.ReasonAlgorithmNotAllowed, "An algorithm that is not in `Algorithms`", "", signed(nil, claims{"alg": "HS256"}, nil)},
		{middleware.ReasonAlgorithmNotAllowed, "An algorithm that is not the one of the key", "", signed(nil, claims{"alg": "PS256"}, nil)},

		{middleware.ReasonUnknownIssuer, "A token of another environment", "", of(nil, claims{"iss": "https://" + made + ".example.com"})},
		{middleware.ReasonUnknownIssuer, "The same, behind `ByIssuer`", "", func(s *scene) {
			v := middleware.ByIssuer(map[string]middleware.Verifier{login: s.jwt(nil)})
			s.get(s.api(v), s.token(claims{"iss": login + "/"}))
		}},
		{middleware.ReasonWrongAudience, "A token for another API", "", of(nil, claims{"aud": "https://" + made + ".example.com"})},
		{middleware.ReasonWrongAudience, "The same, with an `AudienceClaim`", "", of(byClient, nil)},
		{middleware.ReasonExpired, "A token of yesterday", "", of(nil, claims{"exp": 1})},
		{middleware.ReasonNotYetValid, "A token of tomorrow", "", of(nil, claims{"nbf": 250000000000})},
		{middleware.ReasonTooOld, "A token that lives longer than `MaxTokenAge`", "", of(func(c *jwks.Config) { c.MaxTokenAge = 10 * time.Minute }, claims{"iat": 1})},

		{middleware.ReasonMissingClaim, "An issuer that does not follow RFC 9068", "", of(nil, claims{"jti": nil})},
		{middleware.ReasonMissingClaim, "An issuer that names the client in another claim", "", of(nil, claims{"client_id": nil, "azp": made + "-client"})},
		{middleware.ReasonMissingClaim, "A token without audience", "", of(lenient, claims{"aud": nil})},
		{middleware.ReasonMissingClaim, "An answer without audience", middleware.OpAuthenticate, func(s *scene) {
			s.answersOf(`{"active":true,"sub":"marker","scope":"orders:read"}`)
			s.get(s.api(s.opaque(nil)), made+"-opaque-token")
		}},

		{middleware.ReasonInvalidClaim, "Scopes in an array", "", of(nil, claims{"scope": []string{made}})},
		{middleware.ReasonInvalidClaim, "A date as text", "", of(nil, claims{"exp": made})},
		{middleware.ReasonInvalidClaim, "A date in milliseconds", "", of(nil, claims{"iat": 1767225600000})},
		{middleware.ReasonInvalidClaim, "A claim that is null", "", func(s *scene) {
			s.get(s.api(s.jwt(nil)), s.iss.SignRaw("RS256", `{"typ":"at+jwt","alg":"RS256"}`, `{"iss":"`+login+`","auth_time":null}`))
		}},
	}
}
