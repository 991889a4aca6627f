package issuertest

import (
	"slices"
	"time"
)

// store keeps values for a time, and at most max of them: strangers fill it. Its
// owner's lock guards it. The zero value has no room.
type store[V any] struct {
	max   int
	items map[string]item[V]
	order []place   // oldest first; some are of keys that are gone or were put again
	puts  uint64    // how many there were
	first time.Time // nothing expires before
}

type item[V any] struct {
	value   V
	expires time.Time // from this moment on the value is gone
	put     uint64    // which put it was
}

type place struct {
	key string
	put uint64
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

// put keeps value until expires. Where there is no room, the key that was put
// longest ago makes it: whatever it stood for stops working.
func (s *store[V]) put(key string, value V, expires time.Time) {
	if !s.room(key) {
		for len(s.items) >= s.max && len(s.order) > 0 {
			if oldest := s.order[0]; s.current(oldest) {
				delete(s.items, oldest.key)
			}
			s.order = s.order[1:]
		}
	}
	if len(s.items) == 0 || expires.Before(s.first) {
		s.first = expires
	}
	s.puts++
	s.items[key] = item[V]{value, expires, s.puts}
	s.order = append(s.order, place{key, s.puts})
	if len(s.order) > 2*len(s.items)+64 {
		s.order = slices.DeleteFunc(s.order, func(p place) bool { return !s.current(p) })
	}
}

// add is put for values that must not be forgotten: without room it keeps
// nothing and returns false.
func (s *store[V]) add(key string, value V, expires time.Time) bool {
	if !s.room(key) {
		return false
	}
	s.put(key, value, expires)
	return true
}

// room reports whether key has a place. What has expired gives up its own first.
func (s *store[V]) room(key string) bool {
	if _, again := s.items[key]; again || len(s.items) < s.max {
		return true
	}
	now := time.Now()
	if now.Before(s.first) {
		return false
	}
	s.first = now.Add(1 << 62)
	for key, item := range s.items {
		if !now.Before(item.expires) {
			delete(s.items, key)
		} else if item.expires.Before(s.first) {
			s.first = item.expires
		}
	}
	return len(s.items) < s.max
}

func (s *store[V]) delete(key string) { delete(s.items, key) }

// current reports whether p is the place of a key that is there.
func (s *store[V]) current(p place) bool {
	item, there := s.items[p.key]
	return there && item.put == p.put
}
