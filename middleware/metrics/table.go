package metrics

import (
	"iter"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// other stands for every value beyond a label's limit.
const other = "other"

// maxValue bounds a label value, in bytes. No configured issuer or pattern
// comes near it.
const maxValue = 1024

// table maps the values of a label to what is counted for each. Readers take
// no lock: the map is replaced when a value is seen for the first time,
// never changed.
type table[T any] struct {
	limit int
	open  func() *T
	rest  *T // what is counted for other

	mu    sync.Mutex // held by whoever replaces known
	known atomic.Pointer[map[string]*T]
}

func newTable[T any](limit int, open func() *T) *table[T] {
	t := &table[T]{limit: limit, open: open, rest: open()}
	// The empty value, "none is known", never ends up in other.
	t.known.Store(&map[string]*T{"": open()})
	return t
}

// get returns what is counted for value.
func (t *table[T]) get(value string) *T {
	if found, ok := (*t.known.Load())[value]; ok {
		return found
	}
	return t.add(value)
}

// add takes value in, or returns what is counted for other: the values are
// configured ones, but a mistaken custom Verifier may report what clients
// send, and that must fill neither the memory nor the Prometheus server.
func (t *table[T]) add(value string) *T {
	if t.full(*t.known.Load()) || value == other || len(value) > maxValue || !utf8.ValidString(value) {
		return t.rest
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := *t.known.Load()
	if found, ok := known[value]; ok {
		return found
	}
	if t.full(known) {
		return t.rest
	}
	added, next := t.open(), maps.Clone(known)
	next[strings.Clone(value)] = added // value may be part of a larger document
	t.known.Store(&next)
	return added
}

// full reports whether known has reached the limit; the empty value does not
// count.
func (t *table[T]) full(known map[string]*T) bool { return len(known) > t.limit }

// all returns every value with what is counted for it.
func (t *table[T]) all() iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		for value, counted := range *t.known.Load() {
			if !yield(value, counted) {
				return
			}
		}
		yield(other, t.rest)
	}
}
