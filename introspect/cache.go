package introspect

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/facts"
)

// inactives is how many inactive tokens are remembered. They have a place of
// their own: junk must not evict good tokens.
const inactives = 1000

// meanSize bounds what is remembered, in bytes a fact on average.
const meanSize = 4 << 10

// fact is what the issuer said of a token. It is not a decision: whether the
// token is acceptable is judged each time.
type fact struct {
	said  *claims.Said // nil: inactive
	until time.Time    // when it has to be asked again

	byStatus bool // inactive by an UnknownStatus, which something in front may have answered
}

// cache remembers facts. It is safe for concurrent use.
type cache struct {
	active   *facts.Cache[*fact] // nil: off
	inactive *facts.Cache[*fact] // and what is refused though active; nil: off

	// forgotten counts calls of forget, by the first byte of the key. An
	// answer to a question that was asked before is not remembered. The lock
	// is for put and forget: what is forgotten does not come back for a moment.
	mu        sync.Mutex
	forgotten [256]atomic.Uint64
}

func newCache(c Config) *cache {
	m := new(cache)
	if c.CacheTTL > 0 {
		m.active = facts.New[*fact](c.CacheSize, meanSize)
	}
	if c.NegativeTTL > 0 {
		m.inactive = facts.New[*fact](inactives, meanSize)
	}
	return m
}

// get returns what is remembered and still good at now.
func (m *cache) get(k facts.Key, now time.Time) *fact {
	for _, c := range [...]*facts.Cache[*fact]{m.active, m.inactive} {
		if f, ok := c.Get(k); ok && now.Before(f.until) {
			return f
		}
	}
	return nil
}

// epoch changes with every forget that may be of k.
func (m *cache) epoch(k facts.Key) uint64 { return m.forgotten[k[0]].Load() }

// put remembers f, unless k was forgotten since epoch. Only what is acceptable
// has a place among the active: who has a thousand tokens for other audiences
// must not evict ours.
func (m *cache) put(k facts.Key, f *fact, acceptable bool, epoch uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.epoch(k) != epoch {
		return
	}
	m.remove(k)
	to := m.inactive
	if acceptable {
		to = m.active
	}
	to.Add(k, f, claims.Size(f.said))
}

func (m *cache) forget(k facts.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten[k[0]].Add(1)
	m.remove(k)
}

func (m *cache) remove(k facts.Key) {
	m.active.Remove(k)
	m.inactive.Remove(k)
}
