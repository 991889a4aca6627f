package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// auth0Permissions accepts access tokens of Auth0's own profile, for an API
// that adds permissions to them.
func auth0Permissions(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://example.eu.auth0.com/",
		Audience:    []string{"https://notes.example.com"},
		HTTPClient:  client,
		PreRFC9068:  true,                    // typ is JWT
		ScopeClaims: []string{"permissions"}, // in place of scope, not beside it
	})
}

func Example_auth0Permissions() {
	issuer := publishedBy("auth0") // stands in for the real one
	verifier, err := auth0Permissions(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:write")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("application"))
	// Output:
	// 200
	// 403 Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="notes:write"
}
