package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func Example_auth0() {
	issuer := publishedBy("auth0") // stands in for the real one
	verifier, err := auth0(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:read")(notes))

	ask(api, issuer.token("access-rfc9068"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is not an access token"
}
