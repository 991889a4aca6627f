package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_zitadel() {
	issuer := publishedBy("zitadel") // stands in for the real one
	verifier, err := zitadel(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is not an access token"
}
