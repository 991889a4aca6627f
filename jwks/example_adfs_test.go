package jwks_test

import (
	"log"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// adfs accepts the access tokens of a farm of AD FS.
func adfs(client *http.Client) (*jwks.Verifier, error) {
	// Discovery would be of another issuer than the access tokens are.
	keys, err := jwks.Remote("https://adfs.example.com/adfs/discovery/keys", &jwks.RemoteOptions{
		InsecureAllowHTTP: true, // for the name of the issuer; the keys come over https
		HTTPClient:        client,
	})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "http://adfs.example.com/adfs/services/trust", // access_token_issuer in the metadata
		Audience:    []string{"https://notes.example.com"},         // the Web API's identifier
		KeySet:      keys,
		PreRFC9068:  true, // typ is JWT
		ScopeClaims: []string{"scp"},
	})
}

func Example_adfs() {
	issuer := publishedBy("adfs") // stands in for the real one
	verifier, err := adfs(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("notes.read")(notes))

	ask(api, issuer.token("access"))
	ask(api, issuer.token("id"))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}
