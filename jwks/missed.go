package jwks

import (
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// maxMissed is how many key IDs are remembered that no key has, of at most 256 bytes
// each. Who makes up more takes the benefit from others, and nothing else: what is not
// remembered counts as not looked for.
const maxMissed = 1000

// missedKeys are the key IDs that tokens had and no key has, with the number of the last
// fetch that had begun when each was first seen. The zero value is ready. It is safe for
// concurrent use.
type missedKeys struct {
	mu   sync.Mutex
	seen *simplelru.LRU[string, int64]
}

// lookedFor reports whether the look of this number, which brought or confirmed the keys,
// began after kid was first seen. begun fetches have begun by now: what is new is seen
// now.
func (m *missedKeys) lookedFor(kid string, begun, look int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen, _ = simplelru.NewLRU[string, int64](maxMissed, nil) // it fails for sizes below 1
	}
	first, known := m.seen.Get(kid)
	if !known {
		m.seen.Add(strings.Clone(kid), begun) // not a piece of the token
		return false
	}
	return look > first
}

// wasLookedFor is lookedFor of a kid that was seen before.
func (m *missedKeys) wasLookedFor(kid string, look int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		return false
	}
	first, known := m.seen.Get(kid)
	return known && look > first
}

// withdrawn notes the key IDs that were there before and are not now: these were looked
// for by the fetch that brought now.
func (m *missedKeys) withdrawn(before, now *snapshot) {
	for kid := range before.byID {
		if len(now.find(kid)) == 0 {
			m.lookedFor(kid, now.look-1, now.look) // whatever number that is
		}
	}
}
