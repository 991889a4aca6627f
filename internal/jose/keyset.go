package jose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/warder-go/warder/internal/strictjson"
)

// Limits of a JWK Set.
const (
	MaxKeySet = 1 << 20 // bytes
	MaxKeys   = 100

	maxKeyMembers = 256 // of each key, on average
	maxTold       = 8   // keys that one error speaks of
)

// The faults of a set as a whole.
var (
	errTooLarge = errors.New("jose: JWK Set of more than 1 MiB")
	errTooMany  = errors.New("jose: JWK Set of more than 100 keys")
	errKeySet   = errors.New("jose: not a JWK Set")
	errNoKeys   = errors.New("jose: JWK Set holds no usable key")
)

// Unusable is a key of a set that cannot be used, and why not.
type Unusable struct {
	Position int    // in keys, from 1 on
	KeyID    string // kid; empty where there is none to be read
	Err      error
}

// Error says which key it is, and what is the matter with it. What an issuer wrote
// as kid is quoted, up to 64 bytes of it.
func (u Unusable) Error() string {
	if u.KeyID == "" {
		return fmt.Sprintf("key %d: %v", u.Position, u.Err)
	}
	return fmt.Sprintf("key %d (kid %.64q): %v", u.Position, u.KeyID, u.Err)
}

// Unwrap returns what is the matter with the key.
func (u Unusable) Unwrap() error { return u.Err }

// ParseSet reads a JWK Set (RFC 7517 §5). Each entry is judged alone: unusable are
// those that ParseKey refuses. A set without one usable key is an error, which says of
// each what is the matter with it, because keys that are gone and a document that is
// broken look alike from here.
func ParseSet(document string) (keys []*Key, unusable []Unusable, err error) {
	if len(document) > MaxKeySet {
		return nil, nil, errTooLarge
	}
	set, err := strictjson.ParseOuter(document, MaxKeys*maxKeyMembers)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errKeySet, err)
	}
	member, _ := set.Get("keys")
	if !strings.HasPrefix(string(member), "[") {
		return nil, nil, fmt.Errorf("%w: no array called keys", errKeySet)
	}
	entries, err := member.Elements(MaxKeys)
	if err != nil {
		return nil, nil, errTooMany
	}
	for i, entry := range entries {
		k, err := ParseKey(string(entry))
		if err != nil {
			unusable = append(unusable, Unusable{i + 1, keyID(entry), err})
			continue
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, unusable, noKeys(unusable)
	}
	return keys, unusable, nil
}

// noKeys is errNoKeys with what is the matter with the first few.
func noKeys(unusable []Unusable) error {
	err := errNoKeys
	for i, u := range unusable {
		if i == maxTold {
			return fmt.Errorf("%w; and %d more", err, len(unusable)-i)
		}
		err = fmt.Errorf("%w; %w", err, u)
	}
	return err
}

// keyID returns the kid of a JWK that cannot be used, if that can be read.
func keyID(jwk strictjson.Value) string {
	members, err := jwk.Object()
	if err != nil {
		return ""
	}
	id, _, _ := text(members, "kid")
	return id[:min(len(id), MaxKeyID)]
}
