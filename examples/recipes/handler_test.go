package recipes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// whoami is the handler under test.
func whoami(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintln(w, token.Subject)
}

// A handler alone needs a token in the context.
func TestWhoami(t *testing.T) {
	token := &middleware.Token{Subject: "ada", Scopes: []string{"profile"}}
	r := httptest.NewRequest("GET", "/whoami", nil)
	r = r.WithContext(middleware.NewContext(r.Context(), token))
	w := httptest.NewRecorder()
	whoami(w, r)
	if w.Body.String() != "ada\n" {
		t.Errorf("got %q", w.Body)
	}
}

// The whole API needs an issuer.
func TestAPI(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	api := guard.Handler(scopes.Require("profile")(http.HandlerFunc(whoami)))
	for token, want := range map[string]int{
		issuer.Token(map[string]any{"scope": "profile"}): 200,
		issuer.Token(map[string]any{"scope": "other"}):   403,
		issuer.Token(map[string]any{"exp": 1}):           401,
		issuer.Sign(map[string]any{"alg": "none"}, nil):  401,
	} {
		r := httptest.NewRequest("GET", "/whoami", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("got %d, want %d: %s", w.Code, want, w.Header().Get("WWW-Authenticate"))
		}
	}
}
