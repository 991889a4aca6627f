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
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"os/signal"

	"github.com/warder-go/warder/examples/issuer/pages"
	"github.com/warder-go/warder/issuertest"
)

func main() {
	once := flag.Bool("once", false, "look at every page and exit: 0 if all is as expected")
	addr := flag.String("addr", "127.0.0.1:9000", "where the issuer listens; with -once a free port by default")
	identifier := flag.String("issuer", "", "the issuer's URL, if a proxy with TLS stands in front; scheme and host alone")
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "addr" })
	if *once && !given {
		*addr = "127.0.0.1:0"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *identifier, *once); err != nil {
		log.Fatal(err)
	}
}

// run serves the issuer until ctx ends, or until the tour is over.
func run(ctx context.Context, out io.Writer, addr, identifier string, once bool) error {
	if u, err := url.Parse(identifier); err != nil || identifier != "" && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || identifier != u.Scheme+"://"+u.Host) {
		return errors.New("-issuer is not a URL of scheme and host alone")
	}
	if once && identifier != "" {
		return errors.New("-once looks at the pages directly: leave -issuer out")
	}
	listener, err := net.Listen("tcp", addr)
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
	describe(out, issuer.URL)
	if once {
		t := tour{ctx: ctx, out: out, issuer: issuer}
		return t.show()
	}
	fmt.Fprintln(out, "\nServing until Ctrl-C.")
	<-ctx.Done()
	return nil
}
