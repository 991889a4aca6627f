package strictjson

import (
	"errors"
	"strconv"
)

var (
	errNotArray = errors.New("strictjson: not a JSON array")
	errElements = errors.New("strictjson: too many elements")
)

// Value is the JSON text of one value that Parse or ParseOuter has judged, without
// whitespace around it. Literals compare as text: v == "true" is the JSON boolean true.
// The zero Value is no value, and no method finds anything in it.
type Value string

// Text returns what a JSON string stands for. It allocates only when it has escapes.
func (v Value) Text() (string, bool) {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false
	}
	return unescape(string(v[1 : len(v)-1])), true
}

// Texts returns the elements of a JSON array that holds nothing but strings.
func (v Value) Texts() ([]string, bool) {
	n, ok := v.texts(nil)
	if !ok {
		return nil, false
	}
	texts := make([]string, n)
	v.texts(texts)
	return texts, true
}

// texts counts the elements, and stores them unless into is nil.
func (v Value) texts(into []string) (n int, ok bool) {
	if v == "" || v[0] != '[' {
		return 0, false
	}
	doc := string(v)
	i := space(doc, 1)
	if i < len(doc) && doc[i] == ']' {
		return 0, true
	}
	for {
		if i >= len(doc) || doc[i] != '"' {
			return 0, false
		}
		end, _, err := text(doc, i+1)
		if err != nil {
			return 0, false
		}
		if into != nil {
			into[n] = unescape(doc[i+1 : end-1])
		}
		n++
		i = space(doc, end)
		if i >= len(doc) || doc[i] != ',' {
			return n, true
		}
		i = space(doc, i+1)
	}
}

// Elements returns the elements of a JSON array. It is an error if v is anything else
// or has more than limit elements.
func (v Value) Elements(limit int) ([]Value, error) {
	if v == "" || v[0] != '[' {
		return nil, errNotArray
	}
	// The text is judged already; reading it again only finds where elements end.
	s := scanner{doc: string(v), limit: len(v)}
	elements := []Value{}
	i := space(s.doc, 1)
	if i < len(v) && v[i] == ']' {
		return elements, nil
	}
	for {
		end, err := s.value(i, 1)
		if err != nil {
			return nil, err
		}
		if len(elements) == limit {
			return nil, errElements
		}
		elements = append(elements, v[i:end])
		i = space(s.doc, end)
		if i >= len(v) || v[i] != ',' {
			return elements, nil
		}
		i = space(s.doc, i+1)
	}
}

// Object reads a nested object with all the strictness of Parse. Depth and members
// count from it.
func (v Value) Object() (Object, error) {
	return Parse(string(v))
}

// AppendObject is Object into the capacity of o: see [Append].
func (v Value) AppendObject(o Object) (Object, error) {
	return Append(o, string(v))
}

// Number returns a JSON number as a float64. One that no finite float64 is near is
// not a number here.
func (v Value) Number() (float64, bool) {
	if !v.isNumber() {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil
}

// isNumber keeps strconv's spellings (Inf, 0x1p4, 1_000) out.
func (v Value) isNumber() bool {
	if v == "" {
		return false
	}
	end, err := number(string(v), 0)
	return err == nil && end == len(v)
}
