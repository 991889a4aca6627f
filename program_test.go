package warder_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/snippet"
	"github.com/warder-go/warder/issuertest"
)

// logOfTheProgram runs the program of the README against an issuer, as readers
// are told to, and returns what it logs.
func logOfTheProgram(t *testing.T) string {
	t.Helper()
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, metrics := freeAddress(t), freeAddress(t)
	text := program(t)
	for was, is := range map[string]string{
		"http://127.0.0.1:9000": issuer.URL,
		"127.0.0.1:8080":        api,
		"127.0.0.1:9090":        metrics,
	} {
		if strings.Count(text, `"`+was+`"`) != 1 {
			t.Fatalf("the program does not name %s once", was)
		}
		text = strings.ReplaceAll(text, `"`+was+`"`, `"`+is+`"`)
	}
	source, binary := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "build", "-o", binary, source)

	var logged bytes.Buffer
	c := exec.CommandContext(t.Context(), binary)
	c.Stdout, c.Stderr = &logged, &logged
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for _, address := range []string{api, metrics} {
		awaitListener(t, address, ended)
	}

	const audience = "https://api.example"
	reads := issuer.Token(map[string]any{"aud": audience, "scope": "notes:read", "sub": "ada"})
	for _, row := range []struct {
		name, method, path, token string
		status                    int
		body                      string // part of it
	}{
		{"a public route needs no token", "GET", "/healthz", "", 200, "ok\n"},
		{"a good token", "GET", "/notes", reads, 200, "notes of ada, for " + issuertest.ClientID + "\n"},
		{"a token without the scope", "POST", "/notes", reads, 403, ""},
		{"the scope", "POST", "/notes", issuer.Token(map[string]any{"aud": audience, "scope": "notes:write"}), 201, ""},
		{"no token", "GET", "/notes", "", 401, ""},
		{"a token for another API", "GET", "/notes", issuer.Token(map[string]any{"aud": "https://other.example"}), 401, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, "http://"+api+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if row.token != "" {
			r.Header.Set("Authorization", "Bearer "+row.token)
		}
		if status, body := send(t, r); status != row.status || !strings.Contains(body, row.body) {
			t.Errorf("the program answers %s %s, %s: %d %q, want %d %q", row.method, row.path, row.name, status, body, row.status, row.body)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+metrics+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, r); status != 200 || !strings.Contains(body, `warder_requests_total{issuer="`+issuer.URL+`",reason="wrong_audience"} 1`) {
		t.Errorf("the program's metrics: %d\n%s", status, body)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	return logged.String()
}

// program returns the one block of Go in the README.
func program(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	all, err := snippet.Parse(readme, string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d blocks of Go in the README, want the program alone", len(all))
	}
	return all[0].Text
}

// freeAddress returns an address of this machine where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// awaitListener returns when somebody listens at address, and fails when the
// program has ended.
func awaitListener(t *testing.T, address string, ended <-chan error) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("the program ended: %v", err)
		case <-t.Context().Done():
			t.Fatal(err)
		case <-again.C:
		}
	}
}

// send returns the status and the body of the answer to r.
func send(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
