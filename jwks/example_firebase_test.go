package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_firebase() {
	issuer := publishedBy("firebase") // stands in for the real one
	verifier, err := firebase(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.token("session-cookie"))
	ask(api, issuer.token("custom"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}
