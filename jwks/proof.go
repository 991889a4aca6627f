package jwks

import (
	"context"
	"fmt"
	"time"

	"github.com/warder-go/warder/internal/jose"
	"github.com/warder-go/warder/internal/strictjson"
)

// proof is what a token was accepted by.
type proof struct {
	alg, kid string
	key      *jose.Key
	keys     *snapshot // that the key was in
	isStale  bool      // these keys
}

// verifySignature verifies j, which came at now, by the issuer's keys, and
// fetches those if it must. On success, p holds the key that verified.
func (v *Verifier) verifySignature(ctx context.Context, j jws, now time.Time, p *proof) error {
	// One buffer holds both what is signed and the signature.
	buf := make([]byte, 0, len(j.signed)+len(j.signature))
	buf, err := strictjson.AppendBase64URL(append(buf, j.signed...), j.signature)
	if err != nil {
		return malformed(fmt.Errorf("signature: %w", err))
	}
	signed, signature := buf[:len(j.signed):len(j.signed)], buf[len(j.signed):]
	snap, isStale, err := v.keys.usable(ctx, now)
	p.isStale = isStale
	if err != nil {
		return err
	}
	kid := j.header.KeyID
	key, err := v.verifyBy(snap, j.header, signed, signature)
	switch {
	case err == errUnknownKey:
		if kid != "" && v.keys.source != nil {
			// Seen before the fetch that is to come, or before the one that it waited for.
			looks := v.keys.schedule.looks()
			if snap.lookedAt.After(now) {
				looks = snap.look - 1
			}
			v.keys.missed.lookedFor(kid, looks, 0)
		}
		next, unfetched := v.keys.refetch(ctx, snap, kid, now)
		switch {
		case unfetched != nil:
			return unfetched
		case next != snap:
			snap = next
			key, err = v.verifyBy(snap, j.header, signed, signature)
		case isStale:
			// The issuer does not answer: its new keys are not known.
			return unavailable(v.keys.schedule.because(errNoAnswer), 0)
		}
	case err == errBadSignature:
		// A forgery, or the issuer has a new key under an old ID. Whatever comes of
		// looking, the token is as bad as it was before.
		if next, unfetched := v.keys.refetch(ctx, snap, "", now); unfetched == nil && next.digest != snap.digest {
			snap = next
			key, err = v.verifyBy(snap, j.header, signed, signature)
		}
	}
	if latest := v.keys.current.Load(); err == errUnknownKey && latest != nil && latest != snap && len(latest.find(kid)) > 0 {
		snap = latest // another fetch has just brought it
		key, err = v.verifyBy(snap, j.header, signed, signature)
	}
	switch {
	case err == nil:
		snap.remember(j.segment, j.header)
		p.alg, p.kid, p.key, p.keys = j.header.Algorithm, kid, key, snap
	case err == errUnknownKey && (kid == "" || snap.isLone(kid)):
		err = errBadSignature // by any key that it might be
	case err == errUnknownKey:
		err = v.keys.lacking(snap, kid)
	}
	return err
}

// verifyBy verifies by the keys that have the kid and are for alg (RFC 7517
// §4.5), and returns the one that it is by. The error is errUnknownKey where newer
// keys might do: for a kid that is not there, and where token or key has none.
func (v *Verifier) verifyBy(snap *snapshot, h jose.Header, signed, signature []byte) (*jose.Key, error) {
	keys := snap.find(h.KeyID)
	if len(keys) == 0 {
		return nil, errUnknownKey
	}
	var few [maxCandidates]*jose.Key
	candidates := few[:0]
	for _, k := range keys {
		if !v.isFor(k, h.Algorithm) {
			continue
		}
		if len(candidates) == maxCandidates {
			return nil, errTooManyKeys // each is a public-key operation for a stranger
		}
		candidates = append(candidates, k)
	}
	for _, k := range candidates {
		if k.Verify(h.Algorithm, signed, signature) == nil {
			return k, nil
		}
	}
	switch {
	case h.KeyID == "", snap.isLone(h.KeyID):
		return nil, errUnknownKey
	case len(candidates) == 0:
		return nil, errKeyOfAnotherKind
	}
	return nil, errBadSignature
}

// isFor reports whether k verifies tokens with this alg. A key that does not
// say its algorithm is pinned to the first allowed one that fits: one key, one
// algorithm (RFC 8725 §3.1). The two names of Ed25519 are one algorithm.
func (v *Verifier) isFor(k *jose.Key, alg string) bool {
	if !k.Fits(alg) {
		return false
	}
	if k.Algorithm() != "" || alg == "EdDSA" || alg == "Ed25519" {
		return true
	}
	for _, first := range v.cfg.Algorithms {
		if k.Fits(first) {
			return first == alg
		}
	}
	return false
}
