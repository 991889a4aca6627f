package introspect_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/middleware"
)

// 100 parallel requests with one token are one question.
func TestEqualTokensShareACall(t *testing.T) {
	for name, row := range map[string]struct{ doc, want string }{
		"a good token":          {active(nil), ok},
		"R7662-10: a bad token": {inactive, notActive},
		"nonsense":              {"?", unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(says(row.doc))
				s := newServer(g.reply)
				a := guarding(t, s, nil)
				var all sync.WaitGroup
				for range 100 {
					all.Go(func() { a.get("x").is(t, row.want) })
				}
				synctest.Wait() // all of them wait
				close(g.open)
				all.Wait()
				if n := s.count(); n != 1 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

// A call belongs to nobody who waits for it: whoever leaves, the others are
// answered.
func TestTheFirstToAskLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(says(active(nil)))
		s := newServer(g.reply)
		a := guarding(t, s, nil)
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			got := a.with(ctx, "/api/r", "x")
			if told := got.told.of(middleware.OpVerify); len(told) != 1 || told[0].Reason != middleware.ReasonCanceled {
				t.Errorf("%+v", told)
			}
			if got.Header.Get("Ran") != "" {
				t.Error("the handler ran")
			}
		})
		<-g.asked
		for range 10 {
			all.Go(func() { a.get("x").is(t, ok) })
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		close(g.open)
		all.Wait()
		a.get("x").is(t, ok)
		if n := s.count(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// Who comes late waits no longer for that, and who has an earlier deadline of
// their own leaves then.
func TestAWaiterLeavesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := guarding(t, newServer(hang), nil)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		a.with(ctx, "/api/r", "x").is(t, unavailable)
		if took := time.Since(began); took != 300*time.Millisecond {
			t.Errorf("answered after %v", took)
		}
		a.get("x").is(t, unavailable) // joins
		if took := time.Since(began); took > 2300*time.Millisecond {
			t.Errorf("answered after %v", took)
		}
	})
}

// What ends a request says nothing of its token: not even a cause that is a
// refusal of something else.
func TestTheCauseOfAnEndIsNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, newServer(hang), nil)
		ctx, end := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() {
			end(&middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired})
		})
		got, err := v.Verify(ctx, "x", nil)
		var e *middleware.Error
		if got != nil || errors.Is(err, middleware.InvalidToken) || !errors.As(err, &e) || e.Code != "" {
			t.Errorf("%v, %v", got, err)
		}
		time.Sleep(2 * time.Second) // the call ends
	})
}

// A transport that panics takes nothing down and says nothing of the token.
func TestATransportThatPanics(t *testing.T) {
	w := new(witness)
	s := newServer(func(*http.Request) (*http.Response, error) { panic(secret) })
	a := newAPI(verifier(t, s, nil), w.options())
	a.get("x").is(t, unavailable)
	s.serve(endpoint, says(active(nil)))
	a.get("x").is(t, ok)
	if w.heard(secret) {
		t.Errorf("%s", w)
	}
}
