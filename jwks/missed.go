package jwks

import (
	"strings"
	"sync"
	"time"

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

// lacks reports whether no key has this ID, and the issuer was asked since it was first
// seen and is not to be asked again yet, which is so for most IDs that strangers send:
// such tokens are refused before any more of them is read.
func (s *KeySet) lacks(kid string) bool {
	snap := s.current.Load()
	if kid == "" || snap == nil || len(snap.find(kid)) > 0 {
		return false
	}
	if s.source == nil {
		return true
	}
	now := time.Now()
	if p := s.opts.age(snap, now); p != fresh && p != due {
		return false
	}
	wait, ok := s.schedule.admits(now, forced, s.opts.Cooldown)
	if ok || wait > 0 || s.opts.Cooldown >= 0 && snap.uselessWith(kid) == nil && !s.missed.wasLookedFor(kid, snap.look) {
		return false
	}
	// A fetch may have ended since the look at snap, and have brought the key.
	return s.current.Load() == snap
}

// lacking is the refusal of a token whose kid snap lacks, and that cannot be looked for
// now: of a bad token, if the issuer was asked since the kid was first seen, and otherwise
// of one that cannot be judged yet.
func (s *KeySet) lacking(snap *snapshot, kid string) error {
	switch {
	case s.source == nil:
		return snap.unknown(kid, errNotInFixed)
	case snap == nil, s.opts.Cooldown < 0, snap.uselessWith(kid) != nil:
		return snap.unknown(kid, errUnknownKey)
	}
	wait, looks := s.schedule.cooling(time.Now(), s.opts.Cooldown)
	if s.missed.lookedFor(kid, looks, snap.look) {
		return errUnknownKey
	}
	return coolingDown(wait)
}
