package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_dex() {
	issuer := publishedBy("dex") // stands in for the real one
	verifier, err := dex(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))       // of a client that did not ask for the API
	ask(api, issuer.token("id-cross")) // of one that did: as good as its access token
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
	// 200
}
