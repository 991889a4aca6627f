package routers

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// EchoGuard lets requests through that guard admits, with their token in the
// context of the request, and answers all others.
func EchoGuard(guard *middleware.Guard) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			r := c.Request()
			token, err := guard.Authenticate(r)
			if err != nil {
				guard.Deny(c.Response(), r, err)
				return nil
			}
			c.SetRequest(r.WithContext(middleware.NewContext(r.Context(), token)))
			return next(c)
		}
	}
}

// EchoRequire lets requests through whose token meets q.
func EchoRequire(guard *middleware.Guard, q scopes.Requirement) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			token, _ := middleware.FromContext(c.Request().Context())
			if err := q.Check(token); err != nil {
				guard.Deny(c.Response(), c.Request(), err)
				return nil
			}
			return next(c)
		}
	}
}

// Echo returns an API on echo.
func Echo(guard *middleware.Guard) http.Handler {
	router := echo.New()
	router.GET("/healthz", func(c *echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	notes := router.Group("", EchoGuard(guard))
	notes.GET("/notes", func(c *echo.Context) error {
		token, _ := middleware.FromContext(c.Request().Context())
		return c.String(http.StatusOK, "notes of "+token.Subject+"\n")
	}, EchoRequire(guard, scopes.All("notes:read")))
	notes.POST("/notes", func(c *echo.Context) error {
		return c.NoContent(http.StatusCreated)
	}, EchoRequire(guard, scopes.All("notes:write")))
	return router
}
