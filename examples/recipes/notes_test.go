package recipes_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func TestNotes(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	api := recipes.NewAPI(middleware.New(verifier, nil))
	for _, row := range []struct {
		method, path, scope string
		want                int
		least               string // the scope that the challenge names
	}{
		{"GET", "/healthz", "", 200, ""},
		{"GET", "/notes", "", 401, ""},
		{"GET", "/nowhere", "", 401, ""},
		{"GET", "/nowhere", "other", 404, ""},
		{"POST", "/notes", "notes:write", 201, ""},
		{"POST", "/notes", "notes:read", 403, `scope="notes:write"`},
		{"DELETE", "/notes/2", "notes:write", 204, ""},
		{"DELETE", "/notes/2", "notes:admin", 204, ""},
		{"DELETE", "/notes/2", "notes:read", 403, `scope="notes:write"`},
		{"DELETE", "/notes/1", "notes:write", 403, `scope="notes:admin"`},
		{"DELETE", "/notes/1", "notes:admin", 204, ""},
	} {
		t.Run(row.method+" "+row.path+" with "+row.scope, func(t *testing.T) {
			r := httptest.NewRequest(row.method, row.path, nil)
			if row.scope != "" {
				r.Header.Set("Authorization", "Bearer "+issuer.Token(map[string]any{"scope": row.scope}))
			}
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			challenge := w.Header().Get("WWW-Authenticate")
			if w.Code != row.want || !strings.Contains(challenge, row.least) {
				t.Errorf("got %d %s, want %d %s", w.Code, challenge, row.want, row.least)
			}
		})
	}
}
