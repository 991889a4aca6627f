package middleware_test

import (
	"encoding/json"
	"net/http"

	"github.com/warder-go/warder/middleware"
)

// Refusals with a body of problem details (RFC 9457). The status's name is
// enough: why is in the challenge, and more is for the operator alone.
func ExampleOptions_writeDenial() {
	guard := middleware.New(verifier, &middleware.Options{
		WriteDenial: func(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(d.StatusCode)
			json.NewEncoder(w).Encode(struct {
				Status int    `json:"status"`
				Title  string `json:"title"`
			}{d.StatusCode, http.StatusText(d.StatusCode)})
		},
	})
	ask(guard.Handler(hello), "GET", "Authorization: Bearer an-old-token")
	// Output:
	// 401 {"status":401,"title":"Unauthorized"}
	//     Bearer realm="api", error="invalid_token", error_description="The access token expired"
}

// Wrong: a body without WriteHeader is answered 200 by net/http. The request
// is refused all the same, and the challenge is there, but no client looks.
func ExampleOptions_writeDenialWrong() {
	guard := middleware.New(verifier, &middleware.Options{
		WriteDenial: func(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
			w.Write([]byte("go away"))
		},
	})
	ask(guard.Handler(hello), "GET")
	// Output:
	// 200 go away
	//     Bearer realm="api"
}
