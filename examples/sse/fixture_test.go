package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// pipes is a net.Listener whose connections are made by dial: a bubble of
// testing/synctest holds no socket.
type pipes struct {
	accepts chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepts <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepts:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// hub sends each change to all who subscribed.
type hub struct {
	mu      sync.Mutex
	streams map[chan string]context.Context
}

func (h *hub) subscribe(ctx context.Context) <-chan string {
	changes := make(chan string)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.streams[changes] = ctx
	return changes
}

// publish returns when every stream has taken the change, or has ended.
func (h *hub) publish(change string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for changes, ctx := range h.streams {
		select {
		case changes <- change:
		case <-ctx.Done():
			delete(h.streams, changes)
		}
	}
}

// bubble is the API, its issuer and a client of it, in a bubble.
type bubble struct {
	t      *testing.T
	issuer *issuertest.Issuer
	hub    *hub
	ended  chan struct{} // a value whenever the API's handler has returned
	pipes  *pipes
	client *http.Client
	close  func()
}

func newBubble(t *testing.T) *bubble {
	t.Helper()
	b := &bubble{
		t: t, issuer: issuertest.NewInMemoryIssuer(),
		hub: &hub{streams: map[chan string]context.Context{}}, ended: make(chan struct{}, 9),
		pipes: &pipes{accepts: make(chan net.Conn), closed: make(chan struct{})},
	}
	api, err := newAPI(b.issuer.URL, issuertest.Audience, b.issuer.Client(), b.hub.subscribe)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { b.ended <- struct{}{} }()
		api.ServeHTTP(w, r)
	})}
	go server.Serve(b.pipes)
	transport := &http.Transport{DialContext: b.pipes.dial}
	b.client = &http.Client{Transport: transport}
	b.close = func() {
		transport.CloseIdleConnections()
		server.Close()
		b.issuer.Close()
	}
	return b
}

// connect asks for the stream. The answer's body is for the caller to close.
func (b *bubble) connect(ctx context.Context, token string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://api.example/changes", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

// refused connects and returns the status and the challenge.
func (b *bubble) refused(token string) (int, string) {
	b.t.Helper()
	answer := b.connect(b.t.Context(), token)
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		b.t.Error(err)
	}
	return answer.StatusCode, answer.Header.Get("WWW-Authenticate")
}
