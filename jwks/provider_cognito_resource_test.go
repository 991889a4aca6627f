package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// cognitoResource accepts access tokens of an Amazon Cognito user pool that
// were asked for with the parameter resource (RFC 8707).
func cognitoResource(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ExAmPlE01",
		Audience:   []string{"https://notes.example.com"}, // the resource server's identifier
		HTTPClient: client,
		PreRFC9068: true, // there is no typ
	})
}
