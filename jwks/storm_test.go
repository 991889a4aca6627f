package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// open counts connections that are open, and how many were at once.
type open struct {
	now, most atomic.Int32
}

// counted returns a client of iss whose connections o counts.
func (o *open) counted(iss *issuertest.Issuer) *http.Client {
	transport := iss.Client().Transport.(*http.Transport).Clone()
	dial := transport.DialTLSContext
	transport.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		o.most.Store(max(o.most.Load(), o.now.Add(1)))
		return &countedConn{Conn: c, of: o}, nil
	}
	return &http.Client{Transport: transport}
}

type countedConn struct {
	net.Conn
	of   *open
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.of.now.Add(-1) })
	return c.Conn.Close()
}

// stormed is an API under a storm, and its issuer.
type stormed struct {
	iss   *issuertest.Issuer
	conns *open
	p     process
	v     *jwks.Verifier
	other string // payload and signature of a token that nobody signed
}

func newStormed(t *testing.T) *stormed {
	s := &stormed{iss: issuertest.NewInMemoryIssuer(), conns: new(open)}
	t.Cleanup(s.iss.Close)
	client := s.conns.counted(s.iss)
	t.Cleanup(client.CloseIdleConnections)
	var err error
	s.p.keys, err = jwks.Discover(s.iss.URL, &jwks.RemoteOptions{HTTPClient: client})
	must(err)
	s.v, err = jwks.NewVerifier(jwks.Config{Issuer: s.iss.URL, Audience: []string{issuertest.Audience}, KeySet: s.p.keys})
	must(err)
	s.p.api = newAPI(s.v)
	s.other = "." + b64(encode(changed(claims(), object{"iss": s.iss.URL, "aud": issuertest.Audience, "exp": 4102444800}))) + ".AAAA"
	return s
}

// madeUp returns a token with a kid that nobody has.
func (s *stormed) madeUp() string {
	return b64(fmt.Sprintf(`{"alg":"RS256","typ":"at+jwt","kid":"%016x"}`, rand.Uint64())) + s.other
}

// rage sends n tokens with made-up kids from 50 goroutines, spread over d,
// and counts the reasons they are refused for.
func (s *stormed) rage(t *testing.T, n int, d time.Duration) map[middleware.Reason]int {
	const goroutines = 50
	var mu sync.Mutex
	counts := map[middleware.Reason]int{}
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			own := map[middleware.Reason]int{}
			for range n / goroutines {
				time.Sleep(rand.N(2 * d / time.Duration(n/goroutines)))
				got, err := s.v.Verify(t.Context(), s.madeUp(), nil)
				var refused *middleware.Error
				if got != nil || !errors.As(err, &refused) {
					t.Errorf("a token with a made-up kid: %v, %v", got, err)
					return
				}
				own[refused.Reason]++
			}
			mu.Lock()
			defer mu.Unlock()
			for reason, n := range own {
				counts[reason] += n
			}
		})
	}
	all.Wait()
	return counts
}

// settled returns how many goroutines there are, once there are no more than limit
// or it has asked often: one that has ended counts for as long as its thread, which
// a busy machine may have put aside, still cleans up.
func settled(limit int) int {
	for range 10_000 {
		if runtime.NumGoroutine() <= limit {
			break
		}
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

func TestStormOfKeyIDs(t *testing.T) {
	t.Run("R9111-05: 100,000 made-up kids in an hour", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStormed(t)
			s.p.wants(t, s.iss.Token(nil), "OK")
			synctest.Wait()
			goroutines, conns, begun := runtime.NumGoroutine(), s.conns.now.Load(), time.Now()

			// A client with good tokens notices nothing.
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for token := s.iss.Token(object{"exp": at(3 * time.Hour)}); ctx.Err() == nil; time.Sleep(7 * time.Second) {
					if d := took(func() { s.p.wants(t, token, "OK") }); d != 0 {
						t.Errorf("a good token waited %v", d)
					}
				}
			}()
			counts := s.rage(t, 100_000, time.Hour)
			cancel()
			<-ended

			hour := time.Since(begun)
			if n, most := fetches(s.iss), int(hour/(30*time.Second)+hour/(5*time.Minute))+2; n > most || n < 100 {
				t.Errorf("%d fetches in %v, want %d at most", n, hour, most)
			}
			if n := s.iss.Requests("") - fetches(s.iss); n > int(hour/time.Minute)+3 { // as the missing keys may be elsewhere
				t.Errorf("metadata was read %d times", n)
			}
			if counts[middleware.ReasonCooldown]+counts[middleware.ReasonUnknownKey] != 100_000 {
				t.Errorf("refused as %v", counts)
			}
			synctest.Wait()
			// The process has others, such as those of the garbage collector;
			// what this bubble left behind would also fail its end.
			if n := settled(goroutines + 2); n > goroutines+2 {
				t.Errorf("%d goroutines, %d before", n, goroutines)
			}
			if n := s.conns.now.Load(); n > conns || s.conns.most.Load() > 2 {
				t.Errorf("%d connections, %d before, %d at most", n, conns, s.conns.most.Load())
			}
			// A key that is published now is found within a Cooldown.
			s.iss.Rotate()
			time.Sleep(30 * time.Second)
			s.p.wants(t, s.iss.Token(nil), "OK")
		})
	})
	for name, row := range map[string]struct {
		fault issuertest.Fault
		cold  bool
		most  int // attempts in an hour
	}{
		"fails":                  {issuertest.Status(500), false, 130}, // 30 to 60 s
		"hangs":                  {issuertest.Slow, false, 130},
		"cuts connections":       {issuertest.Outage, false, 130},
		"fails from the start":   {issuertest.Status(500), true, 3601}, // one a second
		"hangs from the start":   {issuertest.Slow, true, 602},         // 5 s, and a second
		"has always sent halves": {issuertest.Corrupt, true, 3601},
	} {
		t.Run("R9111-05, R9111-08: 2,000 made-up kids while the issuer "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStormed(t)
				if !row.cold {
					s.p.wants(t, s.iss.Token(nil), "OK")
				}
				synctest.Wait()
				goroutines, before := runtime.NumGoroutine(), fetches(s.iss)
				restore := s.iss.Fail(issuertest.EndpointKeys, row.fault)
				counts := s.rage(t, 2000, time.Hour)
				if counts[middleware.ReasonKeysUnavailable] != 2000 {
					t.Errorf("refused as %v", counts)
				}
				if n := fetches(s.iss) - before; n > row.most*12/10 { // the storm lasts an hour more or less
					t.Errorf("%d fetches", n)
				}
				time.Sleep(5 * time.Second) // one may be under way
				restore()
				time.Sleep(time.Minute)
				s.p.wants(t, s.iss.Token(nil), "OK")
				synctest.Wait()
				// A connection has a goroutine at each end, and its reader.
				if n := settled(goroutines + 4); n > goroutines+4 {
					t.Errorf("%d goroutines, %d before", n, goroutines)
				}
				if n := s.conns.now.Load(); n > 1 {
					t.Errorf("%d connections", n)
				}
			})
		})
	}
}
