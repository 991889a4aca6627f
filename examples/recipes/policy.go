package recipes

import (
	"net/http"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// NewGuardedNotes returns the notes with one policy for all their routes, and
// with the metadata by which clients find the issuer and the scopes.
func NewGuardedNotes(verifier middleware.Verifier) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("GET /notes", listNotes)
	mux.HandleFunc("POST /notes", addNote)
	mux.HandleFunc("DELETE /notes/{id}", deleteNote)

	including := scopes.Implies{"notes:admin": {"notes:read", "notes:write"}}
	policy := scopes.Routes{
		"GET /healthz":       scopes.Public(),
		"GET /notes":         including.All("notes:read"),
		"POST /notes":        including.All("notes:write").User(),
		"DELETE /notes/{id}": including.All("notes:write").Claim("groups", "editors").MaxAge(10 * time.Minute),
	}

	guard := middleware.New(verifier, &middleware.Options{Metadata: &middleware.Metadata{
		Resource:             "https://api.example.com", // as in the verifier's Audience
		AuthorizationServers: []string{"https://login.example.com"},
		Scopes:               policy.Scopes(),
	}})
	pattern, document := guard.Metadata()
	mux.Handle(pattern, document)
	policy[pattern] = scopes.Public()
	return policy.Handler(guard, mux) // after every handler is registered
}
