package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// clerk accepts tokens that Clerk makes from a JWT template for this API.
func clerk(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://clerk.example.com",           // the Frontend API URL
		Audience:    []string{"https://notes.example.com"}, // aud in the template
		HTTPClient:  client,
		PreRFC9068:  true,  // typ is JWT
		ClientClaim: "azp", // the origin of the web page
	})
}
