package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// entra accepts the v2.0 access tokens of one tenant of Microsoft Entra ID.
func entra(client *http.Client) (*jwks.Verifier, error) {
	const tenant = "5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10" // never common or organizations
	const issuer = "https://login.microsoftonline.com/" + tenant + "/v2.0"
	keys, err := jwks.Discover(issuer, &jwks.RemoteOptions{
		MetadataURL: issuer + "/.well-known/openid-configuration",
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
		ScopeClaims: []string{"scp", "roles"}, // granted for users, granted to applications
	})
}
