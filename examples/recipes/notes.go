package recipes

import (
	"fmt"
	"net/http"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s\n", token.Subject)
}

func addNote(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
}

// deleteNote asks for more once it knows which note is meant.
func deleteNote(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	if isPinned(r.PathValue("id")) {
		if err := scopes.All("notes:admin").Check(token); err != nil {
			middleware.Deny(w, r, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func isPinned(id string) bool { return id == "1" }

// NewAPI returns the notes, with a public route beside them.
func NewAPI(guard *middleware.Guard) http.Handler {
	notes := http.NewServeMux()
	notes.Handle("GET /notes", scopes.Require("notes:read")(http.HandlerFunc(listNotes)))
	notes.Handle("POST /notes", scopes.Require("notes:write")(http.HandlerFunc(addNote)))
	notes.Handle("DELETE /notes/{id}", scopes.Any("notes:write", "notes:admin").Handler(http.HandlerFunc(deleteNote)))

	api := http.NewServeMux()
	api.Handle("/", guard.Handler(notes))
	api.HandleFunc("GET /healthz", health) // public: beside the guard
	return api
}

func health(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
