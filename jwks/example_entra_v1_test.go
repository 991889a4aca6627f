package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func Example_entraV1() {
	issuer := publishedBy("entra-v1") // stands in for the real one
	verifier, err := entraV1(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("Notes.Read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
}
