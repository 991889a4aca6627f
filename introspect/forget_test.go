package introspect_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/warder-go/warder/introspect"
)

func TestForget(t *testing.T) {
	s := newServer(says(active(nil)))
	v := verifier(t, s, nil)
	a := newAPI(v)
	a.get("x").is(t, ok)
	a.get("y").is(t, ok)
	s.serve(endpoint, says(inactive))
	a.get("x").is(t, ok)
	v.Forget("x")
	a.get("x").is(t, notActive)
	a.get("y").is(t, ok)
	s.serve(endpoint, says(active(nil)))
	a.get("x").is(t, notActive)
	v.Forget("x") // an inactive token, too
	a.get("x").is(t, ok)
	v.Forget("never seen")
	v.Forget("")
	a.get("x").is(t, ok)
	if n := s.count(); n != 4 {
		t.Errorf("%d calls", n)
	}
}

// Forget defeats a call under way: who came before is answered by it, who
// comes after asks anew, and what the old one brings is not remembered.
func TestForgetDuringACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, now := newGate(says(active(nil))), newGate(says(inactive))
		s := newServer(old.reply)
		v := verifier(t, s, nil)
		a := newAPI(v)
		var before, after sync.WaitGroup
		for range 5 {
			before.Go(func() { a.get("x").is(t, ok) })
		}
		synctest.Wait()
		v.Forget("x")
		s.serve(endpoint, now.reply)
		for range 5 {
			after.Go(func() { a.get("x").is(t, notActive) })
		}
		synctest.Wait()
		if n := s.count(); n != 2 {
			t.Fatalf("%d calls", n)
		}
		close(now.open)
		after.Wait()
		close(old.open) // the older answer comes last
		before.Wait()
		a.get("x").is(t, notActive)
		if n := s.count(); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
}

// Whoever asks after Forget has returned is not answered by what the issuer
// said before.
func TestForgetAmongManyCalls(t *testing.T) {
	var version atomic.Int64
	v := verifier(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		return says(active(object{"jti": strconv.FormatInt(version.Load(), 10)}))(r)
	}), func(c *introspect.Config) { c.MaxConcurrent = 1000 })
	// seen asks, and returns the version that the answer is of.
	seen := func() int64 {
		got, err := v.Verify(t.Context(), "x", nil)
		if err != nil {
			t.Error(err)
			return 0
		}
		n, _ := strconv.ParseInt(got.ID, 10, 64)
		return n
	}
	stop := make(chan struct{})
	var readers, forgetters sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					seen()
				}
			}
		})
	}
	for range 2 {
		forgetters.Go(func() {
			for range 1000 {
				revoked := version.Add(1)
				v.Forget("x")
				if got := seen(); got < revoked {
					t.Errorf("version %d after %d was forgotten", got, revoked)
				}
			}
		})
	}
	forgetters.Wait()
	close(stop)
	readers.Wait()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
