package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// okta accepts the access tokens of a custom authorization server of Okta.
func okta(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://example.okta.com/oauth2/default",
		Audience:    []string{"https://notes.example.com"}, // that of the authorization server
		HTTPClient:  client,
		PreRFC9068:  true, // there is no typ
		ClientClaim: "cid",
		ScopeClaims: []string{"scp"},
	})
}
