package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_google() {
	issuer := publishedBy("google") // stands in for the real one
	verifier, err := google(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("service"))
	ask(api, issuer.token("id"))
	ask(api, "ya29.an-access-token-of-Google")
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is malformed"
}
