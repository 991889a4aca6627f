package jwks_test

import (
	"context"
	"net/http"
	"slices"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// githubActions accepts the ID tokens of some jobs of GitHub Actions. Whoever has
// a repository can get one for any audience, so the list of callers is what
// guards the API.
func githubActions(client *http.Client) (middleware.Verifier, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{
		Issuer:     "https://token.actions.githubusercontent.com",
		Audience:   []string{"https://notes.example.com"}, // what the job asks for
		HTTPClient: client,
		PreRFC9068: true, // typ is JWT
	})
	if err != nil {
		return nil, err
	}
	callers := []string{"repo:example/notes:environment:production"}
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
