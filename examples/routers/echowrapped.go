package routers

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// EchoWrapped returns an API on echo with the guard's own middleware: shorter
// than EchoGuard, and response fields and events are the guard's.
func EchoWrapped(guard *middleware.Guard) http.Handler {
	list := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		fmt.Fprintf(w, "notes of %s\n", token.Subject)
	})
	add := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })

	router := echo.New()
	router.GET("/healthz", func(c *echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	notes := router.Group("", echo.WrapMiddleware(guard.Handler))
	notes.GET("/notes", echo.WrapHandler(list), echo.WrapMiddleware(scopes.Require("notes:read")))
	notes.POST("/notes", echo.WrapHandler(add), echo.WrapMiddleware(scopes.Require("notes:write")))
	return router
}
