package jwks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/middleware"
)

// cause is why a fetch is wanted.
type cause int

const (
	scheduled cause = iota // the keys' age
	forced                 // a key ID that the keys lack
	asked                  // somebody called Refresh
)

// phase is what the age of a snapshot means.
type phase int

const (
	fresh   phase = iota // serve
	due                  // serve, refresh in the background
	stale                // refresh, serve only if that fails
	expired              // do not serve
)

// age returns the phase of snap at now.
func (o *RemoteOptions) age(snap *snapshot, now time.Time) phase {
	if snap == nil {
		return expired
	}
	age := now.Sub(snap.fetched)
	switch {
	case snap.fresh < 0 && !snap.restored:
		return fresh // never by age
	case age >= max(o.MaxStale, 0) && (o.MaxStale > 0 || age-snap.fresh >= max(o.WaitAfter, 0)):
		return expired
	case snap.restored:
		return stale // ask first
	case age < snap.fresh:
		return fresh
	case age-snap.fresh < o.WaitAfter:
		return due
	}
	return stale
}

// until returns from when on snap is expired if nothing confirms it; zero: never.
func (o *RemoteOptions) until(snap *snapshot) time.Time {
	switch {
	case snap.fresh < 0 && !snap.restored:
		return time.Time{}
	case o.MaxStale > 0:
		return snap.fetched.Add(o.MaxStale)
	}
	return snap.fetched.Add(max(snap.fresh+max(o.WaitAfter, 0), 0))
}

// schedule decides when the issuer may be asked again. Its lock is held for
// these few lines only, never over a fetch.
type schedule struct {
	mu       sync.Mutex
	running  bool
	cause    cause // of the fetch that is running
	backoff  backoff.Backoff
	draw     func(most time.Duration) time.Duration // how much earlier; nil: not at all
	failure  error                                  // of the last fetch; nil: it was none
	lastKids time.Time                              // when the last forced fetch that did not fail began
	begun    int64                                  // fetches, ever
}

// newSchedule returns the schedule of one of many replicas, which may all have been started
// by one deployment, and shall not go on asking together.
func newSchedule() schedule {
	return schedule{draw: draw, backoff: backoff.Backoff{Draw: draw}}
}

// draw returns a random time, at most the one given.
var draw = func(most time.Duration) time.Duration { return rand.N(most + 1) }

// Keys want a refresh earlier than after the time that they are fresh: by a fifth of it at
// most or, as a fifth of a minute would still have many replicas ask in the same second, by
// minSpread, but never by more than half.
const minSpread = 30 * time.Second

// early returns after which time keys that are fresh for this long want a refresh. It is
// another one for each set.
func (d *schedule) early(fresh time.Duration) time.Duration {
	if fresh <= 0 || d.draw == nil {
		return fresh
	}
	return fresh - d.draw(max(fresh/5, min(fresh/2, minSpread)))
}

// admits reports whether a caller may ask for a fetch at now: one is under way
// that it can join, or one may start. If not, wait is the time until one may,
// after failures; it is 0 where a forced fetch has to cool down.
func (d *schedule) admits(now time.Time, why cause, cooldown time.Duration) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.running || why == asked:
		return 0, true
	case d.backoff.Wait(now) > 0:
		return d.backoff.Wait(now), false
	case why == forced && (cooldown < 0 || !d.lastKids.IsZero() && now.Sub(d.lastKids) < cooldown):
		return 0, false
	}
	return 0, true
}

// mayStart reports whether a fetch in the background may start at now.
func (d *schedule) mayStart(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.running && d.backoff.Wait(now) == 0
}

// failing reports whether the last fetch failed.
func (d *schedule) failing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backoff.Failures() > 0
}

// begin notes that a fetch begins, and returns its number.
func (d *schedule) begin(now time.Time, why cause) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running, d.cause = true, why
	if why == forced {
		d.lastKids = now
	}
	d.begun++
	return d.begun
}

// looks returns the number of the last fetch that has begun.
func (d *schedule) looks() int64 {
	_, looks := d.cooling(time.Time{}, 0)
	return looks
}

// cooling returns for how long no forced fetch may start, and looks.
func (d *schedule) cooling(now time.Time, cooldown time.Duration) (wait time.Duration, looks int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.lastKids.IsZero() {
		wait = max(cooldown-now.Sub(d.lastKids), 0)
	}
	return wait, d.begun
}

// end notes how the running fetch ended, and returns for how long none may
// start. A forced one that failed starts the backoff, not the Cooldown: it may
// be what a good token waits for.
func (d *schedule) end(now time.Time, err error, haveKeys bool) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = false
	if err == nil {
		d.backoff.Succeeded()
		d.failure = nil
		return 0
	}
	if d.cause == forced {
		d.lastKids = time.Time{}
	}
	d.failure = err
	return d.backoff.Failed(now, err, !haveKeys)
}

// because is err with how the last fetch failed: its text alone, as it was another
// request's error.
func (d *schedule) because(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failure == nil {
		return err
	}
	return fmt.Errorf("%w: %v", err, d.failure)
}

// wait returns for how long no scheduled fetch may start.
func (d *schedule) wait(now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backoff.Wait(now)
}

// unavailable is the answer where keys are needed and missing: 503 and when to
// come back, never an invalid token.
func unavailable(err error, wait time.Duration) error {
	return &middleware.Error{Reason: middleware.ReasonKeysUnavailable, Header: backoff.Header(wait), Err: err}
}

// coolingDown is the answer to a token whose kid is to be looked for in a while: 503, as
// nobody knows yet whether it is good. The first minute's are made once: strangers make
// up key IDs.
func coolingDown(wait time.Duration) error {
	if n := int((wait + time.Second - 1) / time.Second); n < len(cooling) {
		return cooling[max(n, 0)]
	}
	return &middleware.Error{Reason: middleware.ReasonCooldown, Header: backoff.Header(wait), Err: errCoolingDown}
}

var cooling = func() (each [61]*middleware.Error) {
	for n := range each {
		each[n] = &middleware.Error{
			Reason: middleware.ReasonCooldown, Header: backoff.Header(time.Duration(n) * time.Second), Err: errCoolingDown,
		}
	}
	return each
}()

var errCoolingDown = errors.New("jwks: no key of the issuer has the token's kid, which nobody has looked for yet; the issuer was asked for new ones less than Cooldown ago")
