package wire_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/wire"
)

// cable carries connections to a server, and can go dead: what was made before carries
// nothing any more, and nobody is told.
type cable struct {
	net.Listener
	to   string
	mu   sync.Mutex
	ends []chan struct{}
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l, to: to}
	t.Cleanup(func() { l.Close(); c.die() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			dead := make(chan struct{})
			c.mu.Lock()
			c.ends = append(c.ends, dead)
			c.mu.Unlock()
			go c.carry(near, dead)
		}
	}()
	return c
}

func (c *cable) carry(near net.Conn, dead chan struct{}) {
	defer near.Close()
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer far.Close()
	copyUntil := func(to io.Writer, from io.Reader) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			select {
			case <-dead: // swallowed: neither an answer nor an end
			default:
				to.Write(buf[:n])
			}
		}
	}
	go copyUntil(near, far)
	copyUntil(far, near)
}

// die makes every connection so far carry nothing.
func (c *cable) die() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, dead := range c.ends {
		close(dead)
	}
	c.ends = nil
}

// A connection that died without a word is dropped, and the next call makes another.
func TestDeadConnections(t *testing.T) {
	for _, row := range []struct {
		name  string
		http2 bool
	}{{"HTTP/1.1", false}, {"HTTP/2", true}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
			s.EnableHTTP2 = row.http2
			s.StartTLS()
			t.Cleanup(s.Close)
			line := newCable(t, s.Listener.Addr().String())
			client := wire.OwnClient(s.Client().Transport.(*http.Transport).TLSClientConfig)
			ask := func() error {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				resp, err := client.Get(ctx, "https://"+line.Addr().String(), "", limit)
				if err == nil && (string(resp.Body) == "HTTP/2.0") != row.http2 {
					t.Fatalf("%s", resp.Body)
				}
				return err
			}
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			line.die()
			// Each of these takes up to 2 s: three pings of HTTP/2 are due within.
			for tries := 1; ; tries++ {
				err := ask()
				if err == nil {
					break
				}
				if tries == 6 {
					t.Fatalf("still dead after %d calls: %v", tries, err)
				}
			}
		})
	}
}

// A client of the caller's that has no transport is sent by ours, which keeps its
// connections.
func TestClientsWithoutATransport(t *testing.T) {
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client := wire.NewClient(&http.Client{Timeout: time.Minute}, 0)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for range 20 {
				req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
				if _, err := client.Do(req, limit); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := conns.Load(); n > 64 {
		t.Errorf("%d connections for 640 calls, 32 at once", n)
	}
}

// DoAfresh goes by a connection that no other request was on.
func TestDoAfresh(t *testing.T) {
	var mu sync.Mutex
	peers := map[string]int{}
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		peers[r.RemoteAddr]++
	})
	for name, c := range map[string]*http.Client{"ours": nil, "a transport of the caller's": {Transport: new(http.Transport)}} {
		clear(peers)
		client := wire.NewClient(c, 0)
		for range 3 {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			if _, err := client.Do(req, limit); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			if _, err := client.DoAfresh(req, limit); err != nil {
				t.Fatal(err)
			}
		}
		if len(peers) != 4 {
			t.Errorf("%s: %v", name, peers)
		}
	}
}
