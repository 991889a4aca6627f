package jwks_test

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
)

// supabase accepts the access tokens of the users of a Supabase project.
func supabase(client *http.Client) (*jwks.Verifier, error) {
	const issuer = "https://abcdefghijklmnopqrst.supabase.co/auth/v1" // the project's
	keys, err := jwks.Remote(issuer+"/.well-known/jwks.json", &jwks.RemoteOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer:     issuer,
		Audience:   []string{"authenticated"}, // of every user of the project
		KeySet:     keys,
		PreRFC9068: true, // typ is JWT
	})
}
