package introspect

import (
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

// strikes is how many failures in a row open the breaker.
const strikes = 5

// breaker spares an issuer that is down, and us the waiting. It counts only
// what is about the issuer or about us: connections that fail, timeouts, 429,
// 502, 503, 504 and refusals of our credentials. An answer to one token, of
// whatever kind, closes it, so that no stranger can open it with a token, nor
// keep it open. The zero breaker is closed.
type breaker struct {
	mu      sync.Mutex
	failed  int // in a row
	probing bool
	backoff backoff.Backoff
}

// admit reports whether a call may start at now, and whether it is the one
// that finds out if an open breaker can close. If not, wait says for how long.
func (b *breaker) admit(now time.Time) (probe bool, wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < strikes {
		return false, 0, true
	}
	if wait := b.backoff.Wait(now); wait > 0 {
		return false, wait, false
	}
	if b.probing {
		return false, backoff.First, false
	}
	b.probing = true
	return true, 0, true
}

// done notes how an admitted call ended at now; err is nil unless it counts.
func (b *breaker) done(now time.Time, probe bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := b.failed >= strikes
	if probe {
		b.probing = false
	}
	switch {
	case err == nil:
		b.failed = 0
		b.backoff.Succeeded()
	case open && !probe:
		// It began before the breaker opened, and says nothing new.
	default:
		b.failed++
		if told(err) {
			b.failed = strikes
		}
		if b.failed >= strikes {
			b.backoff.Failed(now, err, true) // one probe a second costs nobody anything
		}
	}
}
