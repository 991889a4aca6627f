package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_githubActions() {
	issuer := publishedBy("github-actions") // stands in for the real one
	verifier, err := githubActions(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.token("pull-request"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is of a caller that is not known here"
}
