package introspect_test

import (
	"log"

	"github.com/warder-go/warder/middleware"
)

func Example_nodeOIDC() {
	issuer := asks("https://op.example.com/token/introspection", nodeOIDCAnswers()) // stands in for the real one
	issuer.serve("https://op.example.com/.well-known/openid-configuration", says(
		`{"issuer":"https://op.example.com","introspection_endpoint":"https://op.example.com/token/introspection"}`))
	verifier, err := nodeOIDCOpaque(issuer.client(), "secret")
	if err != nil {
		log.Fatal(err)
	}
	visit(middleware.New(verifier, nil), "access", "refresh", "unknown")
	// Output:
	// 200 hello alice
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token lacks a claim that is required here"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
}
