package routers_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	os.Exit(m.Run())
}

// fixture is an API on a loopback port whose guard tells it of every decision.
type fixture struct {
	t      *testing.T
	url    string
	issuer *issuertest.Issuer

	mu     sync.Mutex
	events []middleware.Event
}

func serve(t *testing.T, api func(*middleware.Guard) http.Handler) *fixture {
	t.Helper()
	f := &fixture{t: t, issuer: issuertest.NewIssuer()}
	t.Cleanup(f.issuer.Close)
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: f.issuer.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api(middleware.New(verifier, &middleware.Options{Observe: f.observe})))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fixture) observe(_ context.Context, e middleware.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
}

// seen returns the events with this Op since the last call, and forgets all.
func (f *fixture) seen(op middleware.Op) []middleware.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var some []middleware.Event
	for _, e := range f.events {
		if e.Op == op {
			some = append(some, e)
		}
	}
	f.events = nil
	return some
}

// send makes one request and returns the answer with its body read.
func (f *fixture) send(method, path string, fields map[string]string) (*http.Response, string) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for name, value := range fields {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return response, string(body)
}
