package introspect_test

import (
	"net/http"

	"github.com/warder-go/warder/introspect"
)

// nodeOIDCOpaque asks a node-oidc-provider about its opaque access tokens.
func nodeOIDCOpaque(client *http.Client, secret string) (*introspect.Verifier, error) {
	return introspect.NewVerifier(introspect.Config{
		Issuer:           "https://op.example.com",
		Audience:         []string{"https://notes.example.com"}, // the resource indicator
		Authenticate:     introspect.Basic("notes-api", secret), // a client of the API's own
		RequireTokenType: true,                                  // refresh tokens have none
		UnknownStatus:    []int{http.StatusBadRequest},          // how it answers about JWTs
		HTTPClient:       client,
	})
}
