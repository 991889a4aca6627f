package strictjson

import (
	"errors"
	"math"
)

// MaxDepth is how deep any document may nest; the root counts as 1. Of members and
// elements there may be as many as fit: who reads a document bounds its bytes, and
// work is linear in them.
const MaxDepth = 16

const (
	// maxOuter is how many members the root may have that ParseOuter reads.
	maxOuter = 256
	maxBytes = 16 << 20 // offsets fit an int32; callers bound documents far below this
)

// NoLimit is for documents whose length alone bounds what is in them.
const NoLimit = math.MaxInt

var (
	errSyntax    = errors.New("strictjson: not valid JSON")
	errNotObject = errors.New("strictjson: not a JSON object")
	errTrailing  = errors.New("strictjson: bytes after the value")
	errText      = errors.New("strictjson: a string is not valid Unicode text")
	errDuplicate = errors.New("strictjson: duplicate member name")
	errDepth     = errors.New("strictjson: nested more than 16 deep")
	errMembers   = errors.New("strictjson: too many members")
	errBytes     = errors.New("strictjson: document too long")
)

// Member is one name and value of an object.
type Member struct {
	Name  string // unescaped
	Value Value
}

// Object is the members of a JSON object in the order of their appearance. Its
// names are distinct. The nil Object has no members.
type Object []Member

// Get returns the value of the member called exactly name (RFC 7519 §7.3).
func (o Object) Get(name string) (Value, bool) {
	for i := range o {
		if o[i].Name == name {
			return o[i].Value, true
		}
	}
	return "", false
}

// Parse reads a document that is one JSON object. All of it is judged, at every
// depth: grammar, text, duplicate names and MaxDepth.
func Parse(doc string) (Object, error) {
	return Append(nil, doc)
}

// Append is Parse into the capacity of o, whose members it keeps in front: a caller
// that is soon done with the Object can have it on its stack.
func Append(o Object, doc string) (Object, error) {
	s := scanner{doc: doc, limit: NoLimit, strict: true}
	return s.document(o)
}

// ParseOuter reads a document that is one JSON object of at most 256 members
// and judges only that object in full. What is nested in it is held to grammar, text,
// MaxDepth and to limit members in all, but may have duplicate names. So one bad entry
// of a JWK Set need not cost the others (RFC 7517 §5): each is given to Value.Object,
// which is strict.
func ParseOuter(doc string, limit int) (Object, error) {
	s := scanner{doc: doc, limit: limit}
	return s.document(nil)
}
