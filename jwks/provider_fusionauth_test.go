package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// fusionAuth accepts the access tokens of a tenant of FusionAuth, for users and
// for entities.
func fusionAuth(client *http.Client) (*jwks.Verifier, error) {
	keys, err := jwks.Remote("https://auth.example.com/.well-known/jwks.json", &jwks.RemoteOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer: "example.com", // Issuer in the tenant's settings, often no URL
		Audience: []string{
			"https://notes.example.com",            // what the lambda adds, for users
			"7d0c52f4-8a3e-4b19-9f60-e1b2a4c3d586", // the API's entity, for entities
		},
		KeySet:      keys,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "applicationId",
		ScopeClaims: []string{"scope", "permissions"}, // granted for users, granted to entities
	})
}
