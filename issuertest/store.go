package issuertest

import "time"

// store keeps values for a time, and at most max of them: strangers fill it. Its
// owner's lock guards it. The zero value has no room.
type store[V any] struct {
	max   int
	items map[string]item[V]
	order []string // keys, oldest first; some are gone, a few may be there twice
}

type item[V any] struct {
	value   V
	expires time.Time // from this moment on the value is gone
}

func newStore[V any](max int) store[V] { return store[V]{max: max, items: map[string]item[V]{}} }

// get returns the value of key unless its time is over.
func (s *store[V]) get(key string) (value V, ok bool) {
	found, ok := s.items[key]
	if !ok {
		return value, false
	}
	if !time.Now().Before(found.expires) {
		delete(s.items, key)
		return value, false
	}
	return found.value, true
}

// put keeps value until expires. Where there is no room, the oldest key makes
// it: whatever it stood for stops working.
func (s *store[V]) put(key string, value V, expires time.Time) {
	if _, again := s.items[key]; !again {
		for len(s.items) >= s.max && len(s.order) > 0 {
			delete(s.items, s.order[0])
			s.order = s.order[1:]
		}
		s.order = append(s.order, key)
	}
	s.items[key] = item[V]{value, expires}
	if len(s.order) > 2*len(s.items)+64 {
		s.compact()
	}
}

// add is put for values that must not be forgotten: without room it keeps
// nothing and returns false.
func (s *store[V]) add(key string, value V, expires time.Time) bool {
	if _, again := s.items[key]; !again && len(s.items) >= s.max {
		now := time.Now()
		for k, item := range s.items {
			if !now.Before(item.expires) {
				delete(s.items, k)
			}
		}
		if len(s.items) >= s.max {
			return false
		}
	}
	s.put(key, value, expires)
	return true
}

func (s *store[V]) delete(key string) { delete(s.items, key) }

// compact forgets the keys that are gone. It runs when they are the most, so
// that it costs nothing on average.
func (s *store[V]) compact() {
	kept := make([]string, 0, len(s.items))
	seen := make(map[string]bool, len(s.items))
	for _, key := range s.order {
		if _, there := s.items[key]; there && !seen[key] {
			seen[key] = true
			kept = append(kept, key)
		}
	}
	s.order = kept
}
