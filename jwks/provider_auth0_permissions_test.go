package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// auth0Permissions accepts access tokens of Auth0's own profile, for an API
// that adds permissions to them.
func auth0Permissions(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://example.eu.auth0.com/",
		Audience:    []string{"https://notes.example.com"},
		HTTPClient:  client,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "azp",
		ScopeClaims: []string{"permissions"}, // in place of scope, not beside it
	})
}
