package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// cognito accepts the access tokens of an Amazon Cognito user pool that some
// of its app clients asked for.
func cognito(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ExAmPlE01",
		Audience:      []string{"1exampleclientofcognito23"}, // the app clients that may call this API
		AudienceClaim: "client_id",                           // there is no aud
		HTTPClient:    client,
		PreRFC9068:    true, // there is no typ
	})
}
