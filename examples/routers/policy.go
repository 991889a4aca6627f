package routers

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// PolicyOnChi says beside each route what a row of scopes.Routes says in a
// table: any Requirement stands in With by its Handler. Two things only a table
// has. A route that nobody wrote a With for is open to every admitted token
// here; there it is refused. And a 401 names the scope to ask for only where the
// route has a guard of its own, as GET /notes does.
func PolicyOnChi(guard *middleware.Guard) http.Handler {
	notes := scopes.Implies{"notes:admin": {"notes:read", "notes:write"}}
	router := chi.NewRouter()
	router.Get("/healthz", health) // scopes.Public()
	router.With(guard.For("GET /notes", "notes:read").Handler, notes.All("notes:read").Handler).Get("/notes", listNotes)
	router.Group(func(r chi.Router) {
		r.Use(guard.Handler)
		r.With(notes.All("notes:write").User().Handler).Post("/notes", addNote)
		r.With(notes.Any("notes:search", "notes:read").Handler).Get("/search", listNotes)
		r.With(scopes.All("notes:admin").ACR("phr").MaxAge(5*time.Minute).Handler).Delete("/notes", addNote)
		r.With(scopes.All("audit:read").Claim("roles", "auditor").Handler).Get("/audit", listNotes)
	})
	return router
}
