package issuertest

import (
	"net"
	"net/http"
	"time"
)

// How many wrong guesses are answered in retryAfter (RFC 6749 §2.3.1, RFC 8628
// §5.1): from one address, and from all. The second is larger, so that one
// stranger cannot keep everybody else out.
const (
	maxGuesses    = 10
	maxGuessesAll = 100
	retryAfter    = time.Minute
)

// throttle limits guesses at one secret, or at any user code. What is right does
// not start the count again: else a guesser would put something right in between,
// or a busy client would do so for them. Its owner's lock guards it. The zero
// value has counted nothing.
type throttle struct {
	since time.Time
	all   int
	from  map[string]int // by address; at most maxGuessesAll
}

// closed reports whether guesses from address are refused until the minute is
// over. The empty address is none: only all guesses together close it.
func (t *throttle) closed(address string) bool {
	if time.Since(t.since) >= retryAfter {
		*t = throttle{since: time.Now(), from: map[string]int{}}
	}
	return t.all >= maxGuessesAll || address != "" && t.from[address] >= maxGuesses
}

// wrong counts a guess, of which closed was asked before.
func (t *throttle) wrong(address string) {
	t.all++
	t.from[address]++
}

// address is where a request comes from, without the port.
func address(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr // of a pipe
}
