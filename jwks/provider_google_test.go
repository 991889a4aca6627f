package jwks_test

import (
	"context"
	"net/http"
	"slices"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// google accepts ID tokens that Google signed for some service accounts and
// for this API. Whoever has an account can get one for any audience, so the
// list of callers is what guards the API.
func google(client *http.Client) (middleware.Verifier, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{
		Issuer:      "https://accounts.google.com",
		Audience:    []string{"https://notes.example.com"},
		HTTPClient:  client,
		PreRFC9068:  true, // typ is JWT
		ClientClaim: "azp",
	})
	if err != nil {
		return nil, err
	}
	callers := []string{"104000000000000000001"} // the accounts' unique IDs
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := verifier.Verify(ctx, token, r)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(callers, t.Subject) {
			return nil, &middleware.Error{
				Code: middleware.InvalidToken, Reason: middleware.ReasonInvalidClaim,
				Description: "The token is of a caller that is not known here",
			}
		}
		return t, nil
	}), nil
}
