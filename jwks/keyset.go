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
	name     string // for events; no other set's
	opts     RemoteOptions
	steady   bool // failed fetches cost nobody anything, and are repeated after a second
	schedule schedule
	flights  flight.Group[*snapshot]
	missed   missedKeys
	disk     disk
	looked   atomic.Bool // for a snapshot file
	saves    saves
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

// usable returns the keys to judge a token by that came at now, as the age of
// the keys demands. Stale means that they are past their time, and that the
// issuer does not answer.
func (s *KeySet) usable(ctx context.Context, now time.Time) (snap *snapshot, isStale bool, err error) {
	snap = s.current.Load()
	if s.source == nil {
		if snap == nil {
			return nil, false, unavailable(errNoKeys, 0)
		}
		return snap, false, nil
	}
	if snap == nil {
		snap = s.restored(ctx)
	}
	switch s.opts.age(snap, now) {
	case fresh:
		return snap, false, nil
	case due:
		s.refreshSoon(ctx, snap)
		return snap, false, nil
	case stale:
		if s.schedule.failing() {
			if s.current.Load() != snap { // the one that failed has dropped them: see dropForeign
				return s.usable(ctx, now)
			}
			s.refreshSoon(ctx, snap)
			return snap, true, nil
		}
		next, err := s.refresh(ctx, snap, scheduled, "", now)
		if err == nil {
			return next, false, nil
		}
		// The issuer's trouble is not yet the token's (RFC 5861 §4). The keys
		// may have gone nevertheless: see fetch.
		if left := s.current.Load(); left != nil && ctx.Err() == nil {
			return left, true, nil
		}
		return nil, false, err
	}
	// No keys, or keys too old to be trusted: fail closed.
	next, err := s.refresh(ctx, snap, scheduled, "", now)
	if late := s.current.Load(); err != nil && snap == nil && late != nil && ctx.Err() == nil && s.opts.age(late, now) != expired {
		return late, true, nil // of a snapshot file, from a slow disk
	}
	return next, false, err
}

// refetch returns newer keys for a token that came at now and that no key in seen
// verifies, or seen itself if no fetch may start to look for more. kid is empty where it
// is not the key that is missing. A look that began before the token came may have
// missed its key, and so may a fetch that a cache answered, so refetch counts none that
// it only joined.
func (s *KeySet) refetch(ctx context.Context, seen *snapshot, kid string, now time.Time) (*snapshot, error) {
	for s.source != nil && !seen.lookedAt.After(now) {
		snap, err := s.refresh(ctx, seen, forced, kid, now)
		if err != nil || snap == seen {
			return snap, err
		}
		seen = snap
	}
	return seen, nil
}

// refresh waits for a fetch, its own or the one under way, for Timeout from
// now on: when the token came, however often this request waits.
func (s *KeySet) refresh(ctx context.Context, seen *snapshot, why cause, kid string, now time.Time) (*snapshot, error) {
	if snap, err, known := s.verdict(seen, why); known {
		return snap, err
	}
	wait, cancel := context.WithDeadline(ctx, now.Add(s.opts.Timeout))
	defer cancel()
	snap, err := s.flights.Do(wait, "", s.fetch(seen, why, kid))
	if err == nil {
		return snap, nil
	}
	if brought := s.current.Load(); brought != seen && brought != nil && !brought.restored {
		return brought, nil // what failed came after the fetch
	}
	// The cause of ctx may be anything, a refusal of something else included.
	if said, ok := err.(*middleware.Error); ok && said.Code == "" {
		return nil, err
	}
	if ctx.Err() == nil && wait.Err() != nil {
		err = errLate // the fetch ends now too, and tells what it waited for
	}
	return nil, unavailable(err, time.Second) // out of time, or a panic
}

// refreshSoon starts a fetch that nobody waits for, unless one is under way or
// must not start yet.
func (s *KeySet) refreshSoon(ctx context.Context, seen *snapshot) {
	if s.schedule.mayStart(time.Now()) {
		s.flights.Go(ctx, "", s.fetch(seen, scheduled, ""))
	}
}

// verdict answers without a fetch where none may start now and none is under
// way that might bring what the caller wants.
func (s *KeySet) verdict(seen *snapshot, why cause) (*snapshot, error, bool) {
	if snap := s.current.Load(); snap != seen && snap != nil && !snap.restored {
		return snap, nil, true // somebody was faster: judge by the new keys
	}
	wait, ok := s.schedule.admits(time.Now(), why, s.opts.Cooldown)
	switch {
	case ok:
		return nil, nil, false
	case wait > 0:
		return nil, unavailable(s.schedule.because(errBackingOff), wait), true
	}
	// Cooling down, maybe since a fetch that ended after the look above: it
	// stored its keys before it said so, so a second look sees them.
	if snap := s.current.Load(); snap != nil {
		return snap, nil, true
	}
	return seen, nil, true
}

// fetch returns the shared call that asks the issuer. Only one runs at a time.
func (s *KeySet) fetch(seen *snapshot, why cause, kid string) func(context.Context) (*snapshot, error) {
	return func(ctx context.Context) (snap *snapshot, err error) {
		// Between the caller's look and this call, another may have ended.
		if snap, err, known := s.verdict(seen, why); known {
			return snap, err
		}
		began := time.Now()
		// Validators only where nothing is the matter: somebody who misses a
		// key, or a server that chokes on them, wants the whole set.
		old, l := seen, (*look)(nil)
		if why != scheduled || s.schedule.failing() || seen == nil {
			// And past caches: they have what is the matter.
			old, l = nil, &look{seen, kid}
		}
		number := s.schedule.begin(began, why)
		err = errPanicked // unless the source returns
		defer func() {
			wait := s.schedule.end(time.Now(), err, s.opts.age(seen, began) != expired && !s.steady)
			s.report(ctx, middleware.OpFetch, began, err)
			if err != nil {
				err = unavailable(err, wait)
			}
		}()
		limited, cancel := context.WithTimeout(ctx, s.opts.Timeout)
		defer cancel()
		snap, err = s.source.fetch(limited, old, l)
		if err == nil && limited.Err() != nil {
			err = errLate // whoever waited has left, and what took so long would again
		}
		current := s.current.Load()
		if p := s.opts.age(current, began); err == nil && snap.isOlder(current) && (p == fresh || p == due) {
			// It neither brings back a key that was withdrawn nor hides one that was
			// published (RFC 9111 §4). If there is nothing else for WaitAfter, a clock
			// has been set back, and it counts.
			err = errLags
		}
		if err != nil {
			s.dropForeign(ctx)
			return nil, err
		}
		snap.fetched, snap.fresh = began, s.opts.RefreshAfter
		switch {
		case l != nil, s.steady: // there is no cache in front of a file
			snap.look, snap.lookedAt = number, began
		case current != nil:
			snap.look, snap.lookedAt = current.look, current.lookedAt
		}
		if snap.stated && s.opts.RefreshAfter > 0 {
			snap.fresh = min(max(snap.lifetime, minLifetime), maxLifetime)
			if s.opts.MaxStale > 0 { // to be asked again well before they expire
				snap.fresh = min(snap.fresh, s.opts.MaxStale/2)
			}
		}
		snap.fresh = s.schedule.early(snap.fresh)
		if s.opts.Snapshot == "" {
			snap.document = nil
		}
		if before := s.current.Swap(snap); before != nil {
			s.missed.withdrawn(before, snap)
		}
		s.saveSoon(ctx)
		return snap, nil
	}
}

// report tells of work at the key set: the guard whose request caused it, or
// the observer of the options if no guard's did.
func (s *KeySet) report(ctx context.Context, op middleware.Op, began time.Time, err error) {
	e := middleware.Event{Op: op, KeySet: s.name, Reason: middleware.ReasonOK, Duration: time.Since(began), Err: err}
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
		e.Unusable = snap.useless
		if e.Until = s.opts.until(snap); s.opts.age(snap, time.Now()) != expired {
			e.Keys = len(snap.keys)
		}
	}
	if set, ok := errors.AsType[*unusableSet](err); ok && len(set.keys) > 0 {
		e.Unusable = asErrors(set.keys) // of the set that came, not of the one that stays
	}
	if ctx.Value(unasked{}) == nil && middleware.Observe(ctx, e) {
		return
	}
	if s.opts.Observe != nil {
		s.opts.Observe(ctx, e)
	}
}

var (
	errNoKeys     = errors.New("jwks: the zero KeySet has no keys")
	errNoAnswer   = errors.New("jwks: no known key has the token's kid, and new ones cannot be fetched")
	errBackingOff = errors.New("jwks: the last fetch failed and the next is not due yet")
	errPanicked   = errors.New("jwks: the fetch panicked")
	errLags       = errors.New("jwks: key set: an older one than the last: a cache on the way lags behind")
	errLate       = fmt.Errorf("jwks: no answer within Timeout: %w", context.DeadlineExceeded)
)
