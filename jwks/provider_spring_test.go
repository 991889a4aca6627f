package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// spring accepts the access tokens of a Spring Authorization Server that names the API in
// aud and the client in client_id, and says at+jwt.
func spring(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://auth.example.com",
		Audience:    []string{"https://notes.example.com"}, // what the customizer puts into aud
		HTTPClient:  client,
		ScopeClaims: []string{"scope"}, // an array
	})
}
