package middleware_test

import (
	"context"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

func ExampleByIssuer() {
	// Each issuer has its own Verifier, with its own audience and keys.
	verifierOf := func(issuer, subject string) middleware.Verifier {
		return middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
			return &middleware.Token{Issuer: issuer, Subject: subject}, nil
		})
	}
	guard := middleware.New(middleware.ByIssuer(map[string]middleware.Verifier{
		"https://staff.example":     verifierOf("https://staff.example", "alice of the staff"),
		"https://customers.example": verifierOf("https://customers.example", "alice, a customer"),
	}), nil)
	api := guard.Handler(hello)

	const header = `{"alg":"ES256","typ":"at+jwt"}`
	ask(api, "GET", "Authorization: Bearer "+jwt(header, `{"iss":"https://staff.example"}`))
	ask(api, "GET", "Authorization: Bearer "+jwt(header, `{"iss":"https://customers.example"}`))
	ask(api, "GET", "Authorization: Bearer "+jwt(header, `{"iss":"https://evil.example"}`))
	// Output:
	// 200 Hello, alice of the staff
	// 200 Hello, alice, a customer
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

// Wrong: a Verifier under the name of an issuer whose tokens it does not
// judge. What it accepts is refused (RFC 8725 §3.8).
func ExampleByIssuer_wrong() {
	staff := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Issuer: "https://staff.example"}, nil
	})
	guard := middleware.New(middleware.ByIssuer(map[string]middleware.Verifier{"https://customers.example": staff}), nil)
	ask(guard.Handler(hello), "GET", "Authorization: Bearer "+jwt(`{"alg":"ES256"}`, `{"iss":"https://customers.example"}`))
	// Output:
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

func ExampleByFormat() {
	signed := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Subject: "whoever signed this"}, nil
	})
	looked := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Subject: "whoever the issuer says"}, nil
	})
	api := middleware.New(middleware.ByFormat(signed, looked), nil).Handler(hello)
	ask(api, "GET", "Authorization: Bearer "+jwt(`{"alg":"ES256"}`, `{}`))
	ask(api, "GET", "Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA")
	// Output:
	// 200 Hello, whoever signed this
	// 200 Hello, whoever the issuer says
}
