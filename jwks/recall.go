package jwks

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/facts"
	"github.com/warder-go/warder/middleware"
)

// meanSize bounds what CacheSize tokens take together, in bytes each.
const meanSize = 4 << 10

// verified is what is known of a token whose signature was verified. It keeps
// neither the token nor a key set alive. All but seen never changes.
type verified struct {
	said     *claims.Said
	alg, kid string
	key      [sha256.Size]byte // the thumbprint of the one that verified it

	// seen is the edition of the keys that key was last found in. Keys are
	// looked through only when there are new ones.
	seen atomic.Uint64
}

// remember keeps what s says, which p showed.
func (v *Verifier) remember(k facts.Key, s *claims.Said, p proof) {
	if v.known == nil {
		return
	}
	f := &verified{
		said: s, key: p.key.Digest(),
		// The header's strings are pieces of it: keep none of the rest.
		alg: v.cfg.Algorithms[slices.Index(v.cfg.Algorithms, p.alg)],
		kid: strings.Clone(p.kid),
	}
	f.seen.Store(p.keys.edition)
	v.known.Add(k, f, claims.Size(s))
}

// recall judges a token that was verified before, by everything that may have
// changed since and in the order of verify. Without either, nothing
// is known of it that still counts, and it has to be verified anew. It notes in e
// what else there is to report.
func (v *Verifier) recall(ctx context.Context, k facts.Key, now time.Time, e *middleware.Event) (*claims.Said, error) {
	f, ok := v.known.Get(k)
	if !ok {
		return nil, nil
	}
	// Before keys: an expired token costs no call to the issuer, and is expired
	// whether or not the issuer answers.
	if err := v.rules.JudgeDates(f.said, now); err != nil {
		if !claims.MayPass(err) {
			v.known.Remove(k) // for good
		}
		return nil, err
	}
	if err := v.rules.JudgeAudience(f.said); err != nil {
		return nil, err
	}
	before := v.keys.current.Load()
	keys, isStale, err := v.keys.usable(ctx, now)
	e.Stale = isStale
	if keys != before || isStale || err != nil {
		// Somebody may have been asked, and that may have taken a while.
		e.Duration = time.Since(now)
		if err == nil {
			err = v.rules.JudgeDates(f.said, now.Add(e.Duration))
		} else {
			e.Via = "" // as for a token that was never seen
		}
		if err != nil {
			return nil, err
		}
	}
	if f.seen.Load() != keys.edition {
		if !v.holds(keys, f) {
			v.known.Remove(k)
			return nil, nil
		}
		f.seen.Store(keys.edition)
	}
	return f.said, nil
}

// holds reports whether the very key that verified f, not only one with its kid,
// is among keys, still for f's algorithm, and among no more than are tried.
func (v *Verifier) holds(keys *snapshot, f *verified) bool {
	found, candidates := false, 0
	for _, k := range keys.find(f.kid) {
		if v.isFor(k, f.alg) {
			candidates++
			found = found || k.Digest() == f.key
		}
	}
	return found && candidates <= maxCandidates
}
