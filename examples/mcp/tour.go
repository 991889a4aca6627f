package main

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// tour lets an agent use the server, sends requests of others, and prints what
// becomes of them.
type tour struct {
	*show.Run
	issuer   *issuertest.Issuer
	resource string
}

// The messages of the table.
const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":` +
		`{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tour","version":"1.0.0"}}}`
	callWhoami  = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`
	callAddNote = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"hi"}}}`
)

func (t *tour) show() error {
	register(t.issuer, t.resource)
	t.Printf("issuer     %s\nMCP server %s\n\n", t.issuer.URL, t.resource)
	if err := t.agent(); err != nil {
		return err
	}

	token := func(claims map[string]any) string {
		all := map[string]any{"aud": t.resource, "scope": "notes:read"}
		maps.Copy(all, claims)
		return t.issuer.Token(all)
	}
	good := token(nil)
	t.Printf("\n")
	t.send("no token", "POST", "", "", initialize, 401)
	t.send("for another API", "POST", token(map[string]any{"aud": issuertest.Audience}), "", initialize, 401)
	session := t.send("a good token", "POST", good, "", initialize, 200)
	t.send("the session, no token", "POST", "", session, callWhoami, 401)
	t.send("the same, its stream", "GET", "", session, "", 401)
	t.send("the same, its end", "DELETE", "", session, "", 401)
	t.send("the session, another user", "POST", token(map[string]any{"sub": "mallory"}), session, callWhoami, 403)
	t.send("the session, its user", "POST", good, session, callWhoami, 200)
	t.send("a tool that needs more", "POST", good, session, callAddNote, 403)
	t.send("a batch", "POST", good, session, "["+callAddNote+"]", 400)
	t.send("its end, its user", "DELETE", good, session, "", 204)

	t.Try("curl -i -d '%s' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -H '%s' %s",
		initialize, show.Bearer(good), t.resource)
	return nil
}

// agent is served without being told more than the URL.
func (t *tour) agent() error {
	a, err := newAgent(t.Context, t.resource)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, step := range []struct {
		tool, arguments string
		asked           int // times the person has been at the issuer by then
	}{
		{"whoami", `{}`, 1},
		{"add_note", `{"text":"hi"}`, 2}, // 403 first: it needs another token
		{"whoami", `{}`, 2},
	} {
		result, err := a.use(t.Context, step.tool, step.arguments)
		if err != nil {
			return err
		}
		t.Row(fmt.Sprintf("%-9s %s   authorizations so far: ", step.tool, result), a.asked, step.asked)
	}
	return nil
}

// send makes one request, prints one row and returns the session's id.
func (t *tour) send(what, method, token, session, body string, want int) string {
	answer := t.Ask(method+" /mcp "+body, fields(token, session))
	t.Row(fmt.Sprintf("%-26s %-6s ", what, method), answer, want)
	t.Refusal(answer)
	return answer.Header.Get("Mcp-Session-Id")
}

// fields returns the header of an MCP request. An empty token or session is not
// sent.
func fields(token, session string) http.Header {
	h := http.Header{
		"Content-Type":         {"application/json"},
		"Accept":               {"application/json, text/event-stream"},
		"Mcp-Protocol-Version": {"2025-11-25"},
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	if session != "" {
		h.Set("Mcp-Session-Id", session)
	}
	return h
}
