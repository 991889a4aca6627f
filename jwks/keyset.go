package jwks

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/middleware"
)

// KeySet is the public keys of one issuer: a fixed set made by [Parse], or one
// that is fetched when needed and kept, made by [Remote] or [Discover]. It is
// safe for concurrent use; reading it takes no lock, and no lock is held while
// an issuer is asked. The zero KeySet has no keys.
//
// A fetch belongs to the KeySet, not to the request that caused it: there is
// one at a time, with its own deadline, and those who wait for it leave when
// their own context ends. A document that cannot be used never replaces one
// that could.
type KeySet struct {
	current atomic.Pointer[snapshot]
	issuer  atomic.Pointer[string] // whose keys these are; set once

	// The rest is for sets that are fetched; source is nil for others.
	source   source
	opts     RemoteOptions
	schedule schedule
	flights  flight.Group[*snapshot]
}

// Parse returns the KeySet of a JWK Set document (RFC 7517 §5). Keys that
// cannot be used are left out; a document without one that can is an error,
// and so is one of more than 1 MiB or 100 keys.
func Parse(document []byte) (*KeySet, error) {
	snap, err := parseSet(document)
	if err != nil {
		return nil, fmt.Errorf("jwks: Parse: %w", err)
	}
	s := new(KeySet)
	s.current.Store(snap)
	return s, nil
}

// belongTo makes s the keys of issuer, or fails if they are another's: a key
// must only ever verify tokens of its own issuer (RFC 8725 §3.8).
func (s *KeySet) belongTo(issuer string) error {
	if s.issuer.CompareAndSwap(nil, &issuer) {
		return nil
	}
	return s.mayBelongTo(issuer)
}

// mayBelongTo is belongTo without the consequence.
func (s *KeySet) mayBelongTo(issuer string) error {
	if of := s.issuer.Load(); of != nil && *of != issuer {
		return errors.New("jwks: KeySet is in use for another issuer; keys belong to exactly one")
	}
	return nil
}

// served is how a snapshot came to be served.
type served struct {
	waited bool // for a fetch
	stale  bool // it is past its time, and the issuer does not answer
}

// usable returns the keys to judge a token by, as their age demands.
func (s *KeySet) usable(ctx context.Context) (*snapshot, served, error) {
	snap := s.current.Load()
	if s.source == nil {
		if snap == nil {
			return nil, served{}, unavailable(errNoKeys, 0)
		}
		return snap, served{}, nil
	}
	switch s.opts.age(snap, time.Now()) {
	case fresh:
		return snap, served{}, nil
	case due:
		s.refreshSoon(ctx, snap)
		return snap, served{}, nil
	case stale:
		if s.schedule.failing(time.Now()) {
			s.refreshSoon(ctx, snap)
			return snap, served{stale: true}, nil
		}
		next, err := s.refresh(ctx, snap, scheduled)
		switch {
		case err == nil:
			return next, served{waited: true}, nil
		case ctx.Err() != nil:
			return nil, served{}, err
		}
		// The issuer's trouble is not yet the token's (RFC 5861 §4). Nothing
		// came of the waiting: a key ID that these keys lack is still open.
		return snap, served{stale: true}, nil
	}
	// No keys, or keys too old to be trusted: fail closed.
	snap, err := s.refresh(ctx, snap, scheduled)
	return snap, served{waited: true}, err
}

// lacks reports whether no key has this ID and no fetch may start now to look
// for it, which is so for most IDs that strangers make up: such tokens are
// refused before any more of them is read.
func (s *KeySet) lacks(kid string) bool {
	snap := s.current.Load()
	if kid == "" || snap == nil || len(snap.find(kid)) > 0 {
		return false
	}
	if s.source == nil {
		return true
	}
	now := time.Now()
	if p := s.opts.age(snap, now); p != fresh && p != due {
		return false
	}
	wait, ok := s.schedule.admits(now, forced, s.opts.Cooldown)
	return !ok && wait == 0
}

// refetch returns keys in place of seen, in which a key ID was not found. The
// result may be seen itself: the ID is then unknown for good, or for now.
func (s *KeySet) refetch(ctx context.Context, seen *snapshot) (*snapshot, error) {
	if s.source == nil {
		return seen, nil
	}
	return s.refresh(ctx, seen, forced)
}

// refresh waits for a fetch, its own or the one under way.
func (s *KeySet) refresh(ctx context.Context, seen *snapshot, why cause) (*snapshot, error) {
	if snap, err, known := s.verdict(seen, why); known {
		return snap, err
	}
	// The fetch has this deadline too; a RoundTripper might not keep it.
	wait, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	snap, err := s.flights.Do(wait, "", s.fetch(seen, why))
	if refused := (*middleware.Error)(nil); err == nil || errors.As(err, &refused) {
		return snap, err
	}
	return nil, unavailable(err, time.Second) // a context that ended, or a panic
}

// refreshSoon starts a fetch that nobody waits for, unless one is under way or
// must not start yet.
func (s *KeySet) refreshSoon(ctx context.Context, seen *snapshot) {
	if s.schedule.mayStart(time.Now()) {
		s.flights.Go(ctx, "", s.fetch(seen, scheduled))
	}
}

// verdict answers without a fetch where none may start now and none is under
// way that might bring what the caller wants.
func (s *KeySet) verdict(seen *snapshot, why cause) (*snapshot, error, bool) {
	if snap := s.current.Load(); snap != seen {
		return snap, nil, true // somebody was faster: judge by the new keys
	}
	wait, ok := s.schedule.admits(time.Now(), why, s.opts.Cooldown)
	switch {
	case ok:
		return nil, nil, false
	case wait > 0:
		return nil, unavailable(errBackingOff, wait), true
	}
	return seen, nil, true // cooling down
}

// fetch returns the shared call that asks the issuer. Only one runs at a time.
func (s *KeySet) fetch(seen *snapshot, why cause) func(context.Context) (*snapshot, error) {
	return func(ctx context.Context) (snap *snapshot, err error) {
		// Between the caller's look and this call, another may have ended.
		if snap, err, known := s.verdict(seen, why); known {
			return snap, err
		}
		began := time.Now()
		s.schedule.begin(began, why, s.opts.Timeout)
		err = errPanicked // unless the source returns
		defer func() {
			haveKeys := s.opts.age(seen, began) != expired
			wait := s.schedule.end(time.Now(), err, haveKeys)
			s.report(ctx, middleware.OpFetch, began, err)
			if err != nil {
				snap, err = s.restored(ctx, seen), unavailable(err, wait)
			}
			if snap != nil {
				err = nil
			}
		}()
		limited, cancel := context.WithTimeout(ctx, s.opts.Timeout)
		defer cancel()
		if snap, err = s.source.fetch(limited, seen); err != nil {
			return nil, err
		}
		snap.fetched, snap.fresh = began, s.opts.RefreshAfter
		if snap.stated && s.opts.RefreshAfter > 0 {
			snap.fresh = min(max(snap.lifetime, minLifetime), maxLifetime)
		}
		s.current.Store(snap)
		s.save(ctx, snap)
		return snap, nil
	}
}

// report tells of work at the key set: the guard whose request caused it, or
// the observer of the options if nobody's did.
func (s *KeySet) report(ctx context.Context, op middleware.Op, began time.Time, err error) {
	e := middleware.Event{Op: op, Reason: middleware.ReasonOK, Duration: time.Since(began), Err: err}
	switch {
	case err == nil:
	case op == middleware.OpSnapshot:
		e.Reason = middleware.ReasonSnapshotUnusable
	default:
		e.Reason = middleware.ReasonKeysUnavailable
	}
	if issuer := s.issuer.Load(); issuer != nil {
		e.Issuer = *issuer
	}
	if snap := s.current.Load(); snap != nil {
		e.Keys = len(snap.keys)
	}
	switch {
	case ctx.Value(unasked{}) == nil:
		middleware.Observe(ctx, e)
	case s.opts.Observe != nil:
		s.opts.Observe(ctx, e)
	}
}

var (
	errNoKeys     = errors.New("jwks: there are no keys")
	errBackingOff = errors.New("jwks: the last fetch failed and the next is not due yet")
	errPanicked   = errors.New("jwks: the fetch panicked")
)
