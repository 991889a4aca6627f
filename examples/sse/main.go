// Command sse streams server-sent events to a caller until its access token
// expires, and shows what the caller sees then.
//
//	go run ./examples/sse         then try the curl line it prints
//	go run ./examples/sse -once   exits when the token has expired: two seconds
//
// The lesson: a token is judged when the request comes, and a stream outlives
// it. So the handler ends with the token, says so in a last event, and does not
// begin with a token that has only the tolerated clock skew left to live.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// newAPI is what you would write in your own service. client may be nil.
func newAPI(issuer, audience string, client *http.Client, subscribe func(context.Context) <-chan string) (http.Handler, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}, HTTPClient: client})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /changes", Changes(subscribe))
	return scopes.Routes{"GET /changes": scopes.All("read")}.Handler(guard, mux)
}

// newServer returns a server for streams, which end when it is shut down:
// Shutdown itself waits for them and does not end them.
func newServer(api http.Handler) *http.Server {
	streams, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: 5 * time.Second, // no WriteTimeout: it would end streams
		BaseContext: func(net.Listener) context.Context { return streams },
	}
	server.RegisterOnShutdown(end)
	return server
}

// numbered makes changes for one stream, until ctx ends. Yours adds the stream
// to those that a change is sent to, and takes it away when ctx ends.
func numbered(ctx context.Context) <-chan string {
	changes := make(chan string)
	go func() {
		every := time.NewTicker(400 * time.Millisecond)
		defer every.Stop()
		for n := 1; ; n++ {
			select {
			case <-every.C:
			case <-ctx.Done():
				return
			}
			select {
			case changes <- fmt.Sprintf("note %d", n):
			case <-ctx.Done():
				return
			}
		}
	}()
	return changes
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and an issuer for tests in place of yours.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, err := newAPI(issuer.URL, issuertest.Audience, nil, numbered)
	if err != nil {
		return err
	}
	return r.ServeBy(newServer(api), func() error { return (&tour{r}).show(issuer) })
}
