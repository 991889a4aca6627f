package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

const breakerOpen = "503-U breaker_open"

// ask gets n tokens that nobody asked for before, and returns the answers.
func (a api) ask(n int) []answer {
	answers := make([]answer, n)
	for i := range answers {
		answers[i] = a.get(fmt.Sprintf("token-%d-%d", time.Now().UnixNano(), i))
	}
	return answers
}

// Five failures in a row that are about the issuer or us open the breaker:
// then nobody is asked.
func TestWhatOpensTheBreaker(t *testing.T) {
	for name, row := range map[string]struct {
		reply
		want string
	}{
		"a connection refused":               {refused, unavailable},
		"a connection that breaks":           {broken, unavailable},
		"no answer in time":                  {hang, unavailable},
		"a transport that panics":            {func(*http.Request) (*http.Response, error) { panic("x") }, unavailable},
		"status 429":                         {status(429), unavailable},
		"status 429, to be tried again soon": {status(429, "Retry-After", "0"), unavailable},
		"status 502":                         {status(502), unavailable},
		"status 503":                         {status(503), unavailable},
		"status 503, to be tried again":      {status(503, "Retry-After", "3600"), unavailable},
		"status 504":                         {status(504), unavailable},
		"status 401":                         {status(401), "503-U issuer_refused_us"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(row.reply)
				a := guarding(t, s, nil)
				for _, got := range a.ask(5) {
					got.is(t, row.want)
				}
				synctest.Wait() // for the question about a token of our own
				before := s.count()
				for _, got := range a.ask(20) {
					got.is(t, breakerOpen)
					if after := got.Header.Get("Retry-After"); after != "1" {
						t.Errorf("Retry-After %s", after)
					}
				}
				if n := s.count() - before; n != 0 {
					t.Errorf("%d calls though it is open", n)
				}
				s.serve(endpoint, says(active(nil)))
				time.Sleep(time.Second)
				for _, got := range a.ask(20) {
					got.is(t, ok)
				}
				time.Sleep(2 * time.Second) // it may hang
			})
		})
	}
}

// An answer to one token, of whatever kind, never opens it: strangers choose
// tokens.
func TestWhatNeverOpensTheBreaker(t *testing.T) {
	for name, row := range map[string]struct {
		reply
		want string
	}{
		"status 400":                {status(400), unavailable},
		"status 403, of a firewall": {status(403), "503-U issuer_refused_us"},
		"status 404":                {status(404), unavailable},
		"status 413":                {status(413), unavailable},
		"status 500":                {status(500), unavailable},
		"status 501":                {status(501), unavailable},
		"status 204":                {status(204), unavailable},
		"a redirect":                {status(307, "Location", endpoint), unavailable},
		"nonsense":                  {says("?"), unavailable},
		"a web page":                {typed("text/html", "<p>"), unavailable},
		"too long an answer":        {says(fmt.Sprintf("%070000d", 0)), unavailable},
		"inactive":                  {says(inactive), notActive},
		"active for others":         {says(active(object{"aud": "x"})), "401-T wrong_audience"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(row.reply)
				a := guarding(t, s, nil)
				for _, got := range a.ask(30) {
					got.is(t, row.want)
				}
				if n := s.count(); n != 30 {
					t.Errorf("%d calls", n)
				}
				s.serve(endpoint, says(active(nil)))
				a.get("good").is(t, ok)
			})
		})
	}
}

// Not having credentials is our fault too, and spares the issuer nothing but
// the vault that they come from.
func TestMissingCredentialsOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, closed := 0, true
		s := newServer(says(active(nil)))
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.Bearer(func(context.Context) (string, error) {
				if asked++; closed {
					return "", errors.New("closed")
				}
				return "x", nil
			})
		})
		a.ask(50)
		synctest.Wait()
		if asked != 5+1 || s.count() != 0 { // and once for a token of our own
			t.Errorf("the vault was asked %d times, the issuer %d", asked, s.count())
		}
		closed = false
		time.Sleep(time.Second)
		a.get("x").is(t, ok)
	})
}

func TestFailuresCountInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		a := guarding(t, s, nil)
		for range 5 {
			s.serve(endpoint, status(503))
			a.ask(4)
			s.serve(endpoint, status(500)) // an answer to one token
			a.ask(1)
		}
		if n := s.count(); n != 25 {
			t.Errorf("%d calls", n)
		}
	})
}

// While it is open, what is remembered is served.
func TestRememberedTokensWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(knows(map[string]string{"good": active(nil)}))
		a := guarding(t, s, nil)
		a.get("good").is(t, ok)
		a.get("bad").is(t, notActive)
		s.serve(endpoint, refused)
		a.ask(6)
		a.get("good").is(t, ok)
		a.get("bad").is(t, notActive)
		a.get("other").is(t, breakerOpen)
		time.Sleep(9 * time.Second)
		a.get("good").is(t, ok)
		time.Sleep(21 * time.Second)
		a.get("good").is(t, unavailable) // a probe
		a.get("good").is(t, breakerOpen)
	})
}

// One probe a second, and one at a time.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(broken)
		a := guarding(t, s, nil)
		a.ask(5)
		for range 100 { // 10 s
			time.Sleep(100 * time.Millisecond)
			a.ask(3)
		}
		if n := s.count() - 5 - 1; n != 10 { // one is about a token of our own
			t.Errorf("%d probes in 10 s", n)
		}

		g := newGate(says(inactive))
		s.serve(endpoint, g.reply)
		time.Sleep(time.Second)
		var all sync.WaitGroup
		all.Go(func() { a.get("bad").is(t, notActive) })
		<-g.asked
		for _, got := range a.ask(10) {
			got.is(t, breakerOpen)
		}
		close(g.open)
		all.Wait()
		s.serve(endpoint, says(active(nil))) // any answer closes it
		for _, got := range a.ask(10) {
			got.is(t, ok)
		}
	})
}

// A 429 that says when to come back is honoured, up to a minute.
func TestRetryAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"60":                            time.Minute,
		"3600":                          time.Minute,
		"99999999999999999999":          time.Minute,
		"Sat, 01 Jan 2000 00:00:20 GMT": 20 * time.Second,
		"Sat, 01 Jan 2050 00:00:20 GMT": time.Minute,
	} {
		t.Run(said, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(status(429, "Retry-After", said))
				a := guarding(t, s, nil)
				got := a.get("x")
				got.is(t, unavailable)
				seconds := func(d time.Duration) string { return fmt.Sprint(int(d / time.Second)) }
				if after := got.Header.Get("Retry-After"); after != seconds(want) {
					t.Errorf("Retry-After %s", after)
				}
				s.serve(endpoint, says(active(nil)))
				time.Sleep(want - 3*time.Second - 1)
				got = a.get("x")
				got.is(t, breakerOpen)
				if after := got.Header.Get("Retry-After"); after != "4" {
					t.Errorf("Retry-After %s, 3 s before the end", after)
				}
				time.Sleep(3 * time.Second)
				a.get("x").is(t, breakerOpen)
				if n := s.count(); n != 1 {
					t.Errorf("%d calls", n)
				}
				time.Sleep(time.Nanosecond)
				a.get("x").is(t, ok)
			})
		})
	}
}
