package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func Example_duende() {
	issuer := publishedBy("duende") // stands in for the real one
	verifier, err := duende(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes.read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
}
