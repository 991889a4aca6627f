// Command issuer serves the reference issuer with pages for people: sign in,
// consent, connect a device.
//
//	go run ./examples/issuer                      at http://127.0.0.1:9000
//	go run ./examples/issuer -addr 127.0.0.1:0    at a free port
//	go run ./examples/issuer -once                looks at every page and exits
//
// The first line of the output is the issuer's URL. It is a tool for tests and
// for learning, and no production server: users, secrets and codes are fixed and
// printed, and nothing is kept.
package main

import (
	"errors"
	"flag"
	"net"
	"net/url"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/examples/issuer/pages"
	"github.com/warder-go/warder/issuertest"
)

func main() {
	identifier := flag.String("issuer", "", "the issuer's URL, if a proxy with TLS stands in front; scheme and host alone")
	show.Main("127.0.0.1:9000", func(r *show.Run) error { return run(r, *identifier) })
}

// run serves the issuer until Ctrl-C, or until the tour is over.
func run(r *show.Run, identifier string) error {
	if u, err := url.Parse(identifier); err != nil || identifier != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || identifier != u.Scheme+"://"+u.Host) {
		return errors.New("-issuer is not a URL of scheme and host alone")
	}
	if r.Once && identifier != "" {
		return errors.New("-once looks at the pages directly: leave -issuer out")
	}
	listener, err := r.Listen()
	if err != nil {
		return err
	}
	if at, ok := listener.Addr().(*net.TCPAddr); identifier == "" && (!ok || !at.IP.IsLoopback()) {
		listener.Close()
		return errors.New("-addr: the passwords are known to all, so the issuer serves beyond this machine only with -issuer")
	}
	issuer := issuertest.NewIssuerAt(listener, identifier)
	defer issuer.Close()
	seed(issuer)
	pages.Serve(issuer, options)
	describe(r.Out, issuer.URL)
	if r.Once {
		if err := newTour(r, issuer).show(); err != nil {
			return err
		}
	}
	return r.Wait(nil)
}
