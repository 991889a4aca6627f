package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

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
