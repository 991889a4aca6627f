package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// keycloak accepts the access tokens of a realm of Keycloak.
func keycloak(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:     "https://id.example.com/realms/notes",
		Audience:   []string{"notes-api"}, // what the audience mapper adds
		HTTPClient: client,
		PreRFC9068: true, // typ is JWT
	})
}

func Example_keycloak() {
	issuer := publishedBy("keycloak") // stands in for the real one
	verifier, err := keycloak(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes:read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
}
