package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"github.com/warder-go/warder/issuertest"
)

// agentID is how the agent is registered at the issuer: a native app, without a
// secret (RFC 8252).
const agentID = "agent"

// register makes the agent and the API known to the issuer.
func register(issuer *issuertest.Issuer, resource string) {
	all := []string{"notes:read", "notes:write"}
	issuer.AddResource(issuertest.Resource{URI: resource, Scopes: all})
	issuer.AddClient(issuertest.Client{ID: agentID, RedirectURIs: []string{issuertest.RedirectURI}, Scopes: all})
}

// agent is an MCP client of the SDK's making. All it knows of the server is its
// URL: the first 401 leads it to the metadata, to the issuer and to a token, a
// 403 of a tool to another token.
type agent struct {
	*mcp.ClientSession
	asked int // how often the person was sent to the issuer
}

func newAgent(ctx context.Context, resource string) (*agent, error) {
	a := new(agent)
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient:      &oauthex.ClientCredentials{ClientID: agentID},
		RedirectURL:              issuertest.RedirectURI,
		AuthorizationCodeFetcher: a.browse,
	})
	if err != nil {
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1.0.0"}, nil)
	a.ClientSession, err = client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: resource, OAuthHandler: handler}, nil)
	return a, err
}

// browse stands for the person's browser. The issuer grants what it is asked
// for, so the answer is the redirect to the agent; a real one would listen there.
func (a *agent) browse(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	a.asked++
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, args.URL, nil)
	if err != nil {
		return nil, err
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := browser.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	back, err := response.Location()
	if err != nil {
		return nil, err
	}
	answer := back.Query()
	if answer.Get("code") == "" {
		return nil, errors.New("the issuer granted nothing")
	}
	return &auth.AuthorizationResult{Code: answer.Get("code"), State: answer.Get("state"), Iss: answer.Get("iss")}, nil
}

// use calls a tool and returns its result.
func (a *agent) use(ctx context.Context, tool, arguments string) (string, error) {
	result, err := a.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		return "", err
	}
	out, err := json.Marshal(result.StructuredContent)
	return string(out), err
}
