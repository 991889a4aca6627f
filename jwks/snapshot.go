package jwks

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/jose"
	"github.com/warder-go/warder/middleware"
)

// Limits of what is looked at.
const (
	maxDocument   = 1 << 20 // of a key set or metadata document, bytes
	maxCandidates = 4       // keys tried for a token without kid
	maxHeaders    = 64      // JWS headers remembered with a snapshot
)

// snapshot is one version of a key set. It never changes, but for the headers
// that it remembers; readers hold it without a lock.
type snapshot struct {
	keys     []*jose.Key
	byID     map[string][]*jose.Key
	useless  []error       // keys that nothing can be verified with, each a jose.Unusable
	edition  uint64        // of the keys: equal for equal keys only, in all of the process
	fetched  time.Time     // when the fetch that brought or confirmed it began
	look     int64         // the number of the last look that brought or confirmed it
	lookedAt time.Time     // when that began
	dated    time.Time     // when the issuer said it; zero if that is not known
	fresh    time.Duration // how long after that it needs no refresh

	// From the answer that brought it.
	uri            string
	document       []byte            // nil unless it is to be saved
	digest         [sha256.Size]byte // of the document
	etag, modified string            // validators (RFC 9110 §8.8)
	lifetime       time.Duration     // that the issuer stated
	stated         bool

	// restored says that it is from a snapshot file, and that no fetch has
	// confirmed it since: stale, whatever its age.
	restored bool

	// headers remembers the header segments of tokens that verified under
	// this snapshot: an issuer writes the same few again and again. Strangers
	// cannot fill it, as only verified tokens enter, and it goes with the
	// snapshot. Read without a lock, copied on write.
	headers atomic.Pointer[map[string]jose.Header]
	writing sync.Mutex
}

// confirmed returns s after an answer that nothing has changed (RFC 9111 §4.3.4).
func (s *snapshot) confirmed() *snapshot {
	c := &snapshot{
		keys: s.keys, byID: s.byID, useless: s.useless, edition: s.edition, dated: s.dated,
		uri: s.uri, document: s.document, digest: s.digest, etag: s.etag, modified: s.modified,
		lifetime: s.lifetime, stated: s.stated,
	}
	c.headers.Store(s.headers.Load())
	return c
}

// isOlder reports whether s was said before current was, as far as both say when.
func (s *snapshot) isOlder(current *snapshot) bool {
	return current != nil && s != current && current.uri == s.uri && !s.dated.IsZero() && s.dated.Before(current.dated)
}

// editions counts the sets that were parsed.
var editions atomic.Uint64

// parseSet makes a snapshot of a JWK Set document (RFC 7517 §5).
func parseSet(document []byte) (*snapshot, error) {
	keys, useless, err := jose.ParseSet(string(document))
	if err != nil {
		return nil, &unusableSet{err, useless}
	}
	s := &snapshot{
		keys: keys, byID: make(map[string][]*jose.Key, len(keys)), edition: editions.Add(1),
		document: document, digest: sha256.Sum256(document),
	}
	s.useless = asErrors(useless)
	for _, k := range keys {
		if k.ID() != "" {
			s.byID[k.ID()] = append(s.byID[k.ID()], k)
		}
	}
	return s, nil
}

// unusableSet says why a document is no key set, and of each of its keys why it cannot
// be used.
type unusableSet struct {
	error
	keys []jose.Unusable
}

func (u *unusableSet) Unwrap() error { return u.error }

// find returns the keys that a token with this kid may be signed with: without a
// kid, all of them; with one, those that have it, or the only key there is where that
// has none. No keys means that the kid is unknown.
func (s *snapshot) find(kid string) []*jose.Key {
	if kid == "" || s.isLone(kid) {
		return s.keys
	}
	return s.byID[kid]
}

// isLone reports whether there is only one key, which has no kid, and none with this one
// that cannot be used.
func (s *snapshot) isLone(kid string) bool {
	return len(s.keys) == 1 && s.keys[0].ID() == "" && s.uselessWith(kid) == nil
}

// uselessWith returns the key that has this kid and cannot be used, or nil.
func (s *snapshot) uselessWith(kid string) *jose.Unusable {
	for _, err := range s.useless {
		if u, ok := errors.AsType[jose.Unusable](err); ok && u.KeyID == kid && kid != "" {
			return &u
		}
	}
	return nil
}

func asErrors(useless []jose.Unusable) []error {
	var errs []error
	for _, u := range useless {
		errs = append(errs, u)
	}
	return errs
}

// unknown is e, a refusal of a token whose kid no key has. Where a key has it that
// cannot be used, it says so instead.
func (s *snapshot) unknown(kid string, e *middleware.Error) error {
	if s == nil {
		return e
	}
	if u := s.uselessWith(kid); u != nil {
		own := *e
		own.Err = fmt.Errorf("key %d of the issuer's set has the token's kid and cannot be used: %w", u.Position, u.Err)
		return &own
	}
	return e
}

// header parses a header segment, or remembers what it says.
func (s *snapshot) header(segment string) (jose.Header, error) {
	if s != nil {
		if known := s.headers.Load(); known != nil {
			if h, ok := (*known)[segment]; ok {
				return h, nil
			}
		}
	}
	return jose.ParseHeader(segment)
}

// remember keeps the header segment of a token that verified.
func (s *snapshot) remember(segment string, h jose.Header) {
	known := s.headers.Load()
	if known != nil {
		if _, ok := (*known)[segment]; ok || len(*known) >= maxHeaders {
			return
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := map[string]jose.Header{}
	if known = s.headers.Load(); known != nil {
		if len(*known) >= maxHeaders {
			return
		}
		maps.Copy(next, *known)
	}
	// The segment is a piece of the token: keep a copy, not the token.
	next[strings.Clone(segment)] = h
	s.headers.Store(&next)
}
