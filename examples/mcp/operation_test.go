package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// MCP-02: one challenge names all that the call needs, and where to get it.
func TestAToolThatNeedsMore(t *testing.T) {
	for _, opts := range []*mcp.StreamableHTTPOptions{{}, {Stateless: true}} {
		t.Run(fmt.Sprintf("stateless %v", opts.Stateless), func(t *testing.T) {
			f := serve(t, opts)
			reader, writer := f.token(nil), f.token(map[string]any{"scope": "notes:write notes:read"})
			session := ""
			if !opts.Stateless {
				session = f.session(reader)
			}
			add := call("add_note", `{"text":"x"}`)
			refused := f.send("POST", reader, session, add)
			refused.want(t, 403, `Bearer realm=`, `error="insufficient_scope"`, `scope="notes:read notes:write"`,
				`resource_metadata="`+strings.TrimSuffix(f.resource, "/mcp")+`/.well-known/oauth-protected-resource/mcp"`)
			if want := `{"jsonrpc":"2.0","id":7,"error":{"code":403,"message":"Forbidden"}}`; refused.body != want {
				t.Errorf("the call was answered %s", refused.body)
			}
			f.send("POST", f.token(map[string]any{"scope": "other"}), session, call("whoami", "{}")).
				want(t, 403, `scope="notes:read"`)
			f.send("POST", reader, session, call("unheard_of", "{}")).want(t, 403)
			f.send("POST", reader, session, call("whoami", "{}")).want(t, 200)

			added := f.send("POST", writer, session, add)
			added.want(t, 200)
			if !strings.Contains(added.body, `"notes":1`) {
				t.Errorf("the refused call was run: %s", added.body)
			}
		})
	}
}

func TestMessagesThatCannotBeRead(t *testing.T) {
	f := serve(t, nil)
	token := f.token(map[string]any{"scope": "notes:read notes:write"})
	session := f.session(token)
	add := call("add_note", `{"text":"x"}`)
	for _, row := range []struct {
		name, body string
		want       int
	}{
		{"nothing", "", 400},
		{"no JSON", "tools/call", 400},
		{"a batch", "[" + add + "]", 400},
		{"a batch of none", "[]", 400},
		{"null", "null", 400},
		{"another version of JSON-RPC", strings.Replace(add, "2.0", "1.0", 1), 400},
		{"too long", add[:len(add)-1] + strings.Repeat(" ", maxMessage) + "}", 413},
		{"a call of no tool", `{"jsonrpc":"2.0","id":7,"method":"tools/call"}`, 403},
		{"a call of a tool whose name is a number", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":1}}`, 403},
		{"parameters that are a list", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":["add_note"]}`, 403},
	} {
		t.Run(row.name, func(t *testing.T) { f.send("POST", token, session, row.body).want(t, row.want) })
	}
}

// tricks are messages that two readers may take for two different ones. With
// nobody to judge calls, the SDK runs add_note for some; the others show only
// that the SDK refuses it by itself, or reads the harmless message.
var tricks = []struct {
	name, body string
	runs       bool
}{
	{"two methods, the call last", `{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call","params":{"name":"add_note","arguments":{"text":"x"}}}`, true},
	{"two methods, the call first: the SDK refuses it", `{"jsonrpc":"2.0","id":7,"method":"tools/call","method":"ping","params":{"name":"add_note","arguments":{"text":"x"}}}`, false},
	{"a method and another Method", `{"jsonrpc":"2.0","id":7,"method":"tools/call","Method":"ping","params":{"name":"add_note","arguments":{"text":"x"}}}`, true},
	{"two names, the tool last", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","name":"add_note","arguments":{"text":"x"}}}`, true},
	{"two names, the tool first: the SDK refuses it", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note","name":"whoami","arguments":{"text":"x"}}}`, false},
	{"a name and another Name", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note","Name":"whoami","arguments":{"text":"x"}}}`, true},
	{"two parameters, the tool last", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami"},"params":{"name":"add_note","arguments":{"text":"x"}}}`, true},
	{"parameters and other Parameters: the SDK refuses it", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note"},"Params":{"name":"whoami","arguments":{"text":"x"}}}`, false},
	{"escapes", `{"jsonrpc":"2.0","id":7,"method":"tools\/call","params":{"name":"add\u005fnote","arguments":{"text":"x"}}}`, true},
	{"two messages: the SDK refuses it", `{"jsonrpc":"2.0","id":7,"method":"ping"}{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"add_note","arguments":{"text":"x"}}}`, false},
	{"a name that is null at last: the SDK refuses it", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami\u0000","name":null,"arguments":{"text":"x"}}}`, false},
	{"a batch", "[" + call("add_note", `{"text":"x"}`) + "]", true},
	{"a byte order mark: the SDK refuses it", "\ufeff" + call("add_note", `{"text":"x"}`), false},
	{"space before the message", " \n" + call("add_note", `{"text":"x"}`), true},
}

// lines are the two that judge calls, and each of them alone.
var lines = map[string]struct{ before, within bool }{
	"both": {true, true}, "before the SDK": {true, false}, "within the SDK": {false, true},
}

// countAdded returns how often the tool add_note ran for a token of these scopes.
func countAdded(before, within bool, body string, granted ...string) int {
	var added atomic.Int32
	server := mcp.NewServer(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	if within {
		server.AddReceivingMiddleware(enforced(toolbox))
	}
	mcp.AddTool(server, &mcp.Tool{Name: "whoami"}, whoami)
	mcp.AddTool(server, &mcp.Tool{Name: "add_note"}, func(context.Context, *mcp.CallToolRequest, Note) (*mcp.CallToolResult, Added, error) {
		added.Add(1)
		return nil, Added{}, nil
	})
	h := withTokenInfo(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true}))
	if before {
		h = operations(toolbox, h)
	}
	r := httptest.NewRequest("POST", "/mcp", strings.NewReader(body))
	r.Header = fields("admitted", "")
	r.Header.Del("Mcp-Protocol-Version") // the SDK then takes batches too
	token := &middleware.Token{Issuer: "https://issuer.example", Subject: "user", Scopes: granted}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(middleware.NewContext(r.Context(), token)))
	return int(added.Load())
}

func TestNoTrickCallsATool(t *testing.T) {
	for name, line := range lines {
		t.Run(name, func(t *testing.T) {
			for _, trick := range tricks {
				if countAdded(line.before, line.within, trick.body, "notes:read") != 0 {
					t.Errorf("%s: add_note ran for notes:read", trick.name)
				}
			}
			if countAdded(line.before, line.within, call("add_note", `{"text":"x"}`), "notes:read", "notes:write") != 1 {
				t.Error("add_note did not run for notes:read and notes:write")
			}
		})
	}
}

// Or the test above could not fail.
func TestWithoutAJudgeTricksCallATool(t *testing.T) {
	for _, trick := range tricks {
		if ran := countAdded(false, false, trick.body, "notes:read") != 0; ran != trick.runs {
			t.Errorf("%s: add_note ran: %v", trick.name, ran)
		}
	}
}

func TestTheServerItselfRefuses(t *testing.T) {
	server := newServer(toolbox)
	h := withTokenInfo(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: true}))
	for _, tool := range []string{"add_note", "unheard_of"} {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(call(tool, `{"text":"x"}`)))
		r.Header = fields("admitted", "")
		w := httptest.NewRecorder()
		token := &middleware.Token{Issuer: "https://issuer.example", Subject: "user", Scopes: []string{"notes:read"}}
		h.ServeHTTP(w, r.WithContext(middleware.NewContext(r.Context(), token)))
		if !strings.Contains(w.Body.String(), `"error":{"code":403,"message":"Forbidden"}`) {
			t.Errorf("%s: answered %s", tool, w.Body)
		}
	}
}

// Whatever is sent, no tool runs for less than it needs; and neither of the two
// that see to it leans on the other.
func FuzzOperations(f *testing.F) {
	for _, trick := range tricks {
		f.Add(trick.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for name, line := range lines {
			if countAdded(line.before, line.within, body, "notes:read") != 0 {
				t.Errorf("%s: add_note ran for notes:read", name)
			}
		}
	})
}

// A requirement that was forgotten refuses.
func TestAToolWithoutARequirement(t *testing.T) {
	h := operations(map[string]scopes.Requirement{"whoami": {}}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	for _, tool := range []string{"whoami", "add_note"} {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(call(tool, "{}")))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(middleware.NewContext(r.Context(), &middleware.Token{Scopes: []string{"notes:read"}})))
		if w.Code != 403 || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%s: answered %d %v", tool, w.Code, w.Header())
		}
	}
}
