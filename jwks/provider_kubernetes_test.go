package jwks_test

import (
	"context"
	"net/http"
	"slices"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// kubernetes accepts the tokens of some service accounts of a cluster. Every
// pod can have one for any audience, so the list of callers is what guards
// the API. The client trusts the cluster and sends this pod's own token.
func kubernetes(client *http.Client) (middleware.Verifier, error) {
	keys, err := jwks.Remote("https://kubernetes.default.svc/openid/v1/jwks", &jwks.RemoteOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	verifier, err := jwks.NewVerifier(jwks.Config{
		Issuer:     "https://kubernetes.default.svc.cluster.local", // iss, whatever the API server's address is
		Audience:   []string{"https://notes.example.com"},          // audience of the projected volume
		KeySet:     keys,
		PreRFC9068: true, // there is no typ
	})
	if err != nil {
		return nil, err
	}
	callers := []string{"system:serviceaccount:reports:exporter"}
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
