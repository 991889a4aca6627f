package introspect_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Calls that began before the breaker opened or closed say nothing new when
// they end: late timeouts neither keep it open nor open it again.
func TestLateFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(hang)
		a := guarding(t, s, nil)
		began := time.Now()
		var all sync.WaitGroup
		for n := range 20 { // one every 100 ms; the fifth fails after 2.4 s
			all.Go(func() {
				time.Sleep(time.Duration(n) * 100 * time.Millisecond)
				a.get(fmt.Sprint("slow-", n)).is(t, unavailable)
			})
		}
		at := func(d time.Duration) { time.Sleep(d - time.Since(began)) }
		at(2450 * time.Millisecond)
		all.Go(func() { a.get("early").is(t, unavailable) }) // while a token of our own is asked about
		synctest.Wait()
		s.serve(endpoint, says(active(nil)))
		at(4450 * time.Millisecond)
		all.Wait()
		a.get("still").is(t, breakerOpen)
		at(5399 * time.Millisecond)
		a.get("still").is(t, breakerOpen)
		at(5400 * time.Millisecond) // not later, though many more failed meanwhile
		a.get("probe").is(t, ok)
		for _, got := range a.ask(10) {
			got.is(t, ok)
		}
	})
}

// An answer to a call from before a 429 does not ask the issuer again sooner
// than it wants.
func TestLateAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(says(active(nil)))
		s := newServer(func(r *http.Request) (*http.Response, error) {
			if r.PostFormValue("token") == "first" {
				return g.reply(r)
			}
			return status(429, "Retry-After", "30")(r)
		})
		a := guarding(t, s, nil)
		var all sync.WaitGroup
		all.Go(func() { a.get("first").is(t, ok) })
		<-g.asked
		a.get("second").is(t, unavailable)
		close(g.open)
		all.Wait()
		time.Sleep(20 * time.Second)
		a.get("third").is(t, breakerOpen)
		if n := s.count(); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
}
