package recipes

import "github.com/warder-go/warder/middleware"

// TwoIssuers returns a guard for tokens of two issuers, each with a Verifier of
// its own, such as a *jwks.Verifier.
func TwoIssuers(staff, partners middleware.Verifier) *middleware.Guard {
	return middleware.New(middleware.ByIssuer(map[string]middleware.Verifier{
		"https://login.example.com":  staff,
		"https://id.partner.example": partners,
	}), nil)
}
