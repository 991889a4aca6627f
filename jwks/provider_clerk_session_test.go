package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// clerkSession accepts the tokens of sessions, which have no aud, of the web
// pages of some origins.
func clerkSession(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:        "https://clerk.example.com",         // the Frontend API URL
		Audience:      []string{"https://web.example.com"}, // the origins whose pages may call
		AudienceClaim: "azp",                               // there is no aud
		HTTPClient:    client,
		PreRFC9068:    true, // typ is JWT
	})
}
