package jwks_test

import (
	"context"
	"net/http"
	"slices"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// gitlabJobs accepts the ID tokens of some jobs of GitLab CI/CD. Whoever has a
// project can get one for any audience, so the list of callers is what guards
// the API.
func gitlabJobs(client *http.Client) (middleware.Verifier, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{
		Issuer:     "https://gitlab.example.com",
		Audience:   []string{"https://notes.example.com"}, // aud in .gitlab-ci.yml
		HTTPClient: client,
		PreRFC9068: true, // typ is JWT
	})
	if err != nil {
		return nil, err
	}
	callers := []string{"project_path:example/notes:ref_type:branch:ref:main"}
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
