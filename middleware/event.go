package middleware

import (
	"context"
	"time"
)

// Op is what an [Event] tells of.
type Op string

// The operations. Every metric family reads one of them, so that nothing
// counts twice.
const (
	OpAuthenticate Op = "authenticate" // a guard judged a request: exactly one a request
	OpVerify       Op = "verify"       // a Verifier judged a token: one a Verify
	OpAuthorize    Op = "authorize"    // a requirement judged an admitted request, or Deny refused one
	OpFetch        Op = "fetch"        // a key set asked its issuer
	OpIntrospect   Op = "introspect"   // an issuer was asked about a token
	OpReplay       Op = "replay"       // a proof was looked up in a replay store
	OpSnapshot     Op = "snapshot"     // a key set used, ignored or could not write its snapshot file
)

// Via is how a Verifier came to its verdict.
type Via string

// The ways to a verdict.
const (
	ViaCache         Via = "cache"
	ViaSignature     Via = "signature"
	ViaIntrospection Via = "introspection"
	ViaShared        Via = "shared"         // an introspection that another request had started
	ViaNegativeCache Via = "negative_cache" // a remembered answer that the token is not active
)

// Event tells an [Observer] of one decision or one call to an issuer. Issuer,
// KeySet and Route are configured values, never what a client sent; the event holds
// no token and no claim but those.
type Event struct {
	Op       Op
	Issuer   string        // as configured; empty where none is known
	Route    string        // the pattern of the route; empty where none is known
	Reason   Reason        // ReasonOK, or why not
	Via      Via           // OpVerify only
	KeySet   string        // OpFetch and OpSnapshot only: which one, by its issuer, URL without a query, or file, and a number if there are several of them
	Keys     int           // OpFetch and OpSnapshot only: usable keys there are now
	Until    time.Time     // OpFetch and OpSnapshot only: from when on these are past MaxStale and there are none, unless a fetch brings some; zero: never
	Unusable []error       // OpFetch and OpSnapshot only: keys of the last set that came which cannot be used, each with its position, kid and why; not to be modified
	Stale    bool          // OpVerify only: by keys past their time, as the issuer does not answer
	Duration time.Duration // how long it took; 0 for a remembered JWT that waited for nothing
	Err      error         // the cause, for people; quotes no token
}

// An Observer is told of every decision, before the answer is written. It is
// called concurrently and must return soon: requests wait for it.
//
// ctx is that of the request, or one made of it: work that a request began and
// that goes on without it, such as a fetch of keys for all who wait, reports
// with the values of that request, perhaps after it has ended. So take values
// from ctx, and do not rely on anything that lives only as long as the request,
// such as its ResponseWriter or a span. [FromContext] is safe at any time.
type Observer func(ctx context.Context, e Event)

// Observe reports e to the guard that serves ctx, for verifiers, bindings
// and requirements, and for what they leave running after the request. It
// returns whether anybody was told: not without a guard, nor by one whose
// Options have no Observe.
func Observe(ctx context.Context, e Event) bool {
	c := current(ctx)
	if c == nil {
		return false
	}
	if e.Op == OpVerify && e.Reason != ReasonOK {
		issuer := e.Issuer
		c.refusedBy.Store(&issuer)
	}
	c.guard.observe(ctx, e)
	return c.guard.opts.Observe != nil
}

// Observers returns an Observer that tells each of these, in this order. Nil
// ones are left out.
func Observers(each ...Observer) Observer {
	var some []Observer
	for _, o := range each {
		if o != nil {
			some = append(some, o)
		}
	}
	return func(ctx context.Context, e Event) {
		for _, o := range some {
			o(ctx, e)
		}
	}
}
