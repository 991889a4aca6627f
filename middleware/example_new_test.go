package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

func ExampleNew() {
	guard := middleware.New(verifier, nil)
	api := guard.Handler(hello)

	ask(api, "GET", "Authorization: Bearer alices-token")
	ask(api, "GET")
	ask(api, "GET", "Authorization: Bearer an-old-token")
	ask(api, "GET", "Authorization: Bearer not a token")
	ask(api, "GET", "Authorization: Bearer any-token-while-the-issuer-is-down")
	// Output:
	// 200 Hello, alice
	// 401 Unauthorized
	//     Bearer realm="api"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token expired"
	// 400 Bad Request
	//     Bearer realm="api", error="invalid_request", error_description="The credentials are not one token of the allowed characters"
	// 503 Service Unavailable
}

func ExampleNew_allowAnonymous() {
	guard := middleware.New(verifier, &middleware.Options{AllowAnonymous: true})
	api := guard.Handler(hello)

	ask(api, "GET", "Authorization: Bearer alices-token")
	ask(api, "GET")
	ask(api, "GET", "Authorization: Bearer an-old-token") // bad credentials are not none
	// Output:
	// 200 Hello, alice
	// 200 Hello, whoever you are
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token expired"
}

// Wrong: what can never work is a mistake in the program, found when it starts.
func ExampleNew_wrong() {
	defer func() { fmt.Println(recover()) }()
	middleware.New(verifier, &middleware.Options{RequireBinding: true}) // by which binding?
	// Output: middleware: RequireBinding without Bindings
}

// One more claim, checked by a Verifier around another.
func ExampleVerifierFunc() {
	employees := middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := verifier.Verify(ctx, token, r)
		if err != nil {
			return nil, err
		}
		var department string
		if found, err := t.Claim("department", &department); err != nil || !found {
			return nil, &middleware.Error{
				Code: middleware.InvalidToken, Reason: middleware.ReasonMissingClaim,
				Description: "The access token names no department", Err: err,
			}
		}
		return t, nil
	})
	ask(middleware.New(employees, nil).Handler(hello), "GET", "Authorization: Bearer alices-token")
	// Output:
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token names no department"
}

// Wrong: an error without a Code says that nothing could be decided. Clients
// are asked to come back, not to get another token.
func ExampleVerifierFunc_wrong() {
	v := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return nil, errors.New("token expired") // right: an Error with Code InvalidToken
	})
	ask(middleware.New(v, nil).Handler(hello), "GET", "Authorization: Bearer an-old-token")
	// Output: 503 Service Unavailable
}
