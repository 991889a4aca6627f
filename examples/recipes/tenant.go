package recipes

import (
	"context"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// OnlyTenant returns a Verifier that accepts what next accepts, if the claim
// tenant says so too. It panics if tenant is empty: a claim that is null or ""
// would do.
func OnlyTenant(tenant string, next middleware.Verifier) middleware.Verifier {
	if tenant == "" {
		panic("OnlyTenant without a tenant")
	}
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := next.Verify(ctx, token, r)
		if err != nil || t == nil {
			return nil, err
		}
		var claimed string
		if ok, err := t.Claim("tenant", &claimed); !ok || err != nil || claimed != tenant {
			return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonInvalidClaim, Description: "The access token is for another tenant"}
		}
		return t, nil
	})
}
