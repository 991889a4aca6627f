package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_kubernetes() {
	issuer := publishedBy("kubernetes") // stands in for the real one
	verifier, err := kubernetes(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.token("default")) // for the API server
	ask(api, issuer.token("legacy"))  // of a Secret
	ask(api, issuer.changed("access", nil, object{"sub": "system:serviceaccount:default:default"}))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is of a caller that is not known here"
}
