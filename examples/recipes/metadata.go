package recipes

import (
	"maps"
	"net/http"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Discoverable returns mux behind verifier and policy, and publishes where
// clients get a token and for which scopes.
func Discoverable(verifier middleware.Verifier, mux *http.ServeMux, policy scopes.Routes) (http.Handler, error) {
	guard := middleware.New(verifier, &middleware.Options{Metadata: &middleware.Metadata{
		Resource:             "https://api.example.com", // as in the verifier's Audience
		AuthorizationServers: []string{"https://login.example.com"},
		Scopes:               policy.Scopes(),
	}})
	pattern, document := guard.Metadata()
	mux.Handle(pattern, document)
	policy = maps.Clone(policy)
	policy[pattern] = scopes.Public()
	return policy.Handler(guard, mux) // after every handler is registered
}
