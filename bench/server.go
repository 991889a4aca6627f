package main

import (
	"bufio"
	"cmp"
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
	window      = 150 * time.Millisecond

	bound = "R and nothing else" // the name of the floor among the guards
)

// A served is one way to guard the server.
type served struct {
	name   string
	token  string
	addr   string
	shares []float64 // of the unguarded server's requests in the same time
}

// measureServers compares each way with no guard at all, in pairs: a window of
// the one, a window of the other, a window of the one.
func measureServers(is *issuer, rounds int) ([]*served, error) {
	token := is.requests("RS256")[0].token
	start := func(h http.Handler) (string, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
		go server.Serve(l)
		return l.Addr().String(), nil
	}
	open, err := start(handler)
	if err != nil {
		return nil, err
	}
	var all []*served
	for _, c := range contenders {
		if c.name == "Warder, cold, decision alone" {
			continue
		}
		h, err := c.guard(is, "RS256", handler)
		if err != nil {
			return nil, err
		}
		addr, err := start(h)
		if err != nil {
			return nil, err
		}
		all = append(all, &served{name: c.name, token: token, addr: addr})
	}
	// What no guard that checks signatures can pass.
	floor := is.floor("RS256", token)
	addr, err := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		floor()
		handler(w, r)
	}))
	if err != nil {
		return nil, err
	}
	all = append(all, &served{name: bound, token: token, addr: addr})
	for range rounds {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, s := range all {
			before, err := load(open, token)
			if err != nil {
				return nil, err
			}
			n, err := load(s.addr, token)
			if err != nil {
				return nil, fmt.Errorf("bench: %s: %w", s.name, err)
			}
			after, err := load(open, token)
			if err != nil {
				return nil, err
			}
			s.shares = append(s.shares, 2*float64(n)/float64(before+after))
		}
	}
	return all, nil
}

// load returns how many requests the server at addr answered within a window.
func load(addr, token string) (int64, error) {
	ask := []byte("GET /notes HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	var (
		answered atomic.Int64
		failed   atomic.Pointer[error]
		all      sync.WaitGroup
	)
	for range clients {
		all.Go(func() {
			if err := client(addr, ask, &answered); err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return answered.Load(), nil
}

// client sends ask until the window is over. The first answer is read by
// net/http, and the others have to be as long.
func client(addr string, ask []byte, answered *atomic.Int64) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	counted := &counter{r: conn}
	in := bufio.NewReader(counted)
	if _, err := conn.Write(ask); err != nil {
		return err
	}
	first, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, first.Body); err != nil || first.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d, %v", first.StatusCode, err)
	}
	answer := make([]byte, counted.n)
	for end := time.Now().Add(window); time.Now().Before(end); {
		if _, err := conn.Write(ask); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			return err
		}
		answered.Add(1)
	}
	return nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
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
