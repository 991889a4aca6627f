package middleware_test

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

func ExampleFromCookie() {
	guard := middleware.New(verifier, &middleware.Options{Sources: []middleware.Source{
		middleware.FromHeader,
		middleware.FromCookie("__Host-token", http.NewCrossOriginProtection()),
	}})
	api := guard.Handler(hello)

	ask(api, "POST", "Cookie: __Host-token=alices-token", "Sec-Fetch-Site: same-origin")
	ask(api, "POST", "Cookie: __Host-token=alices-token", "Sec-Fetch-Site: cross-site")
	// Output:
	// 200 Hello, alice
	// 403 Forbidden
}

// Wrong: a cookie without protection. Any page could act for its visitors.
func ExampleFromCookie_wrong() {
	defer func() { fmt.Println(recover()) }()
	middleware.FromCookie("token", nil)
	// Output: middleware: FromCookie without protection against cross-site request forgery
}
