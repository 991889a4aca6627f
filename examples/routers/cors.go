package routers

import (
	"net/http"

	"github.com/rs/cors"

	"github.com/warder-go/warder/middleware"
)

// CORS returns api behind guard, for pages of another origin. A preflight
// carries no token, so CORS stands outside the guard; and so refusals get its
// fields too, without which a page cannot read why it was refused.
func CORS(guard *middleware.Guard, api http.Handler) http.Handler {
	browsers := cors.New(cors.Options{
		AllowedOrigins: []string{"https://app.example.com"},
		AllowedMethods: []string{"GET", "POST"},
		AllowedHeaders: []string{"Authorization", "Content-Type"},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After"},
	})
	return browsers.Handler(guard.Handler(api)) // outside in: CORS, guard, routes
}
