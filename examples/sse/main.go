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
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	warder "github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func main() {
	once := flag.Bool("once", false, "exit when the token has expired: 0 if every answer is as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the API listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// newAPI is what you would write in your own service. client may be nil.
func newAPI(issuer, audience string, client *http.Client, subscribe func(context.Context) <-chan string) (http.Handler, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}, HTTPClient: client})
	if err != nil {
		return nil, err
	}
	guard := warder.New(verifier, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /changes", Changes(subscribe))
	return scopes.Routes{"GET /changes": scopes.All("read")}.Handler(guard, mux)
}

// run serves the API until ctx ends, or until the client has seen its token
// expire.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	// The streams end with this: Shutdown waits for them and does not end them.
	streams, end := context.WithCancel(ctx)
	defer end()
	api, err := newAPI(issuer.URL, issuertest.Audience, nil, numbered)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: 5 * time.Second, // no WriteTimeout: it would end streams
		BaseContext: func(net.Listener) context.Context { return streams },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	t := tour{ctx: ctx, out: out, api: "http://" + listener.Addr().String(), issuer: issuer}
	err = t.show()
	if err == nil && !once {
		fmt.Fprintln(out, "\nServing until Ctrl-C.")
		select {
		case <-ctx.Done():
		case err = <-served:
			return err
		}
	}
	end()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(limit))
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
