package strictjson

import (
	"hash/maphash"
	"math/bits"
)

// names is the set of the names of one object: a table that is at most half full,
// in which a name is looked for from its hash on.
type names struct {
	of      *scanner
	first   int
	slots   []int32  // numbers of members, plus one; 0 is free
	escaped []string // the names as they read, from first on; nil where none has escapes
}

// seed is a secret of this process: whoever writes a document cannot choose names
// whose hashes collide.
var seed = maphash.MakeSeed()

// newNames returns an empty set for the open members of s from first on.
func newNames(s *scanner, first int, escaped bool) names {
	count := s.open - first
	t := names{of: s, first: first, slots: make([]int32, 2<<bits.Len(uint(count)))}
	if escaped {
		t.escaped = make([]string, count)
		for n := range t.escaped {
			m := s.member(first + n)
			t.escaped[n] = unescape(s.doc[m.name:m.nameEnd])
		}
	}
	return t
}

// add adds the name of the nth open member, or reports false if it is there already.
func (t *names) add(n int) bool {
	name, mask := t.name(n), uint64(len(t.slots)-1)
	i := maphash.String(seed, name) & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if t.name(int(t.slots[i])-1) == name {
			return false
		}
	}
	t.slots[i] = int32(n + 1)
	return true
}

func (t *names) name(n int) string {
	if t.escaped != nil {
		return t.escaped[n-t.first]
	}
	m := t.of.member(n)
	return t.of.doc[m.name:m.nameEnd]
}
