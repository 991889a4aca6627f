package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The server group: a real server on loopback, guarded in several ways, under
// clients that keep their connections. Clients and server share the machine, as
// the clients do next to nothing: they write the same bytes again and again and
// count the ends of answers.
const (
	serverGroup = "server"
	clients     = 32

	bound = "R and nothing else" // the name of the floor among the guards
	slow  = 5 * time.Second      // how much longer than its window a client may take
)

// A served is one way to guard the server.
type served struct {
	name    string
	handler http.Handler
	addr    string
	shares  []float64 // of the unguarded server's requests in the same time
}

// guards returns the ways to guard the server, with what each is compared with: no
// guard at all.
func guards(is *issuer, token string) (all []*served, open *served, err error) {
	for _, c := range contenders {
		if c.name == "Warder, cold, decision alone" {
			continue
		}
		h, err := c.guard(is, "RS256", handler)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, &served{name: c.name, handler: h})
	}
	// What no guard that checks signatures can pass.
	floor := is.floor("RS256", token)
	all = append(all, &served{name: bound, handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		floor()
		handler(w, r)
	})})
	return all, &served{name: "no guard", handler: handler}, nil
}

// start serves until the function that it returns is called.
func (s *served) start() (stop func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: slow}
	go server.Serve(l)
	s.addr = l.Addr().String()
	return server.Close, nil
}

// measureServers compares each way with no guard at all, in pairs: a window of
// the one, a window of the other, a window of the one.
func measureServers(is *issuer, rounds int, window time.Duration) ([]*served, error) {
	token := is.requests("RS256")[0].token
	all, open, err := guards(is, token)
	if err != nil {
		return nil, err
	}
	for _, s := range append([]*served{open}, all...) {
		stop, err := s.start()
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	for range rounds {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, s := range all {
			before, err := open.load(token, window)
			if err != nil {
				return nil, err
			}
			n, err := s.load(token, window)
			if err != nil {
				return nil, err
			}
			after, err := open.load(token, window)
			if err != nil {
				return nil, err
			}
			s.shares = append(s.shares, 2*float64(n)/float64(before+after))
		}
	}
	return all, nil
}

// load returns how many requests s answered within a window.
func (s *served) load(token string, window time.Duration) (int64, error) {
	ask := []byte("GET /notes HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	var (
		answered atomic.Int64
		failed   atomic.Pointer[error]
		all      sync.WaitGroup
	)
	for range clients {
		all.Go(func() {
			if err := client(s.addr, ask, window, slow, &answered); err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, fmt.Errorf("bench: a server with %s: %w", s.name, *err)
	}
	return answered.Load(), nil
}

// client sends ask once, and then until the window is over, and counts the answers
// to that. net/http reads the first, which has to be 200; the others have to be as
// long, with the same status line and the same end. Anything else is an error, as
// is a connection that takes longer than window and patience in all.
func client(addr string, ask []byte, window, patience time.Duration, answered *atomic.Int64) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(window + patience)); err != nil {
		return err
	}
	if _, err := conn.Write(ask); err != nil {
		return err
	}
	var raw bytes.Buffer
	read, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &raw)), nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(read.Body)
	if err != nil {
		return err
	}
	if read.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", read.StatusCode)
	}
	first := raw.Bytes()
	line := first[:bytes.IndexByte(first, '\n')+1]
	answer := make([]byte, len(first))
	for end := time.Now().Add(window); time.Now().Before(end); {
		if _, err := conn.Write(ask); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			return err
		}
		if !bytes.HasPrefix(answer, line) || !bytes.HasSuffix(answer, body) {
			return errors.New("an answer that is not the first again")
		}
		answered.Add(1)
	}
	return nil
}

func printServers(w io.Writer, all []*served) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(w, "**A server on loopback** under %d clients that keep their connections (RS256). Unit: what it answers without a guard\n\n", clients)
	var t table
	t.add("", "share")
	slices.SortFunc(all, func(a, b *served) int { return cmp.Compare(median(b.shares), median(a.shares)) })
	for _, s := range all {
		t.add(s.name, ratio(median(s.shares)))
	}
	t.print(w)
}
