// Package show holds what the examples share and what is no lesson: flags, a
// server and its shutdown, and a table of requests and their answers. Your
// service needs none of it.
package show

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
)

// freePort is an address of this machine alone, at a port that the system
// chooses.
const freePort = "127.0.0.1:0"

// Run is one run of an example. It is used by one goroutine.
type Run struct {
	Context context.Context // ends with Ctrl-C
	Out     io.Writer
	Addr    string // where to listen
	Once    bool   // exit after the tour
	URL     string // of the example, as soon as it listens

	listener net.Listener
	try      []string // commands for the reader
	wrong    int      // answers that were not as expected
}

// Main runs an example as a command, with the flags -once and, if there is a
// default for it, -addr. An example with more flags defines them before.
func Main(addr string, run func(*Run) error) {
	r := &Run{Out: os.Stdout, Addr: cmp.Or(addr, freePort)}
	flag.BoolVar(&r.Once, "once", false, "exit after the tour: 0 if every answer is as expected")
	if addr != "" {
		flag.StringVar(&r.Addr, "addr", addr, "where to listen; with -once a free port by default")
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "addr" })
	if r.Once && !given {
		r.Addr = freePort
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for the shutdown
	r.Context = ctx
	if err := run(r); err != nil {
		log.Fatal(err)
	}
}

// Printf prints to the reader.
func (r *Run) Printf(format string, args ...any) { fmt.Fprintf(r.Out, format, args...) }

// Try keeps a command for the reader. It is printed only if there will be a
// server to try it on.
func (r *Run) Try(format string, args ...any) { r.try = append(r.try, fmt.Sprintf(format, args...)) }

// Wait ends the tour: answers that were not as expected are an error. Without
// -once it then waits until Ctrl-C, or until the server has failed.
func (r *Run) Wait(failed <-chan error) error {
	if r.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", r.wrong)
	}
	if r.Once {
		return nil
	}
	if len(r.try) > 0 {
		r.Printf("\nTry it:\n  %s\n", strings.Join(r.try, "\n  "))
	}
	r.Printf("\n%s\n", serving)
	select {
	case <-r.Context.Done():
		return nil
	case err := <-failed:
		return err
	}
}

const serving = "Serving until Ctrl-C."

// Once runs an example as -once does, and returns what it printed. It is for
// tests, as is Interrupted.
func Once(ctx context.Context, run func(*Run) error) (printed string, err error) {
	var out strings.Builder
	err = run(&Run{Context: ctx, Out: &out, Addr: freePort, Once: true})
	return out.String(), err
}

// Interrupted runs an example until it serves, calls meanwhile with what it has
// printed, and interrupts it as Ctrl-C does.
func Interrupted(ctx context.Context, run func(*Run) error, meanwhile func(printed string)) error {
	ctx, interrupt := context.WithCancel(ctx)
	defer interrupt()
	out := &watched{then: func(printed string) {
		meanwhile(printed)
		interrupt()
	}}
	err := run(&Run{Context: ctx, Out: out, Addr: freePort})
	if ctx.Err() == nil {
		err = errors.Join(err, errors.New("it ended before it was interrupted"))
	}
	return err
}

// watched calls then when it is told that the example serves.
type watched struct {
	strings.Builder
	then func(printed string)
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if strings.Contains(string(p), serving) {
		w.then(w.String())
	}
	return n, err
}
