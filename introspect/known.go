package introspect

import (
	"crypto/rand"
	"sync"
	"time"
)

// knownFor is how long a token without exp counts as one that the issuer knows.
const knownFor = time.Hour

// known is the token to ask about when the issuer seems to be down: the last one that
// it said is active, and that was accepted, until it expires; before there is one, a
// token that we make up. Something in front of an issuer may fail on every token that
// the issuer does not know, and so on all that strangers and we make up. It is the one
// token that is kept as it came. It is safe for concurrent use; the zero value knows
// none.
type known struct {
	mu    sync.Mutex
	last  string
	until time.Time
}

// note keeps token, which was accepted at now and expires at exp, if that is not zero.
func (k *known) note(now time.Time, token string, exp time.Time) {
	if exp.IsZero() {
		exp = now.Add(knownFor)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, k.until = token, exp
}

// forget drops token, which is not active any more.
func (k *known) forget(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == token {
		k.last = ""
	}
}

// token returns the token to ask about at now.
func (k *known) token(now time.Time) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !now.Before(k.until) {
		k.last = ""
	}
	if k.last == "" {
		return rand.Text()
	}
	return k.last
}
