package jwks_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_gitlabJobs() {
	issuer := publishedBy("gitlab") // stands in for the real one
	verifier, err := gitlabJobs(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("access"))
	ask(api, issuer.changed("access", nil, object{"sub": "project_path:mallory/notes:ref_type:branch:ref:main"}))
	ask(api, issuer.token("id")) // of a person
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is of a caller that is not known here"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
}
