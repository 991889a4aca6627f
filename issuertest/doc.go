// Package issuertest is a reference OAuth 2.0 authorization server that runs
// inside a test, after the model of net/http/httptest.
//
// It is a tool for testing resource servers and for learning the protocol. It
// is not for production: secrets are fixed or chosen by the test, keys are
// reused within the process, nothing is stored, and [Issuer.Sign] makes any
// attack token that is asked for.
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
// Point the verifier under test at iss.URL, with [Audience] as its audience
// and iss.Client() as its HTTP client.
//
// # What it serves
//
//   - /.well-known/oauth-authorization-server: metadata (RFC 8414)
//   - /.well-known/openid-configuration: the same for OpenID Connect Discovery
//   - /jwks: the JWK Set (RFC 7517), public keys only
//   - /token: the token endpoint (RFC 6749 §3.2) with the client credentials
//     grant (§4.4) and the client authentication methods client_secret_basic
//     and client_secret_post; after ten wrong secrets in a row a client gets
//     429, and one more attempt a minute
//   - /introspect: the introspection endpoint (RFC 7662) for the same clients,
//     with signed answers (RFC 9701) for those who ask for them
//
// Access tokens are JWTs of the RFC 9068 profile, or opaque ones that only the
// introspection endpoint can tell about: [Issuer.Opaque]. It knows the JWTs
// too, and [Issuer.Revoke] takes either back. A client is there from the start,
// with [ClientID] and [ClientSecret]; [Issuer.Register] adds others, and
// [Issuer.RegisterResource] resource servers with audiences of their own.
//
// # Weather
//
// [Issuer.Rotate] and [Issuer.Withdraw] change the published keys.
// [Issuer.Fail] makes an endpoint fail in one of several ways until the
// function it returns is called. [Issuer.Requests] counts what arrived.
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
// endpoints refuse whatever they do not know for certain.
package issuertest
