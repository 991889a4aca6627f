package routers

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Chi returns an API on chi. Guard and requirements are ordinary middleware
// there.
func Chi(guard *middleware.Guard) http.Handler {
	router := chi.NewRouter()
	router.Get("/healthz", health) // public: outside the group
	router.Group(func(r chi.Router) {
		r.Use(guard.Handler)
		r.With(scopes.Require("notes:read")).Get("/notes", listNotes)
		r.With(scopes.Require("notes:write")).Post("/notes", addNote)
	})
	return router
}

func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s\n", token.Subject)
}

func addNote(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
}

func health(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
