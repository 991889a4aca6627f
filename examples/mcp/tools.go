package main

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/scopes"
)

// newServer returns the MCP server: two tools that see who calls.
func newServer(toolbox map[string]scopes.Requirement) *mcp.Server {
	var notes notebook
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1.0.0"}, nil)
	server.AddReceivingMiddleware(enforced(toolbox))
	mcp.AddTool(server, &mcp.Tool{Name: "whoami", Description: "Says who calls and with which scopes"}, whoami)
	mcp.AddTool(server, &mcp.Tool{Name: "add_note", Description: "Adds a note"}, notes.add)
	return server
}

// Caller is the result of whoami.
type Caller struct {
	Subject string `json:"subject"`
	Client  string `json:"client"`
	Scope   string `json:"scope"`
}

func whoami(_ context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, Caller, error) {
	t, ok := caller(req.Extra.TokenInfo)
	if !ok {
		return nil, Caller{}, errNotAllowed
	}
	granted := slices.Sorted(slices.Values(t.Scopes)) // a set; clients ask in any order
	return nil, Caller{t.Subject, t.ClientID, strings.Join(granted, " ")}, nil
}

// notebook keeps how many notes each user has.
type notebook struct {
	mu    sync.Mutex
	count map[string]int // by TokenInfo.UserID
}

// Note is what add_note takes.
type Note struct {
	Text string `json:"text"`
}

// Added is the result of add_note.
type Added struct {
	Notes int `json:"notes"`
}

func (n *notebook) add(_ context.Context, req *mcp.CallToolRequest, _ Note) (*mcp.CallToolResult, Added, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.count == nil {
		n.count = make(map[string]int)
	}
	user := req.Extra.TokenInfo.UserID
	n.count[user]++
	return nil, Added{n.count[user]}, nil
}

// errNotAllowed answers calls that [operations] should have refused.
var errNotAllowed = &jsonrpc.Error{Code: 403, Message: "Forbidden"}

// enforced lets no call reach a tool whose requirement the caller's token does
// not meet. [operations] has asked the same and answered with a challenge; this
// one goes by the name that the SDK itself has read and will run. The tool's
// context ends with the token.
func enforced(toolbox map[string]scopes.Requirement) mcp.Middleware {
	return func(next mcp.MethodHandler) mcp.MethodHandler {
		return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
			if method != methodCallTool {
				return next(ctx, method, req)
			}
			call, ok := req.(*mcp.CallToolRequest)
			if !ok || call.Extra == nil {
				return nil, errNotAllowed
			}
			t, ok := caller(call.Extra.TokenInfo)
			if !ok || toolbox[call.Params.Name].Check(t) != nil {
				return nil, errNotAllowed
			}
			ctx, cancel := whileAdmitted(ctx, t)
			defer cancel()
			return next(ctx, method, req)
		}
	}
}
