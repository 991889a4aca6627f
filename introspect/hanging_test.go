package introspect_test

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

const tooMany = "503-U too_many_calls"

// At most MaxConcurrent calls are under way; what comes beyond is answered at
// once.
func TestMaxConcurrent(t *testing.T) {
	for limit, change := range map[int]func(*introspect.Config){
		64: nil,
		3:  func(c *introspect.Config) { c.MaxConcurrent = 3 },
	} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(says(active(nil)))
				s := newServer(g.reply)
				a := guarding(t, s, change)
				var all sync.WaitGroup
				for n := range limit {
					all.Go(func() { a.get(fmt.Sprint("token-", n)).is(t, ok) })
				}
				synctest.Wait()
				began := time.Now()
				for _, got := range a.ask(10) {
					got.is(t, tooMany)
				}
				if took := time.Since(began); took != 0 {
					t.Errorf("answered after %v", took)
				}
				all.Go(func() { a.get("token-0").is(t, ok) }) // joins a call, and needs none
				synctest.Wait()
				if n := s.count(); n != limit {
					t.Errorf("%d calls", n)
				}
				close(g.open)
				all.Wait()
				for _, got := range a.ask(10) {
					got.is(t, ok)
				}
			})
		})
	}
}

// goroutines returns how many there are, once there are no more than limit or it
// has asked often: one that has ended counts for as long as its thread, which a
// busy machine may have put aside, still cleans up.
func goroutines(limit int) int {
	for range 10_000 {
		if runtime.NumGoroutine() <= limit {
			break
		}
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

// The issuer hangs and 500 requests come. All are answered within Timeout, the
// breaker opens, nothing is left behind, and it comes back by itself.
func TestHangingIssuer(t *testing.T) {
	for name, row := range map[string]struct {
		tokens int // different ones
		change func(*introspect.Config)
		calls  int
	}{
		"500 tokens, all asked about": {500, func(c *introspect.Config) { c.MaxConcurrent = 500 }, 500},
		"500 tokens, 64 asked about":  {500, nil, 64},
		"one token":                   {1, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(hang)
				a := guarding(t, s, row.change)
				idle := runtime.NumGoroutine()
				for round := range 3 {
					if row.tokens > 1 && round > 0 {
						time.Sleep(time.Second) // for a probe
					}
					began := time.Now()
					var all sync.WaitGroup
					for n := range 500 {
						all.Go(func() {
							got := a.get(fmt.Sprint("token-", n%row.tokens))
							if got.StatusCode != 503 || got.Header.Get("Ran") != "" {
								t.Error(got)
							}
						})
					}
					all.Wait()
					if took := time.Since(began); took > 2*time.Second {
						t.Errorf("the last is answered after %v", took)
					}
					synctest.Wait()
					if n := goroutines(idle + 10); n > idle+10 {
						t.Errorf("%d goroutines, and %d before", n, idle)
					}
					// And one about a token of our own, if there is a slot for it
					// when the breaker opens.
					if n := s.count(); round == 0 && n != row.calls && n != row.calls+1 {
						t.Errorf("%d calls", n)
					}
				}
				if row.tokens > 1 {
					a.get("x").is(t, breakerOpen)
				}
				s.serve(endpoint, says(active(nil)))
				time.Sleep(time.Second)
				for _, got := range a.ask(50) {
					got.is(t, ok)
				}
			})
		})
	}
}

// A transport that does not heed its context keeps nobody waiting either, and
// no more goroutines than were under way.
func TestATransportThatDoesNotHeedItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newServer(nil)
		a := guarding(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			<-release
			return s.RoundTrip(r)
		}), nil)
		s.serve(endpoint, says(active(nil)))
		idle := runtime.NumGoroutine()
		for range 5 {
			began := time.Now()
			var all sync.WaitGroup
			for n := range 500 {
				all.Go(func() { a.get(fmt.Sprint("token-", time.Now().UnixNano(), n)) })
			}
			all.Wait()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("the last is answered after %v", took)
			}
			time.Sleep(time.Second)
		}
		if n := goroutines(idle + 64*2 + 10); n > idle+64*2+10 {
			t.Errorf("%d goroutines, and %d before", n, idle)
		}
		close(release)
		synctest.Wait()
		time.Sleep(time.Second)
		for _, got := range a.ask(10) {
			got.is(t, ok)
		}
		if n := goroutines(idle + 10); n > idle+10 {
			t.Errorf("%d goroutines, and %d before", n, idle)
		}
	})
}

// 10,000 made-up tokens, at which the issuer stumbles: the breaker stays
// closed, and a good token is answered in time.
func TestJunkThatTheIssuerStumblesAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(r *http.Request) (*http.Response, error) {
			time.Sleep(20 * time.Millisecond)
			if r.PostFormValue("token")[:4] == "good" {
				return says(active(nil))(r)
			}
			return coded(500, `{"error":"server_error"}`)(r)
		})
		a := guarding(t, s, nil)
		var all sync.WaitGroup
		for client := range 50 { // connections of one client
			all.Go(func() {
				for n := range 200 {
					a.get(fmt.Sprintf("junk-%d-%d", client, n)).is(t, unavailable)
				}
			})
		}
		time.Sleep(time.Millisecond)
		for n := range 100 {
			began := time.Now()
			a.get(fmt.Sprint("good-", n)).is(t, ok)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("answered after %v", took)
			}
		}
		all.Wait()
		a.get("good").is(t, ok)
		if n := s.count(); n != 10_101 {
			t.Errorf("%d calls", n)
		}
	})
}
