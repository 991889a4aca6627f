package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// ory accepts the JWT access tokens of Ory Hydra and the Ory Network.
func ory(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://example.projects.oryapis.com", // urls.self.issuer
		Audience:    []string{"https://notes.example.com"},  // that the client asked for
		HTTPClient:  client,
		PreRFC9068:  true,                     // typ is JWT
		ScopeClaims: []string{"scp", "scope"}, // an array; a string if so configured
	})
}
