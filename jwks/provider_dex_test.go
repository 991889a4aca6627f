package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// dex accepts access tokens of Dex that are for this API, and ID tokens with them: Dex
// makes both alike, and nothing tells them apart.
func dex(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:                "https://dex.example.com",
		Audience:              []string{"notes-api"}, // the client in Dex that stands for the API
		ClientClaim:           "azp",                 // there where aud names several
		HTTPClient:            client,
		InsecureAllowIDTokens: true, // who holds an ID token for notes-api can call the API
	})
}
