// Package issuertest is a reference OAuth 2.0 authorization server that runs
// inside a test, after the model of net/http/httptest.
//
// It is a tool for testing resource servers and for learning the protocol. It
// is not for production, on whatever address it listens: secrets are fixed or
// chosen by the test, keys are reused within the process, nothing is stored, and
// [Issuer.Sign] makes any attack token that is asked for.
//
// # Quick start
//
//	iss := issuertest.NewIssuer()
//	defer iss.Close()
//
//	good := iss.Token(nil)                                          // accepted
//	expired := iss.Token(map[string]any{"exp": 1})                  // one claim changed
//	noAudience := iss.Token(map[string]any{"aud": nil})             // one claim removed
//	idToken := iss.Sign(map[string]any{"typ": "JWT"}, nil)          // the header changed
//	unsigned := iss.Sign(map[string]any{"alg": "none"}, nil)        // no signature
//	opaque := iss.Opaque(nil)                                       // has to be introspected
//
// Point the verifier under test at iss.URL, with [Audience] as its audience and
// iss.Client() as its HTTP client. Through the real endpoints, as in production:
//
//	tokens, err := iss.Authorize(ctx, issuertest.ClientID, url.Values{"scope": {"openid read"}})
//
// # What it serves
//
//   - /authorize: the authorization code grant (RFC 6749 §4.1) with PKCE by S256
//     (RFC 7636), iss in the answer (RFC 9207), resource indicators (RFC 8707),
//     prompt, max_age and acr_values (OpenID Connect Core §3.1.2.1, RFC 9470)
//   - /token: codes, client credentials (§4.4), refresh tokens (§6), which work
//     once and take their family along when used again, and device codes. The
//     implicit and the password grant are refused (RFC 9700 §2.1.2, §2.4)
//   - /device_authorization and, for the person, /device (RFC 8628)
//   - /introspect (RFC 7662), with signed answers (RFC 9701) on demand
//   - /revoke (RFC 7009)
//   - /userinfo, for access tokens of any audience with the scope openid, and ID
//     tokens (OpenID Connect Core)
//   - /jwks (RFC 7517), /.well-known/oauth-authorization-server (RFC 8414) and
//     /.well-known/openid-configuration
//
// Clients authenticate with client_secret_basic, client_secret_post or
// private_key_jwt (RFC 7523); public ones name themselves. Ten wrong secrets of a
// client, and ten wrong user codes, are answered in a minute to one address, a
// hundred to all; then comes 429. [Issuer.AddClient] registers clients,
// [Issuer.AddResource] resources, whose access tokens are JWTs of the RFC 9068
// profile or opaque, and [Issuer.RegisterResource] resource servers that may
// introspect. All but those of [NewIssuerAt] have the client [ClientID].
//
// # The person
//
// The issuer has no pages and no users. Whoever calls [Issuer.Interact] decides
// who a person is and what they grant; by default it is "user", and everything.
// Pages for that, such as login and consent, are mounted with [Issuer.Handle], and
// [NewIssuerAt] serves them under an address that stays the same.
//
// What was granted is a family of tokens. It ends with all its refresh and access
// tokens when a code or a refresh token is used twice, when a refresh token is
// revoked, and when nobody has refreshed for 14 days.
//
// # Weather
//
// [Issuer.Announce], [Issuer.Rotate] and [Issuer.Withdraw] change the published
// keys. [Issuer.Fail] makes an endpoint fail until the function it returns is
// called. [Issuer.Requests] counts what arrived, and [Issuer.Log] tells of it.
//
// # Time
//
// The issuer reads the clock with time.Now and nothing else, so it follows the
// fake clock of testing/synctest. A bubble holds no real socket: there,
// [NewInMemoryIssuer] serves the same over net.Pipe, to its Client alone. Make
// it and close it inside the bubble, or the bubble does not end.
//
// # What is assumed
//
// The caller is a test: a mistake in a literal, such as the name of an
// endpoint that does not exist, panics. The network is not trusted: the
// endpoints refuse whatever they do not know for certain, and what strangers can
// make the issuer remember is bounded, but not how many connections they open.
package issuertest
