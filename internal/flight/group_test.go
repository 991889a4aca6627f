package flight_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/internal/flight"
)

// All tests run in bubbles: there, a waiter left behind is a failure.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func TestDo(t *testing.T) {
	bubble(t, "a hundred waiters share one call", func(t *testing.T) {
		var g flight.Group[*int]
		var calls int
		shared := new(int)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				v, err := g.Do(t.Context(), "a", func(context.Context) (*int, error) {
					calls++
					time.Sleep(time.Second)
					return shared, nil
				})
				if v != shared || err != nil {
					t.Errorf("got %v, %v", v, err)
				}
			})
		}
		wg.Wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})

	bubble(t, "other keys and later calls have calls of their own", func(t *testing.T) {
		var g flight.Group[string]
		for _, key := range []string{"a", "b", "a"} {
			want := key + time.Now().String()
			got, err := g.Do(t.Context(), key, func(context.Context) (string, error) {
				time.Sleep(time.Second)
				return want, nil
			})
			if got != want || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		}
	})

	bubble(t, "the error of the call is everybody's", func(t *testing.T) {
		var g flight.Group[int]
		want := errors.New("down")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				v, err := g.Do(t.Context(), "a", func(context.Context) (int, error) {
					time.Sleep(time.Second)
					return 7, want
				})
				if v != 7 || err != want {
					t.Errorf("got %v, %v", v, err)
				}
			})
		}
		wg.Wait()
	})
}

type key struct{}

func TestCancellation(t *testing.T) {
	bubble(t, "the first waiter leaves and the others are served", func(t *testing.T) {
		var g flight.Group[string]
		gone := errors.New("client gone")
		ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "first"))
		calls := 0
		fn := func(ctx context.Context) (string, error) {
			calls++
			time.Sleep(time.Minute)
			name, _ := ctx.Value(key{}).(string)
			return name, ctx.Err()
		}
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			v, err := g.Do(ctx, "a", fn)
			if v != "" || err != gone {
				t.Errorf("the waiter that left got %q, %v", v, err)
			}
			if time.Since(start) != time.Second {
				t.Errorf("it left after %v", time.Since(start))
			}
		})
		synctest.Wait()
		for range 5 {
			wg.Go(func() {
				v, err := g.Do(t.Context(), "a", fn)
				if v != "first" || err != nil {
					t.Errorf("got %q, %v, want the values of the first and no cancellation", v, err)
				}
			})
		}
		time.AfterFunc(time.Second, func() { cancel(gone) })
		wg.Wait()
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})

	bubble(t, "a deadline of the first waiter does not end the call", func(t *testing.T) {
		var g flight.Group[int]
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := false
		_, err := g.Do(ctx, "a", func(ctx context.Context) (int, error) {
			if _, ok := ctx.Deadline(); ok {
				t.Error("the call inherited a deadline")
			}
			time.Sleep(time.Minute)
			done = true
			return 0, nil
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if !done {
			t.Error("the call did not go on")
		}
	})

	bubble(t, "a context that has ended starts nothing", func(t *testing.T) {
		var g flight.Group[int]
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := g.Do(ctx, "a", func(context.Context) (int, error) {
			t.Error("called")
			return 0, nil
		})
		if err != context.Canceled {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
	})
}

func TestCallThatDoesNotReturn(t *testing.T) {
	wait := func(t *testing.T, g *flight.Group[int], fn func(context.Context) (int, error), check func(error)) {
		t.Helper()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := g.Do(t.Context(), "a", func(ctx context.Context) (int, error) {
					time.Sleep(time.Second)
					return fn(ctx)
				})
				check(err)
			})
		}
		wg.Wait()
		v, err := g.Do(t.Context(), "a", func(context.Context) (int, error) { return 3, nil })
		if v != 3 || err != nil {
			t.Errorf("the next call got %v, %v", v, err)
		}
	}

	bubble(t, "a panic is an error for everybody and keeps its value to itself", func(t *testing.T) {
		wait(t, new(flight.Group[int]), func(context.Context) (int, error) { panic(errors.New("secret")) }, func(err error) {
			var p *flight.PanicError
			if !errors.As(err, &p) || p.Type != "*errors.errorString" || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	})
	bubble(t, "a run-time error is an error", func(t *testing.T) {
		wait(t, new(flight.Group[int]), func(context.Context) (int, error) {
			var none []int
			return none[len(t.Name())], nil
		}, func(err error) {
			var p *flight.PanicError
			if !errors.As(err, &p) || strings.Contains(err.Error(), "range") {
				t.Errorf("got %v", err)
			}
		})
	})
	bubble(t, "a call that ends its goroutine hangs nobody", func(t *testing.T) {
		wait(t, new(flight.Group[int]), func(context.Context) (int, error) {
			runtime.Goexit()
			return 0, nil
		}, func(err error) {
			if err == nil {
				t.Error("no error")
			}
		})
	})
}

func TestGo(t *testing.T) {
	bubble(t, "it starts a call, returns at once and shares it with Do", func(t *testing.T) {
		var g flight.Group[int]
		calls := 0
		fn := func(context.Context) (int, error) {
			calls++
			time.Sleep(time.Second)
			return calls, nil
		}
		start := time.Now()
		g.Go(t.Context(), "a", fn)
		g.Go(t.Context(), "a", fn)
		if time.Since(start) != 0 {
			t.Error("it waited")
		}
		if v, err := g.Do(t.Context(), "a", fn); v != 1 || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
	})
	bubble(t, "a panic takes nothing down", func(t *testing.T) {
		var g flight.Group[int]
		g.Go(t.Context(), "a", func(context.Context) (int, error) { panic("secret") })
		synctest.Wait()
	})
	bubble(t, "a context that has ended does not keep it from starting", func(t *testing.T) {
		var g flight.Group[int]
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ran := false
		g.Go(ctx, "a", func(ctx context.Context) (int, error) {
			ran = ctx.Err() == nil
			return 0, nil
		})
		synctest.Wait()
		if !ran {
			t.Error("it did not run")
		}
	})
}
