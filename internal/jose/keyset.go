package jose

import (
	"errors"

	"github.com/warder-go/warder/internal/strictjson"
)

// Limits of a JWK Set.
const (
	MaxKeySet = 1 << 20 // bytes
	MaxKeys   = 100
)

var (
	errKeySet = errors.New("jose: not a JWK Set, or one over a limit")
	errNoKeys = errors.New("jose: JWK Set holds no usable key")
)

// ParseSet reads a JWK Set (RFC 7517 §5). Each entry is judged alone: unusable counts
// those that ParseKey refuses. A set without one usable key is an error, because keys
// that are gone and a document that is broken look alike from here.
func ParseSet(document string) (keys []*Key, unusable int, err error) {
	if len(document) > MaxKeySet {
		return nil, 0, errKeySet
	}
	set, err := strictjson.ParseOuter(document, MaxKeys*strictjson.MaxMembers)
	if err != nil {
		return nil, 0, errKeySet
	}
	member, _ := set.Get("keys")
	entries, err := member.Elements(MaxKeys)
	if err != nil {
		return nil, 0, errKeySet
	}
	for _, entry := range entries {
		k, err := ParseKey(string(entry))
		if err != nil {
			unusable++
			continue
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, unusable, errNoKeys
	}
	return keys, unusable, nil
}
