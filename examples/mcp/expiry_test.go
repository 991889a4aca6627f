package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func TestStreamsEndWithTheToken(t *testing.T) {
	for _, row := range []struct {
		name, method, body string
		stateless          bool
	}{
		{name: "the stream of a session", method: "GET"},
		{
			name: "the stream of a subscription", method: "POST", stateless: true,
			body: `{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"}}}}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := issuertest.NewInMemoryIssuer()
				defer issuer.Close()
				const resource = "https://notes.example/mcp"
				api, err := newAPI(jwks.Config{Issuer: issuer.URL, HTTPClient: issuer.Client()}, resource, &mcp.StreamableHTTPOptions{Stateless: row.stateless})
				if err != nil {
					t.Fatal(err)
				}
				token := func(lifetime time.Duration) string {
					return issuer.Token(map[string]any{"aud": resource, "scope": "notes:read", "exp": time.Now().Add(lifetime).Unix()})
				}
				send := func(method, token, session, body string) *httptest.ResponseRecorder {
					r := httptest.NewRequest(method, resource, strings.NewReader(body))
					r.Header = fields(token, session)
					if row.stateless {
						r.Header.Set("Mcp-Protocol-Version", "2026-07-28")
						r.Header.Set("Mcp-Method", "subscriptions/listen")
					}
					w := httptest.NewRecorder()
					api.ServeHTTP(w, r)
					return w
				}
				session := ""
				if !row.stateless {
					session = send("POST", token(time.Hour), "", initialize).Header().Get("Mcp-Session-Id")
					defer func() {
						if w := send("DELETE", token(time.Hour), session, ""); w.Code != 204 {
							t.Errorf("DELETE: %d %s", w.Code, w.Body)
						}
					}()
				}
				began := time.Now()
				w := send(row.method, token(time.Minute), session, row.body)
				if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" {
					t.Fatalf("answered %d %s", w.Code, w.Body)
				}
				if took := time.Since(began); took != time.Minute+clockSkew {
					t.Errorf("the stream ended after %v", took)
				}
			})
		})
	}
}

// chatty serves a tool "chat" that reports progress every 7 seconds for ten
// minutes, or until its context ends.
type chatty struct {
	heedless bool // ignores its context
	reports  int  // that the SDK took
	ended    time.Time
}

func (c *chatty) chat(ctx context.Context, req *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, struct{}, error) {
	defer func() { c.ended = time.Now() }()
	if c.heedless {
		ctx = context.WithoutCancel(ctx)
	}
	tick := time.NewTicker(7 * time.Second)
	defer tick.Stop()
	for range int(10 * time.Minute / (7 * time.Second)) {
		select {
		case <-ctx.Done():
			return nil, struct{}{}, ctx.Err()
		case <-tick.C:
		}
		progress := &mcp.ProgressNotificationParams{ProgressToken: req.Params.GetProgressToken()}
		if req.Session.NotifyProgress(ctx, progress) == nil {
			c.reports++
		}
	}
	return nil, struct{}{}, nil
}

// serve returns what sends requests to an MCP server with that tool, each with a
// token that expires when it says.
func (c *chatty) serve(stateless bool) func(w http.ResponseWriter, method string, exp time.Time, session, body string) {
	tools := map[string]scopes.Requirement{"chat": endpoint}
	server := newServer(tools)
	mcp.AddTool(server, &mcp.Tool{Name: "chat"}, c.chat)
	sdk := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{Stateless: stateless})
	h := operations(tools, withTokenInfo(sdk))
	return func(w http.ResponseWriter, method string, exp time.Time, session, body string) {
		r := httptest.NewRequest(method, "/mcp", strings.NewReader(body))
		r.Header = fields("admitted", session)
		token := &middleware.Token{Issuer: "https://issuer.example", Subject: "user", Scopes: []string{"notes:read"}, Expiry: exp}
		h.ServeHTTP(w, r.WithContext(middleware.NewContext(r.Context(), token)))
	}
}

// stuck is the response to a client that has stopped reading.
type stuck struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (s *stuck) SetWriteDeadline(end time.Time) error {
	s.deadline = end
	return nil
}

func (s *stuck) Write([]byte) (int, error) {
	if s.deadline.IsZero() {
		select {} // for ever
	}
	time.Sleep(time.Until(s.deadline)) // the bubble's time
	return 0, os.ErrDeadlineExceeded
}

// callChat asks for reports of its progress.
const callChat = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"chat","arguments":{},"_meta":{"progressToken":"p"}}}`

func TestCallsEndWithTheToken(t *testing.T) {
	for _, row := range []struct {
		name                string
		stateless, heedless bool
	}{
		{name: "a call without a session", stateless: true},
		{name: "a call in a session"},
		{name: "a call without a session, of a tool that goes on", stateless: true, heedless: true},
		{name: "a call in a session, of a tool that goes on", heedless: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tool := &chatty{heedless: row.heedless}
				send := tool.serve(row.stateless)
				began := time.Now()
				session := ""
				if !row.stateless {
					// It outlives the token that it was begun with.
					w := httptest.NewRecorder()
					send(w, "POST", began.Add(30*time.Second), "", initialize)
					session = w.Header().Get("Mcp-Session-Id")
					defer func() { send(httptest.NewRecorder(), "DELETE", time.Now().Add(time.Hour), session, "") }()
				}
				w := httptest.NewRecorder()
				send(w, "POST", began.Add(time.Minute), session, callChat)
				took := time.Since(began)
				body := w.Body.String()
				synctest.Wait()

				const lives = time.Minute + clockSkew
				if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" {
					t.Fatalf("answered %d %s", w.Code, w.Body)
				}
				if n := strings.Count(body, "notifications/progress"); n != int(lives/(7*time.Second)) || tool.reports != n && !tool.ended.IsZero() {
					t.Errorf("%d reports, and %d by the tool's count", n, tool.reports)
				}
				if !row.heedless && tool.ended.Sub(began) != lives {
					t.Errorf("the tool ended after %v", tool.ended.Sub(began))
				}
				// Without a session, the SDK waits for a tool that does not heed its context.
				if !(row.stateless && row.heedless) && took != lives {
					t.Errorf("the response ended after %v", took)
				}
			})
		})
	}
}

// A write that blocks does not see that a context has ended.
func TestAClientThatStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := untilExpiry(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := w.Write([]byte("event")); err == nil {
				t.Error("written")
			}
		}))
		began := time.Now()
		token := &middleware.Token{Issuer: "https://issuer.example", Subject: "user", Expiry: began.Add(time.Minute)}
		r := httptest.NewRequest("GET", "/mcp", nil)
		h.ServeHTTP(&stuck{ResponseRecorder: httptest.NewRecorder()}, r.WithContext(middleware.NewContext(r.Context(), token)))
		if took := time.Since(began); took < time.Minute || took > 2*time.Minute {
			t.Errorf("the response ended after %v", took)
		}
	})
}
