package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// cognitoResource accepts access tokens of an Amazon Cognito user pool that
// were asked for with the parameter resource (RFC 8707).
func cognitoResource(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ExAmPlE01",
		Audience:   []string{"https://notes.example.com"}, // the resource server's identifier
		HTTPClient: client,
		PreRFC9068: true,
	})
}

func Example_cognitoResource() {
	issuer := publishedBy("cognito") // stands in for the real one
	verifier, err := cognitoResource(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("https://notes.example.com/read")(notes))

	ask(api, issuer.token("access-resource"))
	ask(api, issuer.token("access"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token lacks a claim that is required here"
}
