package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// okta accepts the access tokens of a custom authorization server of Okta.
func okta(client *http.Client) (*jwks.Verifier, error) {
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "https://example.okta.com/oauth2/default",
		Audience:    []string{"https://notes.example.com"}, // that of the authorization server
		HTTPClient:  client,
		PreRFC9068:  true, // there is no typ
		ScopeClaims: []string{"scp"},
	})
}

func Example_okta() {
	issuer := publishedBy("okta") // stands in for the real one
	verifier, err := okta(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes.read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
}
