package recipes

import (
	"os"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

// NewOpaqueGuard returns a guard for an issuer with both kinds of tokens: jwts,
// such as a *jwks.Verifier, judges the JWTs, and the issuer is asked about all
// others.
func NewOpaqueGuard(jwts middleware.Verifier) (*middleware.Guard, error) {
	opaque, err := introspect.NewVerifier(introspect.Config{
		Issuer:       "https://login.example.com",
		Audience:     []string{"https://api.example.com"},
		Authenticate: introspect.Basic("notes-api", os.Getenv("NOTES_API_SECRET")),
	})
	if err != nil {
		return nil, err
	}
	return middleware.New(middleware.ByFormat(jwts, opaque), nil), nil
}
