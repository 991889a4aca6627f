package warder_test

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// answersOf puts an issuer in place that says this of every token.
func (s *scene) answersOf(answer string) { s.answers(http.StatusOK, "application/json", answer) }

// introspectionReasons are those of opaque tokens.
func introspectionReasons() []staged {
	const opaque = made + "-opaque-token"
	asked := func(configure func(*introspect.Config), weather func(*scene)) func(*scene) {
		return func(s *scene) {
			weather(s)
			s.get(s.api(s.opaque(configure)), opaque)
		}
	}
	status := func(code int, body string) func(*scene) {
		return func(s *scene) { s.answers(code, "application/json", body) }
	}
	says := func(answer string) func(*scene) { return func(s *scene) { s.answersOf(answer) } }
	return []staged{
		{middleware.ReasonInactive, "A revoked token", "", func(s *scene) {
			token := s.iss.Opaque(claims{"aud": audience})
			s.iss.Revoke(token)
			s.get(s.api(s.opaque(nil)), token)
		}},

		{middleware.ReasonIntrospectionUnavailable, "The issuer is down: the call, and the request that waited for it", "", asked(nil, status(http.StatusServiceUnavailable, made))},
		{middleware.ReasonIntrospectionUnavailable, "The issuer answers 404 to unknown tokens, or the endpoint is wrong", middleware.OpIntrospect, asked(nil, status(http.StatusNotFound, made))},
		{middleware.ReasonIntrospectionUnavailable, "The answer is signed", middleware.OpIntrospect, asked(nil, func(s *scene) {
			s.answers(http.StatusOK, "application/token-introspection+jwt", made)
		})},
		{middleware.ReasonIntrospectionUnavailable, "Scopes in an array", middleware.OpIntrospect, asked(nil, says(`{"active":true,"aud":"`+audience+`","scope":["marker"]}`))},
		{middleware.ReasonIntrospectionUnavailable, "The signed answer is for another name than one of `Audience`", middleware.OpIntrospect, func(s *scene) {
			token := s.iss.Opaque(claims{"aud": audience})
			s.get(s.api(s.opaque(func(c *introspect.Config) { c.SignedBy = s.jwt(nil) })), token)
		}},

		{middleware.ReasonIssuerRefusedUs, "The client secret is wrong: the call, and the request that waited for it", "", asked(func(c *introspect.Config) {
			c.Authenticate = introspect.Basic("orders-api", made)
		}, func(*scene) {})},
		{middleware.ReasonIssuerRefusedUs, "401 without `invalid_client`", middleware.OpIntrospect, asked(nil, status(http.StatusUnauthorized, made))},
		{middleware.ReasonIssuerRefusedUs, "403, by the issuer or a firewall in front of it", middleware.OpIntrospect, asked(nil, status(http.StatusForbidden, made))},

		{middleware.ReasonBreakerOpen, "After five calls that failed", middleware.OpAuthenticate, func(s *scene) {
			s.fails(issuertest.EndpointIntrospection, issuertest.Status(http.StatusBadGateway))
			url, n := s.api(s.opaque(nil)), 0
			s.until("breaker_open", func() { n++; s.get(url, fmt.Sprintf("%s-%d", opaque, n)) })
		}},
		{middleware.ReasonTooManyCalls, "A second call where `MaxConcurrent` is 1", middleware.OpAuthenticate, func(s *scene) {
			entered := s.hangs()
			url := s.api(s.opaque(func(c *introspect.Config) { c.MaxConcurrent = 1 }))
			s.behind(url, opaque+"-1")
			<-entered
			s.get(url, opaque+"-2")
		}},
	}
}
