package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/issuertest"
)

// MCP-01, MCP-02: the SDK's client finds everything by itself, in sessions and
// without them.
func TestAgent(t *testing.T) {
	for _, opts := range []*mcp.StreamableHTTPOptions{{}, {Stateless: true}} {
		t.Run(fmt.Sprintf("stateless %v", opts.Stateless), func(t *testing.T) {
			f := serve(t, opts)
			register(f.issuer, f.resource)
			a, err := newAgent(t.Context(), f.resource)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []struct {
				tool, arguments, want string
				asked                 int
			}{
				{"whoami", `{}`, `{"client":"agent","scope":"notes:read","subject":"user"}`, 1},
				{"add_note", `{"text":"x"}`, `{"notes":1}`, 2},
				{"add_note", `{"text":"x"}`, `{"notes":2}`, 2},
				{"whoami", `{}`, `{"client":"agent","scope":"notes:read notes:write","subject":"user"}`, 2},
			} {
				got, err := a.use(t.Context(), step.tool, step.arguments)
				if err != nil || got != step.want || a.asked != step.asked {
					t.Errorf("%s: %s, asked %d times, %v; want %s and %d", step.tool, got, a.asked, err, step.want, step.asked)
				}
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A person who does not grant the scope has not ended the session.
func TestAgentThatIsNotGrantedMore(t *testing.T) {
	f := serve(t, nil)
	register(f.issuer, f.resource)
	f.issuer.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
		a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: []string{"notes:read"}})
	})
	a, err := newAgent(t.Context(), f.resource)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.use(t.Context(), "add_note", `{"text":"x"}`); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Errorf("add_note: %v", err)
	}
	if a.asked != 2 {
		t.Errorf("the person was asked %d times", a.asked)
	}
	if got, err := a.use(t.Context(), "whoami", `{}`); err != nil || !strings.Contains(got, `"subject":"alice"`) {
		t.Errorf("whoami: %s, %v", got, err)
	}
}
