package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func Example_auth0Permissions() {
	issuer := publishedBy("auth0") // stands in for the real one
	verifier, err := auth0Permissions(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:write")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("application"))
	// Output:
	// 200
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="notes:write"
}
