package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// entraV1 accepts the v1.0 access tokens of one tenant of Microsoft Entra ID.
func entraV1(client *http.Client) (*jwks.Verifier, error) {
	const tenant = "5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10"
	const issuer = "https://sts.windows.net/" + tenant + "/" // with its slash
	keys, err := jwks.Discover(issuer, &jwks.RemoteOptions{
		MetadataURL: "https://login.microsoftonline.com/" + tenant + "/.well-known/openid-configuration",
		HTTPClient:  client,
	})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer: issuer,
		Audience: []string{ // v1.0 tokens have the one that the client asked for
			"api://c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620",
			"c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620",
		},
		KeySet:      keys,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "appid",
		ScopeClaims: []string{"scp", "roles"},
	})
}
