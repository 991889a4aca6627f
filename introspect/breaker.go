package introspect

import (
	"fmt"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

// strikes is how many failures in a row make the breaker doubt the issuer.
const strikes = 5

// breaker spares an issuer that is down, and us the waiting. It counts only what is
// about the issuer or about us: connections that fail, timeouts, 429, 502, 503, 504,
// and our own credentials where the issuer says that it is about them. Even these may
// be about one token, which strangers choose. So failures alone never open it: a
// question about a token that we make up does, if that fails too. Who comes meanwhile
// waits for it. Only an issuer that says when to come back is taken at its word. The
// zero breaker is closed.
type breaker struct {
	mu      sync.Mutex
	failed  int    // in a row
	changes uint64 // how often it opened or closed
	open    bool
	probing bool // an open one has let a call through that finds out whether it can close
	backoff backoff.Backoff
	failure error // the last that counted

	doubt   chan struct{} // closed when the question about our own token is answered; nil: none is asked
	doubted time.Time     // when the last one was asked
}

// pass is the leave to call.
type pass struct {
	changes uint64 // of the breaker that gave it
	probe   bool   // the call finds out whether an open breaker can close
}

// admit reports whether a call may start at now. If not, wait says for how long, or
// doubt when to ask again.
func (b *breaker) admit(now time.Time) (p pass, wait time.Duration, doubt <-chan struct{}, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return pass{changes: b.changes}, 0, b.doubt, b.doubt == nil
	}
	if wait := b.backoff.Wait(now); wait > 0 {
		return pass{}, wait, nil, false
	}
	if b.probing {
		return pass{}, backoff.First, nil, false
	}
	b.probing = true
	return pass{b.changes, true}, 0, nil, true
}

// done notes how an admitted call ended at now; err is nil unless it counts. It
// reports whether there is doubt: then a token of our own is to be asked about, and
// cleared told how that ended.
func (b *breaker) done(now time.Time, p pass, err error) (doubt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.changes != b.changes {
		// It began before the breaker opened or closed and says nothing new:
		// a late timeout does not open it again, and a late answer does not
		// ask an issuer that wants to be left alone.
		return false
	}
	if p.probe {
		b.probing = false
	}
	if err != nil {
		b.failure = err
	}
	switch {
	case err == nil:
		b.close()
	case b.open, told(err):
		b.opens(now, err)
	default:
		b.failed++
		// A token of ours that was answered a moment ago still speaks for the issuer.
		if b.failed >= strikes && b.doubt == nil && now.Sub(b.doubted) >= backoff.First {
			b.doubt, b.doubted = make(chan struct{}), now
			return true
		}
	}
	return false
}

// cleared notes how the question about a token of our own ended, which p was asked
// with. Not asked: it could not be, and says nothing.
func (b *breaker) cleared(now time.Time, p pass, asked bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.doubt)
	b.doubt = nil
	switch {
	case !asked || p.changes != b.changes:
	case err == nil:
		b.close()
	default:
		b.opens(now, err)
	}
}

// close notes that the issuer answers. The lock is held.
func (b *breaker) close() {
	if b.failed = 0; b.open {
		b.open, b.probing = false, false
		b.changes++
	}
	b.backoff.Succeeded()
}

// opens notes that it does not, and for how long nobody asks it. The lock is held.
func (b *breaker) opens(now time.Time, err error) {
	b.backoff.Failed(now, err, true) // one probe a second costs nobody anything
	if !b.open {
		b.open, b.probing = true, false
		b.changes++
	}
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
