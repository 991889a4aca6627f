package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
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
	var out bytes.Buffer
	if err := run(t.Context(), &out, "127.0.0.1:0", true); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	got := port.ReplaceAllString(out.String(), "HOST")
	if !strings.HasPrefix(got, way) || !strings.Contains(got, "curl -i ") {
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

// lines tells when a line with the text was written.
type lines struct {
	text string
	seen chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.text) {
		close(l.seen)
	}
	return len(p), nil
}

func TestServesUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out := &lines{text: "Serving until Ctrl-C", seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- run(ctx, out, "127.0.0.1:0", false) }()
	select {
	case <-out.seen:
	case err := <-done:
		t.Fatalf("stopped before it was interrupted: %v", err)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

func TestMistakesInTheConfiguration(t *testing.T) {
	if _, err := newAPI("http://login.example.com", "https://api.example.com"); err == nil {
		t.Error("an issuer without TLS")
	}
}
