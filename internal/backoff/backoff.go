// Package backoff says when an issuer that failed to answer may be asked again.
package backoff

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// The waits after failures: First, twice as long each time, at most Max.
const (
	First = time.Second
	Max   = time.Minute
)

// Backoff counts failures in a row. The zero Backoff has none. It is not safe
// for concurrent use.
type Backoff struct {
	// Draw returns a random time up to the one given, by which somebody waits less or
	// more than others do. Nil: only waits that grow are random.
	Draw func(most time.Duration) time.Duration

	failures int
	next     time.Time
}

// Failures returns how many there were since the last success.
func (b *Backoff) Failures() int { return b.failures }

// Wait returns for how long from now on nobody may ask; 0 if somebody may.
func (b *Backoff) Wait(now time.Time) time.Duration {
	return max(b.next.Sub(now), 0)
}

// Succeeded ends the row.
func (b *Backoff) Succeeded() { b.failures, b.next = 0, time.Time{} }

// Failed notes a failure and returns Wait. A steady one always waits for First, or up to a
// fifth less. If err is a [*TooMany], its time is honoured up to Max, and up to a fifth
// more.
func (b *Backoff) Failed(now time.Time, err error, steady bool) time.Duration {
	wait := First
	if steady {
		wait -= b.draw(First / 5)
	} else {
		wait = min(First<<min(b.failures, 6), Max)
		// Replicas that failed together shall not come back together.
		if half := wait / 2; b.Draw != nil {
			wait = half + b.Draw(half)
		} else {
			wait = half + rand.N(half+1)
		}
	}
	if told := (*TooMany)(nil); errors.As(err, &told) {
		if asked := min(told.RetryAfter, Max); asked > wait {
			wait = asked + b.draw(asked/5)
		}
	}
	b.failures++
	b.next = now.Add(wait)
	return wait
}

func (b *Backoff) draw(most time.Duration) time.Duration {
	if b.Draw == nil {
		return 0
	}
	return b.Draw(most)
}

// TooMany is an answer that says when to come back: 429 (RFC 6585 §4), or 503.
type TooMany struct {
	Status     int // 0 is 429
	RetryAfter time.Duration
}

func (t *TooMany) Error() string {
	return "status " + strconv.Itoa(cmp.Or(t.Status, http.StatusTooManyRequests))
}

// RetryAfter reads Retry-After, seconds or a date (RFC 9110 §10.2.3); 0 where
// it says nothing that can be read.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return Seconds(v)
}

// Seconds reads delta-seconds (RFC 9111 §1.2.2). What is too large is the
// longest that counts, and what is no number is 0.
func Seconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 31)
	switch {
	case errors.Is(err, strconv.ErrRange):
		n = 1<<31 - 1
	case err != nil:
		return 0
	}
	return time.Duration(n) * time.Second
}

// Header returns the Retry-After field for a client that has to wait: at least
// a second, in whole ones.
func Header(wait time.Duration) http.Header {
	seconds := max(1, int64((wait+time.Second-1)/time.Second))
	return http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
}
