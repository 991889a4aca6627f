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

	// The rest is for sets that are fetched; load is nil for others.
	load     func(context.Context) (*snapshot, error)
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
	if s.issuer.CompareAndSwap(nil, &issuer) || *s.issuer.Load() == issuer {
		return nil
	}
	return errors.New("jwks: KeySet is in use for another issuer; keys belong to exactly one")
}

// usable returns the keys to judge a token by, as their age demands, and
// whether it waited for a fetch.
func (s *KeySet) usable(ctx context.Context) (snap *snapshot, waited bool, err error) {
	snap = s.current.Load()
	if s.load == nil {
		if snap == nil {
			return nil, false, unavailable(errNoKeys, 0)
		}
		return snap, false, nil
	}
	switch s.opts.age(snap, time.Now()) {
	case fresh:
		return snap, false, nil
	case due:
		s.refreshSoon(ctx, snap)
		return snap, false, nil
	case stale:
		if s.schedule.failing() {
			s.refreshSoon(ctx, snap)
			return snap, false, nil
		}
		next, err := s.refresh(ctx, snap, scheduled)
		switch {
		case err == nil:
			return next, true, nil
		case ctx.Err() != nil:
			return nil, true, err
		}
		// The issuer's trouble is not yet the token's (RFC 5861 §4).
		return snap, true, nil
	}
	// No keys, or keys too old to be trusted: fail closed.
	snap, err = s.refresh(ctx, snap, scheduled)
	return snap, true, err
}

// lacks reports whether no key has this ID and no fetch may start now to look
// for it: the ID of most made-up tokens, which are refused before any more of
// them is read.
func (s *KeySet) lacks(kid string) bool {
	snap := s.current.Load()
	if kid == "" || snap == nil || len(snap.find(kid)) > 0 {
		return false
	}
	if s.load == nil {
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
	if s.load == nil {
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
		s.schedule.begin(began, why)
		err = errPanicked // unless load returns
		defer func() {
			haveKeys := s.opts.age(seen, began) != expired
			wait := s.schedule.end(time.Now(), err, haveKeys)
			s.report(ctx, time.Since(began), err)
			if err != nil {
				err = unavailable(err, wait)
			}
		}()
		limited, cancel := context.WithTimeout(ctx, s.opts.Timeout)
		defer cancel()
		if snap, err = s.load(limited); err != nil {
			return nil, err
		}
		snap.fetched, snap.fresh = began, s.opts.RefreshAfter
		s.current.Store(snap)
		return snap, nil
	}
}

func (s *KeySet) report(ctx context.Context, took time.Duration, err error) {
	e := middleware.Event{Op: middleware.OpFetch, Reason: middleware.ReasonOK, Duration: took, Err: err}
	if err != nil {
		e.Reason = middleware.ReasonKeysUnavailable
	}
	if issuer := s.issuer.Load(); issuer != nil {
		e.Issuer = *issuer
	}
	if snap := s.current.Load(); snap != nil {
		e.Keys = len(snap.keys)
	}
	middleware.Observe(ctx, e)
}

var (
	errNoKeys     = errors.New("jwks: there are no keys")
	errBackingOff = errors.New("jwks: the last fetch failed and the next is not due yet")
	errPanicked   = errors.New("jwks: the fetch panicked")
)
