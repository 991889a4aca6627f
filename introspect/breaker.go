package introspect

import (
	"fmt"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

// strikes is how many failures in a row open the breaker.
const strikes = 5

// breaker spares an issuer that is down, and us the waiting. It counts only
// what is about the issuer or about us: connections that fail, timeouts, 429,
// 502, 503, 504 and refusals of our credentials. Even these may be about one
// token, which strangers choose: so whether it stays open depends on a token
// that we make up. The zero breaker is closed.
type breaker struct {
	mu      sync.Mutex
	failed  int    // in a row
	changes uint64 // how often it opened or closed
	probing bool
	backoff backoff.Backoff
	failure error // the last that counted
}

// pass is the leave to call.
type pass struct {
	changes uint64 // of the breaker that gave it
	probe   bool   // the call finds out whether an open breaker can close
}

// admit reports whether a call may start at now. If not, wait says for how long.
func (b *breaker) admit(now time.Time) (p pass, wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < strikes {
		return pass{changes: b.changes}, 0, true
	}
	if wait := b.backoff.Wait(now); wait > 0 {
		return pass{}, wait, false
	}
	if b.probing {
		return pass{}, backoff.First, false
	}
	b.probing = true
	return pass{b.changes, true}, 0, true
}

// done notes how an admitted call ended at now; err is nil unless it counts. If
// that opens the breaker, and the issuer did not say so itself, second is the
// leave to ask at once whether it is down for a token of our own too.
func (b *breaker) done(now time.Time, p pass, err error) (second pass, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.changes != b.changes {
		// It began before the breaker opened or closed and says nothing new:
		// a late timeout does not open it again, and a late answer does not
		// ask an issuer that wants to be left alone.
		return pass{}, false
	}
	if p.probe {
		b.probing = false
	}
	open := b.failed >= strikes
	if err == nil {
		b.failed, b.probing = 0, false
		b.backoff.Succeeded()
		if open {
			b.changes++
		}
		return pass{}, false
	}
	b.failed++
	b.failure = err
	if told(err) {
		b.failed = strikes
	}
	if b.failed >= strikes {
		b.backoff.Failed(now, err, true) // one probe a second costs nobody anything
		if !open {
			b.changes++
			b.probing = false
			if !told(err) {
				return pass{changes: b.changes}, true
			}
		}
	}
	return pass{}, false
}

// drop notes that the call with p came to nothing that says anything of the
// issuer: foreign code of ours panicked, or there was no slot for it.
func (b *breaker) drop(now time.Time, p pass) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.probe && p.changes == b.changes {
		b.probing = false
		b.backoff.Failed(now, nil, true)
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
