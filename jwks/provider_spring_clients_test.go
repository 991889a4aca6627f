package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// springClients accepts the access tokens of a Spring Authorization Server as it comes,
// whose aud is the client that asked.
func springClients(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://auth.example.com",
		Audience:    []string{"notes-web", "notes-batch"}, // the clients that may call this API
		HTTPClient:  client,
		PreRFC9068:  true,              // there is no typ
		ScopeClaims: []string{"scope"}, // an array
	})
}
