// Package flight makes equal calls share one.
//
// A shared call belongs to nobody who waits for it: it runs in a goroutine of
// its own under a context that no waiter can end, and each waiter leaves when
// its own context does. A call that panics fails; it takes nothing down.
package flight

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/singleflight"
)

// Group shares calls by key. The zero value is ready. It is safe for concurrent
// use and must not be copied after first use.
type Group[V any] struct {
	calls singleflight.Group
}

// Do returns what fn returns, or what the call for key that is already under
// way returns. All who wait get the same V, so it must not be modified.
//
// fn runs under ctx without its cancellation: its values are kept, of whoever
// started the call. fn must give itself a deadline, since nobody else ends it,
// and must not call Do with the same key. A panic in fn is a [*PanicError] for
// everyone who waits.
//
// When ctx ends first, Do returns [context.Cause] and the call goes on. A ctx
// that has already ended starts nothing.
func (g *Group[V]) Do(ctx context.Context, key string, fn func(ctx context.Context) (V, error)) (V, error) {
	var zero V
	if ctx.Err() != nil {
		return zero, context.Cause(ctx)
	}
	select {
	case r := <-g.start(ctx, key, fn):
		o := r.Val.(outcome[V])
		return o.v, o.err
	case <-ctx.Done():
		return zero, context.Cause(ctx)
	}
}

// Go starts the call for key unless one is under way, and does not wait for it.
// It is Do in every other respect, except that ctx may have ended.
func (g *Group[V]) Go(ctx context.Context, key string, fn func(ctx context.Context) (V, error)) {
	g.start(ctx, key, fn)
}

func (g *Group[V]) start(ctx context.Context, key string, fn func(ctx context.Context) (V, error)) <-chan singleflight.Result {
	ctx = context.WithoutCancel(ctx)
	return g.calls.DoChan(key, func() (any, error) { return run(ctx, fn), nil })
}

type outcome[V any] struct {
	v   V
	err error
}

// errExited is the outcome of a call that ended its goroutine.
var errExited = errors.New("flight: the call ended without returning")

// run calls fn in a goroutine that it can lose: singleflight never answers
// waiters whose call ended with runtime.Goexit, and makes a panic fatal.
func run[V any](ctx context.Context, fn func(ctx context.Context) (V, error)) outcome[V] {
	done := make(chan outcome[V], 1)
	go func() {
		o := outcome[V]{err: errExited}
		defer func() {
			if p := recover(); p != nil {
				o = outcome[V]{err: &PanicError{Type: fmt.Sprintf("%T", p)}}
			}
			done <- o
		}()
		v, err := fn(ctx)
		o = outcome[V]{v: v, err: err}
	}()
	return <-done
}

// PanicError says that a shared call panicked. The value it panicked with may
// hold anything a stranger sent, so only its type is kept.
type PanicError struct {
	Type string // Go type of the panic value
}

func (e *PanicError) Error() string { return "flight: the call panicked with a " + e.Type }
