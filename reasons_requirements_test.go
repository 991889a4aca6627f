package warder_test

import (
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// requirementReasons are those for what a route needs.
func requirementReasons() []staged {
	needs := func(q scopes.Requirement, change claims) func(*scene) {
		return func(s *scene) {
			s.needs = q
			s.get(s.api(s.jwt(nil)), s.token(change))
		}
	}
	read := scopes.All("orders:read")
	return []staged{
		{middleware.ReasonInsufficientScope, "The token lacks a scope", "", needs(scopes.All("orders:read", "orders:write"), nil)},
		{middleware.ReasonInsufficientScope, "The token has none of the scopes that would do", "", needs(scopes.Any("orders:write", "orders:admin"), nil)},
		{middleware.ReasonInsufficientScope, "The token has no scopes, or has them in another claim", "", needs(read, claims{"scope": nil, "scp": made})},
		{middleware.ReasonInsufficientDetails, "No detail fits", "", needs(
			read.Detail(middleware.Detail{Type: "payment_initiation", Actions: []string{"initiate"}}),
			claims{"authorization_details": []claims{{"type": made}}})},

		{middleware.ReasonInsufficientAuthentication, "The issuer does not say how the user signed in", "", needs(read.ACR("urn:example:mfa"), nil)},
		{middleware.ReasonInsufficientAuthentication, "The user signed in too weakly", "", needs(read.ACR("urn:example:mfa"), claims{"acr": made})},
		{middleware.ReasonInsufficientAuthentication, "The user signed in too long ago", "", needs(read.MaxAge(5*time.Minute), claims{"auth_time": 1})},

		{middleware.ReasonWrongCaller, "A user without the role, or roles under another name", "", needs(read.Claim("roles", "orders-admin"), claims{"groups": []string{made}})},
		{middleware.ReasonWrongCaller, "A service at a route for users", "", needs(read.User(), claims{"sub": made + "-client"})},
		{middleware.ReasonWrongCaller, "A user at a route for services", "", needs(read.Client(), nil)},
		{middleware.ReasonWrongCaller, "A step-up, and nobody to sign in", "", needs(read.ACR("urn:example:mfa"), claims{"sub": made + "-client"})},

		{middleware.ReasonNoPolicy, "A route that nobody said anything about", "", needs(scopes.Requirement{}, nil)},
	}
}
