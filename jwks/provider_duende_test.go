package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// duende accepts the access tokens of an IdentityServer, of users and of services.
func duende(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://identity.example.com",
		Audience:    []string{"https://notes.example.com"}, // the name of the ApiResource
		HTTPClient:  client,
		PreRFC9068:  true,              // tokens of services have no sub
		ScopeClaims: []string{"scope"}, // an array, or a string
	})
}
