package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
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

func Example_cognito() {
	issuer := publishedBy("cognito") // stands in for the real one
	verifier, err := cognito(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("https://notes.example.com/read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token lacks a claim that is required here"
}
