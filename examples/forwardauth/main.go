// Command forwardauth is an authorization service: a proxy asks it about each
// request before it passes the request on. It answers the auth subrequests of
// nginx (auth_request), Traefik (ForwardAuth) and Envoy (ext_authz with an HTTP
// service) by one policy, that of the API behind the proxy.
//
//	go run ./examples/forwardauth         serves nginx.conf's proxy and a demo API
//	go run ./examples/forwardauth -once   asks in the three ways and exits
//
// What the proxy must do for this to be safe is in README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

func main() {
	var c config
	flag.StringVar(&c.proxy, "proxy", "nginx", "who asks: nginx, traefik or envoy")
	flag.StringVar(&c.listen, "listen", "127.0.0.1:9000", "where the proxy asks: a loopback address or unix:/path")
	flag.StringVar(&c.api, "api", "127.0.0.1:9001", "where the demo API listens, for the proxy alone")
	flag.Func("peers", "address prefixes of the proxy, with commas between: only with these may -listen be beyond loopback",
		func(s string) error {
			for one := range strings.SplitSeq(s, ",") {
				p, err := netip.ParsePrefix(one)
				if err != nil {
					return err
				}
				c.peers = append(c.peers, p)
			}
			return nil
		})
	show.Main("", func(r *show.Run) error { return run(r, c) })
}

type config struct {
	proxy       string
	listen, api string
	peers       []netip.Prefix
}

// run serves until Ctrl-C, or asks what -once asks.
func run(r *show.Run, c config) error {
	// Yours runs elsewhere: newService takes its identifier and your audience.
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	if r.Once {
		return newTour(r, issuer).show()
	}

	find, ok := shapes[c.proxy]
	if !ok {
		return fmt.Errorf("no proxy is called %q here: nginx, traefik or envoy", c.proxy)
	}
	service, err := newService(issuer.URL, issuertest.Audience, find)
	if err != nil {
		return err
	}
	asked, err := listen(c.listen, c.peers)
	if err != nil {
		return err
	}
	defer asked.Close()
	// Whoever reaches the API past the proxy can call himself anyone.
	behind, err := listen(c.api, nil)
	if err != nil {
		return err
	}
	defer behind.Close()

	r.Printf("authorization for %s at %s\ndemo API at %s\n\n%s\ncurl -i -H 'Authorization: Bearer %s' http://127.0.0.1:8080/notes\n\nServing until Ctrl-C.\n",
		c.proxy, asked.Addr(), behind.Addr(), policy, issuer.Token(map[string]any{"scope": "notes:read"}))
	return errors.Join(serve(r.Context,
		served{asked, newServer(service)},
		served{behind, newServer(newAPI())},
	)...)
}

type served struct {
	listener net.Listener
	server   *http.Server
}

// serve runs the servers until ctx ends or one of them fails, and stops all.
func serve(ctx context.Context, all ...served) []error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, len(all))
	for _, s := range all {
		go func() {
			failed <- s.server.Serve(s.listener)
			stop()
		}()
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var errs []error
	for _, s := range all {
		errs = append(errs, s.server.Shutdown(end))
	}
	for range all {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	return errs
}
