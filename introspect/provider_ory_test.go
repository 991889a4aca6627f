package introspect_test

import (
	"context"
	"net/http"
	"strings"

	"github.com/warder-go/warder/introspect"
)

// oryOpaque asks the Ory Network about access tokens. key returns the API key of the
// project, ory_pat_....
func oryOpaque(client *http.Client, key func(context.Context) (string, error)) (*introspect.Verifier, error) {
	const issuer = "https://example.projects.oryapis.com"
	return introspect.NewVerifier(introspect.Config{
		Issuer:       issuer,
		Endpoint:     issuer + "/admin/oauth2/introspect", // no metadata names it
		Audience:     []string{"https://notes.example.com"},
		Authenticate: introspect.Bearer(key),
		// Refresh tokens begin with ory_rt_: they are refused without a call.
		Match:      func(token string) bool { return strings.HasPrefix(token, "ory_at_") },
		HTTPClient: client,
	})
}
