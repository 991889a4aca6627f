package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// firebase accepts the ID tokens of every user of a Firebase project.
func firebase(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:                "https://securetoken.google.com/example-notes",
		Audience:              []string{"example-notes"}, // the project ID
		HTTPClient:            client,
		InsecureAllowIDTokens: true, // there are no others
	})
}
