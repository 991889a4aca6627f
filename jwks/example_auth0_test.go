package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// auth0 accepts Auth0's access tokens for an API with the RFC 9068 profile.
func auth0(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://example.eu.auth0.com/",       // with its slash
		Audience:   []string{"https://notes.example.com"}, // the API's identifier
		HTTPClient: client,
	})
}

func Example_auth0() {
	issuer := publishedBy("auth0") // stands in for the real one
	verifier, err := auth0(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:read")(notes))

	ask(api, issuer.token("access-rfc9068"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The token is not an access token"
}
