package middleware_test

import (
	"log/slog"
	"os"

	"github.com/warder-go/warder/middleware"
)

func ExampleLog() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelInfo, // accepted requests are logged at Debug
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{} // for this example's output
			}
			return a
		},
	}))
	guard := middleware.New(verifier, &middleware.Options{Observe: middleware.Log(log)})
	api := guard.For("GET /notes", "notes:read").Handler(hello)

	ask(api, "GET", "Authorization: Bearer alices-token")
	ask(api, "GET", "Authorization: Bearer an-old-token")
	ask(api, "GET", "Authorization: Bearer any-token-while-the-issuer-is-down")
	// Output:
	// 200 Hello, alice
	// level=INFO msg=warder op=authenticate reason=expired route="GET /notes" err="invalid_token: expired"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token expired", scope="notes:read"
	// level=WARN msg=warder op=authenticate reason=keys_unavailable route="GET /notes" err=keys_unavailable
	// 503 Service Unavailable
}
