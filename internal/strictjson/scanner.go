package strictjson

import "slices"

// scanner checks a document in one pass. Its methods take an index and return the
// index after what they read. It holds offsets and no strings, so that it stays on
// the stack and a document costs one allocation: its Object.
type scanner struct {
	doc    string
	limit  int  // most members in the whole document
	strict bool // nested objects are searched for duplicates too
	seen   int  // members so far
	open   int  // members in use: those of the root, then those of each object being read

	// Where these are. More than few are rare, and few are cheap to clear.
	few  [32]span
	more []span
}

// member returns the nth of the open members.
func (s *scanner) member(n int) *span {
	if n < len(s.few) {
		return &s.few[n]
	}
	return &s.more[n-len(s.few)]
}

// push opens a member and returns its number.
func (s *scanner) push() int {
	n := s.open
	if s.open++; n >= len(s.few)+len(s.more) {
		if len(s.more) == cap(s.more) {
			s.more = slices.Grow(s.more, 3*len(s.more)+len(s.few)) // few steps to thousands
		}
		s.more = append(s.more, span{})
	}
	return n
}

// span is where a member is. Its name is what stands between the quotes; names with
// different hints differ.
type span struct {
	name, nameEnd, value, valueEnd int32
	hint                           uint32
}

// hint is the length, first and last byte of a name: enough to tell most names apart
// without looking at them again.
func hint(name string) uint32 {
	if name == "" {
		return 0
	}
	return uint32(len(name))<<16 | uint32(name[0])<<8 | uint32(name[len(name)-1])
}

func (s *scanner) document(o Object) (Object, error) {
	if len(s.doc) > maxBytes {
		return nil, errBytes
	}
	i := space(s.doc, 0)
	if i == len(s.doc) || s.doc[i] != '{' {
		return nil, errNotObject
	}
	i, escaped, err := s.object(i+1, 1)
	if err != nil {
		return nil, err
	}
	if space(s.doc, i) != len(s.doc) {
		return nil, errTrailing
	}
	if o == nil {
		o = make(Object, 0, s.open)
	}
	for n := range s.open {
		m := s.member(n)
		name := s.doc[m.name:m.nameEnd]
		if escaped {
			name = unescape(name)
		}
		o = append(o, Member{name, Value(s.doc[m.value:m.valueEnd])})
	}
	return o, nil
}

// object reads from after the opening brace. It leaves the members of the root in
// place and drops those of any other object. It tells whether a name has escapes.
func (s *scanner) object(i, depth int) (end int, escaped bool, err error) {
	if depth > MaxDepth {
		return 0, false, errDepth
	}
	first := s.open
	keep := s.strict || depth == 1
	i = space(s.doc, i)
	if i < len(s.doc) && s.doc[i] == '}' {
		return i + 1, false, nil
	}
	for {
		if i >= len(s.doc) || s.doc[i] != '"' {
			return 0, false, errSyntax
		}
		if s.seen++; s.seen > s.limit {
			return 0, false, errMembers
		}
		name := i + 1
		var esc bool
		if i, esc, err = text(s.doc, name); err != nil {
			return 0, false, err
		}
		nameEnd := i - 1
		escaped = escaped || esc
		i = space(s.doc, i)
		if i >= len(s.doc) || s.doc[i] != ':' {
			return 0, false, errSyntax
		}
		value := space(s.doc, i+1)
		own := s.open
		if keep {
			if !s.strict && own == maxOuter {
				return 0, false, errMembers
			}
			own = s.push()
		}
		if i, err = s.value(value, depth); err != nil {
			return 0, false, err
		}
		if keep {
			*s.member(own) = span{int32(name), int32(nameEnd), int32(value), int32(i), hint(s.doc[name:nameEnd])}
		}
		i = space(s.doc, i)
		if i >= len(s.doc) {
			return 0, false, errSyntax
		}
		if s.doc[i] == '}' {
			break
		}
		if s.doc[i] != ',' {
			return 0, false, errSyntax
		}
		i = space(s.doc, i+1)
	}
	if keep {
		if !s.distinct(first, escaped) {
			return 0, false, errDuplicate
		}
		if depth > 1 {
			s.open = first
		}
	}
	return i + 1, escaped, nil
}

// distinct tells whether no name of the open members from first on appears twice.
// Names are compared as they read, after their escapes (RFC 8259 §8.3).
func (s *scanner) distinct(first int, escaped bool) bool {
	if s.open-first <= 16 && !escaped {
		for n := first + 1; n < s.open; n++ {
			a := s.member(n)
			for k := first; k < n; k++ {
				b := s.member(k)
				if a.hint == b.hint && s.doc[a.name:a.nameEnd] == s.doc[b.name:b.nameEnd] {
					return false
				}
			}
		}
		return true
	}
	// A hash table, because comparing thousands of names pairwise would cost a
	// stranger nothing and us many signature checks.
	t := newNames(s, first, escaped)
	for n := first; n < s.open; n++ {
		if !t.add(n) {
			return false
		}
	}
	return true
}

// value reads a value that stands at depth levels of objects and arrays.
func (s *scanner) value(i, depth int) (int, error) {
	if i >= len(s.doc) {
		return 0, errSyntax
	}
	switch c := s.doc[i]; c {
	case '"':
		i, _, err := text(s.doc, i+1)
		return i, err
	case '{':
		i, _, err := s.object(i+1, depth+1)
		return i, err
	case '[':
		return s.array(i+1, depth+1)
	case 't':
		return literal(s.doc, i, "true")
	case 'f':
		return literal(s.doc, i, "false")
	case 'n':
		return literal(s.doc, i, "null")
	default:
		return number(s.doc, i)
	}
}

// array reads from after the opening bracket.
func (s *scanner) array(i, depth int) (int, error) {
	if depth > MaxDepth {
		return 0, errDepth
	}
	i = space(s.doc, i)
	if i < len(s.doc) && s.doc[i] == ']' {
		return i + 1, nil
	}
	for {
		end, err := s.value(i, depth)
		if err != nil {
			return 0, err
		}
		i = space(s.doc, end)
		if i >= len(s.doc) {
			return 0, errSyntax
		}
		if s.doc[i] == ']' {
			return i + 1, nil
		}
		if s.doc[i] != ',' {
			return 0, errSyntax
		}
		i = space(s.doc, i+1)
	}
}
