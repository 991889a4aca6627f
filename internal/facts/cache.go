// Package facts remembers what was found out about access tokens: facts, never
// decisions, under a digest of the token, never the token itself.
package facts

import (
	"crypto/sha256"
	"math"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Key is the digest that facts about one token are found under.
type Key [sha256.Size]byte

// onStack is how much is hashed at a time, in bytes. Most tokens are shorter.
const onStack = 2 << 10

// KeyOf returns the digest of prefix and token together, and allocates nothing.
// The prefix is what tokens that look alike may differ in, such as their issuer;
// no prefix may begin another.
func KeyOf(prefix, token string) Key {
	if len(prefix)+len(token) > onStack {
		return keyOfLong(prefix, token)
	}
	var buf [onStack]byte
	n := copy(buf[:], prefix)
	return sha256.Sum256(buf[:n+copy(buf[n:], token)])
}

func keyOfLong(prefix, token string) (k Key) {
	h := sha256.New()
	var buf [onStack]byte
	for _, s := range [...]string{prefix, token} {
		for s != "" {
			n := copy(buf[:], s)
			h.Write(buf[:n])
			s = s[n:]
		}
	}
	h.Sum(k[:0])
	return k
}

// Cache holds a bounded number of facts, of a bounded size in all: the ones used
// last. It is safe for concurrent use. Make one with [New]; a nil Cache holds
// nothing.
type Cache[F any] struct {
	entries *lru.Cache[Key, entry[F]]
	limit   int // of size

	mu   sync.Mutex // of those who write
	size int        // of all entries, in bytes
}

type entry[F any] struct {
	fact F
	size int
}

// New returns a Cache of at most this many facts, which may together have the
// size of as many of the mean size, in bytes, which is positive; nil for none at
// all.
func New[F any](count, mean int) *Cache[F] {
	if count <= 0 {
		return nil
	}
	c := &Cache[F]{limit: math.MaxInt}
	if count <= math.MaxInt/mean {
		c.limit = count * mean
	}
	// What leaves, for whatever reason, leaves by this function. It fails for
	// counts below 1 alone.
	c.entries, _ = lru.NewWithEvict(count, func(_ Key, e entry[F]) { c.size -= e.size })
	return c
}

// Get returns what is known of k.
func (c *Cache[F]) Get(k Key) (f F, ok bool) {
	if c == nil {
		return f, false
	}
	e, ok := c.entries.Get(k)
	return e.fact, ok
}

// Add remembers f, which takes size bytes, in place of what was known of k. It
// may forget others for that. What is larger than all may be is not remembered,
// and costs no others their place.
func (c *Cache[F]) Add(k Key, f F, size int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Remove(k) // so that its size is counted once
	if size > c.limit {
		return
	}
	c.entries.Add(k, entry[F]{f, size})
	for c.size += size; c.size > c.limit; {
		c.entries.RemoveOldest()
	}
}

// Remove forgets k.
func (c *Cache[F]) Remove(k Key) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Remove(k)
}
