package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// api is an API on a loopback port of its own.
type api struct {
	issuer *issuertest.Issuer
	url    string

	mu   sync.Mutex
	seen []string // methods of the requests
}

// serve starts an API and an issuer that it trusts. Assemble gets the routes
// behind their guard, and puts around them what the test is about.
func serve(t *testing.T, assemble func(guard *middleware.Guard, guarded http.Handler) http.Handler) *api {
	t.Helper()
	a := &api{issuer: issuertest.NewIssuer()}
	t.Cleanup(a.issuer.Close)
	server := httptest.NewUnstartedServer(nil)
	a.url = "http://" + server.Listener.Addr().String()
	guard := newGuard(t, a.issuer.URL, a.url)
	a.issuer.AddResource(issuertest.Resource{URI: a.url, Scopes: policy.Scopes()})
	assembled := assemble(guard, notes(t, guard))
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.seen = append(a.seen, r.Method)
		a.mu.Unlock()
		assembled.ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(server.Close)
	return a
}

// saw reports whether a request with this method arrived.
func (a *api) saw(method string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Contains(a.seen, method)
}

// token is a good one for this API, but for what claims change.
func (a *api) token(claims map[string]any) string {
	all := map[string]any{"aud": a.url, "scope": "notes:read"}
	for name, value := range claims {
		all[name] = value
	}
	return a.issuer.Token(all)
}

var policy = scopes.Routes{
	"GET /notes":  scopes.All("notes:read"),
	"POST /notes": scopes.All("notes:write"),
}

// newGuard admits tokens of issuer for resource.
func newGuard(t *testing.T, issuer, resource string) *middleware.Guard {
	t.Helper()
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{resource}})
	if err != nil {
		t.Fatal(err)
	}
	return middleware.New(verifier, &middleware.Options{Metadata: &middleware.Metadata{
		Resource: resource, AuthorizationServers: []string{issuer}, Scopes: policy.Scopes(),
	}})
}

// notes returns the routes of the API behind guard.
func notes(t *testing.T, guard *middleware.Guard) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		fmt.Fprintf(w, "the notes of %s", token.Subject)
	})
	mux.HandleFunc("POST /notes", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "written")
	})
	h, err := policy.Handler(guard, mux)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
