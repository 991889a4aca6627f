package pages

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	maxAttempts = 5                // wrong in a row, then
	attemptWait = 30 * time.Second // between one and the next
)

// throttle slows down guessing. Names share places by a secret hash: strangers
// cannot make it grow, and a name that nobody has is slowed down like any other.
// Somebody else's guesses slow down the person, too; that is its price.
type throttle struct {
	seed   maphash.Seed
	mu     sync.Mutex
	places [1024]struct {
		wrong int
		last  time.Time
	}
}

func newThrottle() throttle { return throttle{seed: maphash.MakeSeed()} }

// begin reports whether an attempt may be made. It counts as wrong until succeed
// says otherwise: of a hundred at the same time, five are made.
func (t *throttle) begin(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &t.places[t.place(name)]
	if p.wrong >= maxAttempts && time.Since(p.last) < attemptWait {
		return false
	}
	p.wrong, p.last = p.wrong+1, time.Now()
	return true
}

func (t *throttle) succeed(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.places[t.place(name)].wrong = 0
}

func (t *throttle) place(name string) int {
	return int(maphash.String(t.seed, name) % uint64(len(t.places)))
}
