package introspect

import (
	"sync"
	"time"
)

const (
	// knownFor is how long a token is kept at most.
	knownFor = time.Hour

	// enough is how long a token has to live to take the place of one that lives longer.
	enough = time.Minute
)

// known is the token to ask about when the issuer seems to be down: the last one that
// it said is active, and that was accepted. Something in front of an issuer may fail on
// every token that the issuer does not know, and so on all that strangers and we make
// up. It is the one token that is kept as it came, until it expires. It is safe for
// concurrent use; the zero value knows none.
type known struct {
	mu    sync.Mutex
	last  string
	until time.Time
	timer *time.Timer
}

// note keeps token, which was accepted at now and expires at exp, if that is not zero.
func (k *known) note(now time.Time, token string, exp time.Time) {
	until := now.Add(knownFor)
	if !exp.IsZero() && exp.Before(until) {
		until = exp
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !until.After(now) || k.last != "" && until.Before(k.until) && until.Sub(now) < enough {
		return
	}
	k.last, k.until = token, until
	if k.timer == nil {
		k.timer = time.AfterFunc(until.Sub(now), func() { k.token(time.Now()) })
	} else {
		k.timer.Reset(until.Sub(now))
	}
}

// forget drops token, which is not active any more.
func (k *known) forget(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == token {
		k.last = ""
	}
}

// token returns the token to ask about at now; empty if there is none.
func (k *known) token(now time.Time) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !now.Before(k.until) {
		k.last = ""
	}
	return k.last
}
