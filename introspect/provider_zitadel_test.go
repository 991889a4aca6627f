package introspect_test

import (
	"net/http"

	"github.com/warder-go/warder/introspect"
)

// zitadelOpaque asks Zitadel about access tokens of a project, opaque or JWT.
func zitadelOpaque(client *http.Client, secret string) (*introspect.Verifier, error) {
	return introspect.NewVerifier(introspect.Config{
		Issuer:       "https://example-a1b2c3.eu1.zitadel.cloud",
		Endpoint:     "https://example-a1b2c3.eu1.zitadel.cloud/oauth/v2/introspect",
		Audience:     []string{"328859038097867422"},                 // the ID of the API's project
		Authenticate: introspect.Basic("328859038248929999", secret), // an API application in it
		HTTPClient:   client,
	})
}
