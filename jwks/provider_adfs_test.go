package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// adfs accepts the access tokens of a farm of AD FS.
func adfs(client *http.Client) (*jwks.Verifier, error) {
	// Discovery would be of another issuer than the access tokens are.
	keys, err := jwks.Remote("https://adfs.example.com/adfs/discovery/keys", &jwks.RemoteOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer:      "http://adfs.example.com/adfs/services/trust", // access_token_issuer in the metadata
		Audience:    []string{"https://notes.example.com"},         // the Web API's identifier
		KeySet:      keys,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "appid",
		ScopeClaims: []string{"scp"},
	})
}
