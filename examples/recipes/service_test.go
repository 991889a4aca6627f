package recipes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/issuertest"
)

func TestNewService(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	api, err := recipes.NewService(t.Context(), issuer.URL, issuertest.Audience, "", ok)
	if err != nil {
		t.Fatal(err)
	}
	server := recipes.NewServer(api)
	for _, row := range []struct {
		name, path, token string
		want              int
	}{
		{"a probe waits for the keys, and needs no token", "/readyz", "", 200},
		{"the API needs one", "/notes", "", 401},
		{"a good token", "/notes", issuer.Token(nil), 204},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", row.path, nil)
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			w := httptest.NewRecorder()
			server.Handler.ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("got %d, want %d", w.Code, row.want)
			}
		})
	}
	if server.ReadHeaderTimeout <= 0 || server.MaxHeaderBytes < 16<<10 {
		t.Errorf("the server's limits: %v, %d bytes", server.ReadHeaderTimeout, server.MaxHeaderBytes)
	}
	if _, err := recipes.NewService(t.Context(), "http://login.example.com", issuertest.Audience, "", ok); err == nil {
		t.Error("an issuer without TLS is no error")
	}
}
