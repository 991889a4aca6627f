package recipes_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func TestThePolicyOfTheNotes(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, status := range map[string]int{"GET /healthz": 200, "GET /notes": 200, "POST /notes": 201, "DELETE /notes/{id}": 204} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	api, err := recipes.Discoverable(verifier, mux, recipes.Policy())
	if err != nil {
		t.Fatal(err)
	}
	editor := map[string]any{
		"sub": "ada", "client_id": "app", "scope": "notes:write", "groups": []string{"editors"}, "auth_time": time.Now().Unix(),
	}
	changed := func(name string, value any) map[string]any {
		claims := map[string]any{name: value}
		for n, v := range editor {
			if n != name {
				claims[n] = v
			}
		}
		return claims
	}
	for _, row := range []struct {
		name, method, path string
		claims             map[string]any
		want               int
		challenge          string // part of it
	}{
		{"a public route needs no token", "GET", "/healthz", nil, 200, ""},
		{"the metadata needs none", "GET", "/.well-known/oauth-protected-resource", nil, 200, ""},
		{"no token", "GET", "/notes", nil, 401, `scope="notes:read"`},
		{"every challenge leads to the metadata", "GET", "/notes", nil, 401, `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`},
		{"the scope", "GET", "/notes", map[string]any{"scope": "notes:read"}, 200, ""},
		{"one that includes it", "GET", "/notes", map[string]any{"scope": "notes:admin"}, 200, ""},
		{"another one", "GET", "/notes", map[string]any{"scope": "notes:write"}, 403, `scope="notes:read"`},
		{"a client where a user is needed", "POST", "/notes", map[string]any{"sub": "app", "client_id": "app", "scope": "notes:write"}, 403, `realm="api"`},
		{"an editor", "DELETE", "/notes/7", editor, 204, ""},
		{"not an editor", "DELETE", "/notes/7", changed("groups", []string{"readers"}), 403, `error="insufficient_scope"`},
		{"signed in long ago", "DELETE", "/notes/7", changed("auth_time", time.Now().Add(-time.Hour).Unix()), 401, `max_age="600"`},
		{"no such route, no token", "GET", "/nothing", nil, 401, "Bearer "},
		{"no such route", "GET", "/nothing", editor, 404, ""},
		{"no such method", "PUT", "/notes", editor, 405, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(row.method, row.path, nil)
			if row.claims != nil {
				r.Header.Set("Authorization", "Bearer "+issuer.Token(row.claims))
			}
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			challenge := w.Header().Get("WWW-Authenticate")
			if w.Code != row.want || !strings.Contains(challenge, row.challenge) || row.challenge == "" && challenge != "" {
				t.Errorf("%d %s", w.Code, challenge)
			}
		})
	}
}

// Without metadata the policy is the same, and nothing else is served.
func TestProtect(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	mux := http.NewServeMux()
	for pattern := range recipes.Policy() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	}
	api, err := recipes.Protect(guard, mux)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{
		issuer.Token(map[string]any{"scope": "notes:admin"}): 204,
		issuer.Token(map[string]any{"scope": "notes:write"}): 403,
		"": 401,
	} {
		r := httptest.NewRequest("GET", "/notes", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("got %d, want %d", w.Code, want)
		}
	}
	if _, err := recipes.Protect(guard, http.NewServeMux()); err == nil {
		t.Error("a row that the mux does not serve is no error")
	}
}
