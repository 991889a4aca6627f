package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// keycloak accepts the access tokens of a realm of Keycloak.
func keycloak(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://id.example.com/realms/notes",
		Audience:    []string{"notes-api"}, // what the audience mapper adds
		HTTPClient:  client,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "azp",
	})
}
