package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
)

// fixture is the API on a loopback port, and an issuer for it.
type fixture struct {
	t        testing.TB
	issuer   *issuertest.Issuer
	resource string // the MCP endpoint
}

func serve(t testing.TB, opts *mcp.StreamableHTTPOptions) *fixture {
	t.Helper()
	f := &fixture{t: t, issuer: issuertest.NewIssuer()}
	t.Cleanup(f.issuer.Close)
	server := httptest.NewUnstartedServer(nil)
	f.resource = "http://" + server.Listener.Addr().String() + "/mcp"
	api, err := newAPI(jwks.Config{Issuer: f.issuer.URL}, f.resource, opts)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = api
	server.Start()
	t.Cleanup(server.Close)
	return f
}

// token returns an access token for the API with these changes.
func (f *fixture) token(claims map[string]any) string {
	all := map[string]any{"aud": f.resource, "scope": "notes:read"}
	maps.Copy(all, claims)
	return f.issuer.Token(all)
}

// answer is a response whose body was read.
type answer struct {
	*http.Response
	body string
}

// send makes one request as MCP clients do. An empty token or session sends
// no such field.
func (f *fixture) send(method, token, session, body string) answer {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second) // a stream that should have been refused
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, f.resource, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header = fields(token, session)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return answer{response, string(read)}
}

// session begins a session and returns its id.
func (f *fixture) session(token string) string {
	f.t.Helper()
	began := f.send("POST", token, "", initialize)
	id := began.Header.Get("Mcp-Session-Id")
	if began.StatusCode != 200 || id == "" {
		f.t.Fatalf("initialize: %d %s", began.StatusCode, began.body)
	}
	if ready := f.send("POST", token, id, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); ready.StatusCode != 202 {
		f.t.Fatalf("initialized: %d %s", ready.StatusCode, ready.body)
	}
	return id
}

// call returns the message that calls a tool.
func call(tool, arguments string) string {
	return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + `}}`
}

// want fails the test unless the status is as wanted and the challenge is there
// and has all of the parts; no parts mean no challenge.
func (a answer) want(t testing.TB, status int, parts ...string) {
	t.Helper()
	challenge := a.Header.Get("WWW-Authenticate")
	if a.StatusCode != status || challenge != "" != (len(parts) > 0) {
		t.Errorf("answered %d with %q, want %d\n%s", a.StatusCode, challenge, status, a.body)
	}
	for _, part := range parts {
		if !strings.Contains(challenge, part) {
			t.Errorf("the challenge %q lacks %q", challenge, part)
		}
	}
}
