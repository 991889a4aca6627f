// Command clients lets clients that people really use get tokens from the
// reference issuer, and shows what an API guarded by Warder answers to them:
// once with the token verified by its signature, once with it introspected.
//
//	cd examples/clients && go run .
//
// The clients are golang.org/x/oauth2, github.com/coreos/go-oidc, and
// openid-client for Node, which takes part after
//
//	cd examples/clients/openid-client && npm ci
//
// Each file holds one thing to copy into a client of your own: code.go the
// authorization code grant with PKCE, login.go the same with OpenID Connect,
// assertion.go a client that authenticates with a key, device.go a device
// without a browser, revocation.go the way to give a token back.
//
// What these clients leave to you:
//
//   - golang.org/x/oauth2 uses PKCE only when asked to, checks neither state nor
//     iss (RFC 9207), and has no revocation.
//   - With AuthStyleAutoDetect, what discovery by go-oidc leaves it at, every
//     refused token request is sent a second time with the secret in the body. A
//     device then polls twice at once and is told to slow down. Set AuthStyle.
//   - Config.DeviceAuth does not authenticate. A confidential client adds its
//     client_secret as a parameter, or uses a transport as in assertion.go.
//   - go-oidc does not look at a token's typ, and compares nonce and at_hash only
//     when asked to. What keeps an access token from passing for an ID token is
//     that its audience is an API: keep the identifiers of APIs and of clients
//     distinct.
//   - openid-client reports a 401 of the token endpoint by its challenge; the
//     error of RFC 6749 §5.2 is in the body, which is left to the caller.
package main
