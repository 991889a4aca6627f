package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// nodeOIDC accepts the JWT access tokens of a node-oidc-provider.
func nodeOIDC(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://op.example.com",
		Audience:   []string{"https://notes.example.com"}, // the resource indicator
		HTTPClient: client,
	})
}
