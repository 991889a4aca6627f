package introspect

import (
	"fmt"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

// What makes the breaker doubt the issuer: so many failures in a row, or in all since
// the issuer last answered. Something in front of it may end a row.
const (
	strikes    = 5
	allStrikes = 32
)

// word is what the end of a call says of the issuer.
type word uint8

const (
	silent   word = iota // nothing: it was not asked
	unclear              // something answered, which may stand in front of it, and be about that token alone
	answered             // as the protocol has it
	down                 // a failure that counts
)

// breaker spares an issuer that is down, and us the waiting. It counts only what is
// about the issuer or about us: connections that fail, timeouts, 429, 502, 503, 504,
// and our own credentials where the issuer says that it is about them. Even these may
// be about one token, which strangers choose. So failures alone never open it, nor keep
// it open: a question of ours does, if that fails and the issuer answers no other call
// meanwhile. But there may be no answer to ours either, so every other probe of an open
// breaker is whatever token comes. Only an issuer that says when to come back is taken
// at its word. The zero breaker is closed.
type breaker struct {
	mu      sync.Mutex
	failed  int    // in a row
	unheard int    // failures since the issuer answered
	changes uint64 // how often it opened or closed
	open    bool
	asking  bool      // a question is under way that decides
	heard   bool      // and another call was answered meanwhile
	turn    int       // probes since it opened
	doubted time.Time // when we last asked because others failed
	backoff backoff.Backoff
	failure error // the last that counted
}

// pass is the leave to call.
type pass struct {
	changes uint64 // of the breaker that gave it
	probe   bool   // the call finds out whether an open breaker can close: decided is to be told how it ends, not done
	turn    int    // of the probe
}

// ours reports whether a question of ours is to be the probe.
func (p pass) ours() bool { return p.probe && p.turn%2 == 0 }

// admit reports whether a call may start at now, and if not, for how long.
func (b *breaker) admit(now time.Time) (p pass, wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return pass{changes: b.changes}, 0, true
	}
	if wait := b.backoff.Wait(now); wait > 0 {
		return pass{}, wait, false
	}
	if b.asking {
		return pass{}, backoff.First, false
	}
	p = pass{b.changes, true, b.turn}
	b.asking = true
	b.turn++
	return p, 0, true
}

// done notes how an admitted call ended at now, that is no probe. It reports whether
// there is doubt: then a question of ours is to be asked, and decided told how that
// ended.
func (b *breaker) done(now time.Time, p pass, w word, err error) (doubt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w == down && told(err) {
		if retryAfter(err) > b.backoff.Wait(now) {
			b.opens(now, err)
		}
		return false
	}
	if p.changes != b.changes {
		// It began before the breaker opened or closed and says nothing new:
		// a late timeout does not open it again, and a late answer does not
		// ask an issuer that wants to be left alone.
		return false
	}
	switch w {
	case answered:
		b.failed, b.unheard, b.heard = 0, 0, true
	case unclear:
		b.failed = 0
	case down:
		b.failure = err
		b.failed++
		b.unheard++
		// A question of ours that was answered a moment ago still speaks for the issuer.
		if (b.failed >= strikes || b.unheard >= allStrikes) && !b.asking && now.Sub(b.doubted) >= backoff.First {
			b.asking, b.heard, b.doubted = true, false, now
			return true
		}
	}
	return false
}

// decided notes how the call ended that decides, which p was given for.
func (b *breaker) decided(now time.Time, p pass, w word, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.changes != b.changes {
		return // the issuer said meanwhile when to come back
	}
	b.asking = false
	switch {
	case w == answered:
		b.close()
	case w == down && (b.open || !b.heard || told(err)):
		b.opens(now, err)
	case b.open:
		b.backoff.Failed(now, nil, true)
	}
}

// close notes that the issuer answers. The lock is held.
func (b *breaker) close() {
	b.failed, b.unheard = 0, 0
	if b.open {
		b.open, b.asking = false, false
		b.changes++
	}
	b.backoff.Succeeded()
}

// opens notes that it does not, and for how long nobody asks it. The lock is held.
func (b *breaker) opens(now time.Time, err error) {
	b.failure = err
	b.backoff.Failed(now, err, true) // one probe a second costs nobody anything
	if !b.open {
		b.turn = 0
	}
	if !b.open || told(err) { // what is under way does not cut short what the issuer wants
		b.open, b.asking = true, false
		b.changes++
	}
}

// because is errOpen with the last failure: its text alone, as it was another
// request's error.
func (b *breaker) because() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failure == nil {
		return errOpen
	}
	return fmt.Errorf("%w: %v", errOpen, b.failure)
}
