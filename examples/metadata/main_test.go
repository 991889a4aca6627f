package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
)

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

const way = `GET   without a token  401
    the API describes itself at http://HOST/.well-known/oauth-protected-resource/notes
    and wants the scope         read
    its tokens come from        http://HOST
    which hands them out at     http://HOST/token
GET   with the token   200

POST  with the token   403
    the API describes itself at http://HOST/.well-known/oauth-protected-resource/notes
    and wants the scope         read write
    its tokens come from        http://HOST
    which hands them out at     http://HOST/token
POST  with the token   201
`

func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := port.ReplaceAllString(out, "HOST"); got != way {
		t.Errorf("got\n%s\nwant\n%s", got, way)
	}
}

// A client that followed every document would take its token wherever it is
// told to.
func TestTheClientBelievesOnlyTheResource(t *testing.T) {
	for _, row := range []struct{ name, document string }{
		{"the document of another resource", `{"resource":"https://other.example/notes","authorization_servers":["ISSUER"]}`},
		{"the resource with a slash more", `{"resource":"RESOURCE/","authorization_servers":["ISSUER"]}`},
		{"no authorization server", `{"resource":"RESOURCE"}`},
		{"an authorization server whose document is another's", `{"resource":"RESOURCE","authorization_servers":["ISSUER/t1"]}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			mux := http.NewServeMux()
			server := httptest.NewServer(mux)
			defer server.Close()
			resource := server.URL + "/notes"
			mux.HandleFunc("/notes", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="api", resource_metadata="`+server.URL+`/metadata", scope="read"`)
				w.WriteHeader(http.StatusUnauthorized)
			})
			mux.HandleFunc("/metadata", func(w http.ResponseWriter, _ *http.Request) {
				w.Write([]byte(strings.NewReplacer("RESOURCE", resource, "ISSUER", server.URL).Replace(row.document)))
			})
			issuer := func(w http.ResponseWriter, _ *http.Request) {
				w.Write([]byte(`{"issuer":"` + server.URL + `","token_endpoint":"` + server.URL + `/token","grant_types_supported":["client_credentials"]}`))
			}
			mux.HandleFunc("/.well-known/oauth-authorization-server", issuer)
			mux.HandleFunc("/.well-known/oauth-authorization-server/t1", issuer)
			mux.HandleFunc("/token", func(http.ResponseWriter, *http.Request) { t.Error("it asked for a token") })

			c := client{out: new(bytes.Buffer), id: "client", secret: "secret"}
			if err := c.visit(t.Context(), http.MethodGet, resource); err == nil || c.token != "" {
				t.Errorf("no error, token %q", c.token)
			}
		})
	}
}

func TestServesUntilInterrupted(t *testing.T) {
	err := show.Interrupted(t.Context(), run, func(printed string) {
		if !strings.Contains(printed, "\nTry it:\n  curl -i ") {
			t.Errorf("nothing to try:\n%s", printed)
		}
	})
	if err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

func TestMistakesInTheConfiguration(t *testing.T) {
	if _, err := newAPI("http://login.example.com", "https://api.example.com"); err == nil {
		t.Error("an issuer without TLS")
	}
}
