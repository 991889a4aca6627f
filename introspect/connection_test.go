package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

// counted starts an issuer on a socket, without TLS, that counts its connections.
func counted(t *testing.T, h http.HandlerFunc) (s *httptest.Server, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s = httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, connections
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	conn.Close()
}

// meeting answers as good does once so many requests are there, and tells from where
// each came.
type meeting struct {
	mu    sync.Mutex
	size  int
	open  chan struct{}
	peers map[string]bool
}

func newMeeting(size int) *meeting {
	return &meeting{size: size, open: make(chan struct{}), peers: map[string]bool{}}
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.peers[r.RemoteAddr] = true
	if len(m.peers) == m.size {
		close(m.open)
	}
	m.mu.Unlock()
	select {
	case <-m.open:
	case <-r.Context().Done():
	}
	good(w, r)
}

// A token whose connection is cut costs two calls and its own connection, and not those
// that others use, however many there are.
func TestATokenWhoseConnectionIsCut(t *testing.T) {
	const neighbours = 60
	for name, client := range map[string]*http.Client{
		"our own transport":            nil,
		"a client without a transport": {},
		"a transport of the user's":    {Transport: &http.Transport{MaxIdleConnsPerHost: neighbours}},
	} {
		t.Run(name, func(t *testing.T) {
			var hostile atomic.Int32
			var round atomic.Pointer[meeting]
			s, connections := counted(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.PostFormValue("token"), "hostile") {
					hostile.Add(1)
					cut(w)
					return
				}
				round.Load().ServeHTTP(w, r)
			})
			a := guarding(t, nil, func(c *introspect.Config) {
				c.Endpoint, c.HTTPClient, c.Timeout = s.URL, client, time.Minute
			})
			// meet asks about so many good tokens at once.
			meet := func(name string, size int) map[string]bool {
				m := newMeeting(size)
				round.Store(m)
				var all sync.WaitGroup
				for n := range size {
					all.Go(func() { a.get(fmt.Sprint(name, n)).is(t, ok) })
				}
				all.Wait()
				return m.peers
			}
			before := meet("first-", neighbours)
			a.get("hostile").is(t, unavailable)
			if n := hostile.Load(); n != 2 {
				t.Errorf("the issuer was asked %d times about the hostile token", n)
			}
			kept := 0
			for peer := range meet("second-", neighbours-1) {
				if before[peer] {
					kept++
				}
			}
			if kept != neighbours-1 {
				t.Errorf("%d of %d connections are left", kept, neighbours)
			}
			if n := connections.Load(); n != neighbours+1 {
				t.Errorf("%d connections in all", n)
			}
		})
	}
}

// Idle connections that the issuer has just closed cost a good token nothing, whether
// we have noticed yet or not.
func TestIdleConnectionsThatAreClosed(t *testing.T) {
	var asked atomic.Int32
	s, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		good(w, r)
	})
	a := asking(t, s.URL, nil, nil)
	for n := range 50 {
		a.get(fmt.Sprint("before-", n)).is(t, ok)
		s.CloseClientConnections()
		a.get(fmt.Sprint("after-", n)).is(t, ok)
	}
	if n := asked.Load(); n != 100 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

// A client of the user's that leaves the transport to us has one that keeps as many
// connections as there are calls.
func TestConnectionsAreUsedAgain(t *testing.T) {
	const calls, atOnce = 640, 32
	for name, client := range map[string]*http.Client{
		"no client":                       nil,
		"a client without a transport":    {},
		"a client that has but a Timeout": {Timeout: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s, connections := counted(t, good)
			a := asking(t, s.URL, client, nil)
			var next atomic.Int32
			var all sync.WaitGroup
			for range atOnce {
				all.Go(func() {
					for n := next.Add(1); n <= calls; n = next.Add(1) {
						a.get(fmt.Sprint("token-", n)).is(t, ok)
					}
				})
			}
			all.Wait()
			if n := connections.Load(); n > 2*atOnce {
				t.Errorf("%d connections for %d calls", n, calls)
			}
		})
	}
}

// A request is answered when its own time is over, whatever the issuer does.
func TestTheDeadlineOfARequest(t *testing.T) {
	// silent takes connections and says what is given.
	silent := func(t *testing.T, says string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var open []net.Conn
		t.Cleanup(func() {
			l.Close()
			mu.Lock()
			defer mu.Unlock()
			for _, conn := range open {
				conn.Close()
			}
		})
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				open = append(open, conn)
				mu.Unlock()
				io.WriteString(conn, says)
			}
		}()
		return l.Addr().String()
	}
	for name, config := range map[string]func(*testing.T, *introspect.Config){
		"the issuer takes the connection and never answers": func(t *testing.T, c *introspect.Config) {
			c.Endpoint = "http://" + silent(t, "")
		},
		"it never finishes the TLS handshake": func(t *testing.T, c *introspect.Config) {
			c.Endpoint = "https://" + silent(t, "")
		},
		"it stops in the middle of the handshake": func(t *testing.T, c *introspect.Config) {
			c.Endpoint = "https://" + silent(t, "\x16\x03\x03\x40\x00")
		},
		"it stops in the middle of the answer": func(t *testing.T, c *introspect.Config) {
			c.Endpoint = "http://" + silent(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
		},
		"it does not tell where its endpoint is": func(t *testing.T, c *introspect.Config) {
			c.Issuer, c.Endpoint = "http://"+silent(t, ""), ""
		},
		"the host cannot be reached": func(t *testing.T, c *introspect.Config) {
			c.HTTPClient = &http.Client{Transport: &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) {
					<-t.Context().Done() // not that of the call
					return nil, t.Context().Err()
				},
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, nil, func(c *introspect.Config) {
				c.HTTPClient, c.Timeout = nil, time.Minute
				config(t, c)
			})
			var all sync.WaitGroup
			for n := range 10 {
				all.Go(func() { // two with each token: one of them joins the call of the other
					began := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					defer cancel()
					_, err := v.Verify(ctx, fmt.Sprint("token-", n/2), nil)
					if took := time.Since(began); took > 2*time.Second {
						t.Errorf("answered after %v", took)
					}
					if err == nil || errors.Is(err, middleware.InvalidToken) {
						t.Errorf("%v", err)
					}
				})
			}
			all.Wait()
		})
	}
}
