package jwks_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// zitadel accepts the JWT access tokens of a project of Zitadel. They have no scopes.
func zitadel(client *http.Client) (middleware.Verifier, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{
		Issuer:     "https://example-a1b2c3.eu1.zitadel.cloud",
		Audience:   []string{"328859038097867422"}, // the ID of the API's project
		HTTPClient: client,
		PreRFC9068: true, // typ is JWT
	})
	if err != nil {
		return nil, err
	}
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := verifier.Verify(ctx, token, r)
		if err != nil {
			return nil, err
		}
		if t.ID == "" { // ID tokens name the project too, and may lack all else that tells them
			return nil, &middleware.Error{
				Code: middleware.InvalidToken, Reason: middleware.ReasonWrongType,
				Description: "The token is not an access token",
				Err:         errors.New("jti is missing, which Zitadel writes in access tokens and never in ID tokens"),
			}
		}
		return t, nil
	}), nil
}
