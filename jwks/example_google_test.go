package jwks_test

import (
	"context"
	"log"
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
		Issuer:     "https://accounts.google.com",
		Audience:   []string{"https://notes.example.com"},
		HTTPClient: client,
		PreRFC9068: true,
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

func Example_google() {
	issuer := publishedBy("google") // stands in for the real one
	verifier, err := google(issuer.client())
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(notes)

	ask(api, issuer.token("service"))
	ask(api, issuer.token("id"))
	ask(api, "ya29.an-access-token-of-Google")
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is meant for another audience"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is malformed"
}
