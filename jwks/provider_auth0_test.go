package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// auth0 accepts Auth0's access tokens for an API with the RFC 9068 profile.
func auth0(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://example.eu.auth0.com/",       // with its slash
		Audience:   []string{"https://notes.example.com"}, // the API's identifier
		HTTPClient: client,
	})
}
