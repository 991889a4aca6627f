// Command mcp runs an issuer and an MCP server guarded by Warder in one
// process. The MCP SDK's own client finds the issuer from the server's first
// 401, gets a token from it, asks for more scope when a tool needs it, and a
// table shows what the server answers to everybody else.
//
//	go run .         then try the curl line it prints
//	go run . -once   exits after the table
//
// The order is what matters: the guard outside decides about tokens and
// answers refusals; [withTokenInfo] inside only tells the SDK who was
// admitted; [operations] between them asks of each call what its tool needs,
// while there is still an HTTP response to put a challenge in.
package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Every scope and what it is for. The challenge of a tool names all that its
// calls need, those of the endpoint included: clients ask for what it names.
var (
	endpoint = scopes.All("notes:read")
	toolbox  = map[string]scopes.Requirement{
		"whoami":   endpoint,
		"add_note": scopes.All("notes:read", "notes:write"),
	}
)

// newAPI is what you would write in your own service. The resource is the URL
// that clients use, byte for byte: the audience of the tokens, and what the
// metadata calls itself. Options may be nil.
func newAPI(cfg jwks.Config, resource string, opts *mcp.StreamableHTTPOptions) (http.Handler, error) {
	cfg.Audience = []string{resource} // tokens for anybody else are refused
	cfg.ClockSkew = clockSkew
	verifier, err := jwks.NewVerifier(cfg)
	if err != nil {
		return nil, err
	}
	policy := scopes.Routes{"/mcp": endpoint} // POST, and the GET and DELETE of sessions: no method is forgotten
	guard := middleware.New(verifier, &middleware.Options{
		Metadata: &middleware.Metadata{
			Resource:             resource,
			AuthorizationServers: []string{cfg.Issuer},
			Scopes:               policy.Scopes(), // not the toolbox's: MCP wants the least to start with, and challenges name more (RFC 9728 §2)
			Name:                 "Notes",
		},
		WriteDenial: writeDenial,
	})

	server := newServer(toolbox)
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, opts)
	document, metadata := guard.Metadata()
	mux := http.NewServeMux()
	mux.Handle("/mcp", operations(toolbox, withTokenInfo(sdk)))
	mux.Handle(document, metadata)
	policy[document] = scopes.Public()
	api, err := policy.Handler(guard, mux)
	if err != nil {
		return nil, err
	}
	own, err := url.Parse(resource)
	if err != nil {
		return nil, err
	}
	return ownOrigin(own, api), nil
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the MCP server, and an issuer for tests in place of yours. It
// listens first: the URL is the name of the server.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	listener, err := r.Listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	resource := r.URL + "/mcp"
	api, err := newAPI(jwks.Config{Issuer: issuer.URL}, resource, nil)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: 5 * time.Second,
		BaseContext: func(net.Listener) context.Context { return r.Context }, // streams end with the program
	}
	return r.ServeBy(server, func() error { return (&tour{r, issuer, resource}).show() })
}
