package recipes

import (
	"net/http"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Policy says what each route of the notes needs.
func Policy() scopes.Routes {
	including := scopes.Implies{"notes:admin": {"notes:read", "notes:write"}}
	return scopes.Routes{
		"GET /healthz":       scopes.Public(),
		"GET /notes":         including.All("notes:read"),
		"POST /notes":        including.All("notes:write").User(),
		"DELETE /notes/{id}": including.All("notes:write").Claim("groups", "editors").MaxAge(10 * time.Minute),
	}
}

// Protect returns mux behind guard and policy. Every handler is registered with
// mux before.
func Protect(guard *middleware.Guard, mux *http.ServeMux) (http.Handler, error) {
	return Policy().Handler(guard, mux)
}
