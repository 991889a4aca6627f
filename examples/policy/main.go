// Command policy runs an API whose policy is one table, prints that table, and
// shows what the API answers to tokens that grant much and little.
//
//	go run ./examples/policy         then try the curl lines it prints
//	go run ./examples/policy -once   exits after the tables
//
// The lesson: say once what each route needs. Checks, challenges, the metadata
// document and the printed table are made of that, so none of them can drift
// from the others, and a route that the table forgot is closed.
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
)

func main() {
	once := flag.Bool("once", false, "exit after the tables: 0 if every answer is as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the API listens")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// run serves the API until ctx ends, or until the tables are printed.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, routes, err := newAPI(issuer.URL, issuertest.Audience)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	fmt.Fprint(out, routes) // a review compares this, or a log keeps it
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
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(end))
}
