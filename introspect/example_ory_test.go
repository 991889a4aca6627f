package introspect_test

import (
	"context"
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_ory() {
	issuer := asks("https://example.projects.oryapis.com/admin/oauth2/introspect", oryAnswers()) // stands in for the real one
	key := func(context.Context) (string, error) { return "ory_pat_example", nil }
	verifier, err := oryOpaque(issuer.client(), key)
	if err != nil {
		log.Fatal(err)
	}
	visit(middleware.New(verifier, nil), "ory_at_alice", "ory_rt_alice", "ory_at_revoked")
	// Output:
	// 200 hello 7c1e9d20-1111-4222-8333-444455556666
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is malformed"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
}
