package introspect

import (
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/warder-go/warder/middleware"
)

// inactives is how many inactive tokens are remembered. They have a place of
// their own: junk must not evict good tokens.
const inactives = 1000

// key is the SHA-256 of issuer and token. The token itself is not kept.
type key [32]byte

// fact is what the issuer said of a token. It is not a decision: whether the
// token is acceptable is judged each time.
type fact struct {
	token *middleware.Token // nil: inactive
	until time.Time         // when it has to be asked again

	unbound bool // for DPoP, but not said for which key
	other   bool // not an access token, but a refresh token, say
}

// cache remembers facts. It is safe for concurrent use.
type cache struct {
	active   *lru.Cache[key, *fact] // nil: off
	inactive *lru.Cache[key, *fact] // and what is refused though active; nil: off

	// forgotten counts calls of forget, by the first byte of the key. An
	// answer to a question that was asked before is not remembered. The lock
	// is for put and forget: what is forgotten does not come back for a moment.
	mu        sync.Mutex
	forgotten [256]atomic.Uint64
}

func newCache(c Config) *cache {
	m := new(cache)
	if c.CacheSize > 0 && c.CacheTTL > 0 {
		m.active, _ = lru.New[key, *fact](c.CacheSize) // fails for sizes below 1 only
	}
	if c.NegativeTTL > 0 {
		m.inactive, _ = lru.New[key, *fact](inactives)
	}
	return m
}

// get returns what is remembered and still good at now.
func (m *cache) get(k key, now time.Time) *fact {
	for _, c := range [...]*lru.Cache[key, *fact]{m.active, m.inactive} {
		if c == nil {
			continue
		}
		if f, ok := c.Get(k); ok && now.Before(f.until) {
			return f
		}
	}
	return nil
}

// epoch changes with every forget that may be of k.
func (m *cache) epoch(k key) uint64 { return m.forgotten[k[0]].Load() }

// put remembers f, unless k was forgotten since epoch. Only what is acceptable
// has a place among the active: who has a thousand tokens for other audiences
// must not evict ours.
func (m *cache) put(k key, f *fact, acceptable bool, epoch uint64) {
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
	if to != nil {
		to.Add(k, f)
	}
}

func (m *cache) forget(k key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgotten[k[0]].Add(1)
	m.remove(k)
}

func (m *cache) remove(k key) {
	for _, c := range [...]*lru.Cache[key, *fact]{m.active, m.inactive} {
		if c != nil {
			c.Remove(k)
		}
	}
}
