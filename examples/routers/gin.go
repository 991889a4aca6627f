package routers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// GinGuard lets requests through that guard admits, with their token in the
// context of the request, and answers all others.
func GinGuard(guard *middleware.Guard) gin.HandlerFunc {
	return func(c *gin.Context) {
		token, err := guard.Authenticate(c.Request)
		if err != nil {
			guard.Deny(c.Writer, c.Request, err)
			c.Abort()
			return
		}
		c.Request = c.Request.WithContext(middleware.NewContext(c.Request.Context(), token))
	}
}

// GinRequire lets requests through whose token meets q.
func GinRequire(guard *middleware.Guard, q scopes.Requirement) gin.HandlerFunc {
	return func(c *gin.Context) {
		token, _ := middleware.FromContext(c.Request.Context())
		if err := q.Check(token); err != nil {
			guard.Deny(c.Writer, c.Request, err)
			c.Abort()
		}
	}
}

// Gin returns an API on gin.
func Gin(guard *middleware.Guard) http.Handler {
	router := gin.New()
	router.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	notes := router.Group("/", GinGuard(guard))
	notes.GET("/notes", GinRequire(guard, scopes.All("notes:read")), func(c *gin.Context) {
		token, _ := middleware.FromContext(c.Request.Context())
		c.String(http.StatusOK, "notes of %s\n", token.Subject)
	})
	notes.POST("/notes", GinRequire(guard, scopes.All("notes:write")), func(c *gin.Context) {
		c.Status(http.StatusCreated)
	})
	return router
}
