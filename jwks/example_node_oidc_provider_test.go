package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func Example_nodeOIDC() {
	issuer := publishedBy("node-oidc-provider") // stands in for the real one
	verifier, err := nodeOIDC(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is not an access token"
}
