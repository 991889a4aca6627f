package introspect_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_zitadel() {
	issuer := asks("https://example-a1b2c3.eu1.zitadel.cloud/oauth/v2/introspect", zitadelAnswers()) // stands in for the real one
	verifier, err := zitadelOpaque(issuer.client(), "secret")
	if err != nil {
		log.Fatal(err)
	}
	visit(middleware.New(verifier, nil), "access", "refresh")
	// Output:
	// 200 hello 383942323576245195
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
}
