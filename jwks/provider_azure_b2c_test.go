package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// azureB2C accepts the access tokens of one user flow of an Azure AD B2C tenant.
func azureB2C(client *http.Client) (*jwks.Verifier, error) {
	const host = "https://example.b2clogin.com/"
	const issuer = host + "9d3c6f2e-4b71-4e0a-8c5d-2f1a7b6e0c94/v2.0/" // with its slash, without the user flow
	keys, err := jwks.Discover(issuer, &jwks.RemoteOptions{
		MetadataURL: host + "example.onmicrosoft.com/B2C_1_signin/v2.0/.well-known/openid-configuration",
		HTTPClient:  client,
	})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer:      issuer,
		Audience:    []string{"c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620"}, // the API's application ID
		KeySet:      keys,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "azp",
		ScopeClaims: []string{"scp"},
	})
}
