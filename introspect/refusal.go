package introspect

import (
	"context"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
)

const (
	// An issuer that says invalid_client means us: a ClientAuth hears of it at most
	// once in this time.
	renewSure = backoff.First

	// Status 401 alone may be about the token that was asked about, which strangers
	// choose: what they can cause is one renewal in this time.
	renewUnsure = time.Minute

	// A ClientAuth that had nothing then hears of it again after this time.
	renewFailed = 10 * time.Second
)

// Refused reports whether the issuer has just refused the credentials that a ClientAuth
// gave: with invalid_client (RFC 6749 §5.2), or with status 401 (RFC 7662 §2.3). The
// ClientAuth is then called again, at once, and what it gives is sent, once, if it is
// something else. So one that keeps a token or a secret asks this with the context
// that it is called with, and so does the source of [Bearer]:
//
//	if kept != "" && !introspect.Refused(ctx) {
//		return kept, nil
//	}
//	// Get another. Keep the old one until there is one.
//
// One call is told of a refusal, and those beside it are not, so that not all of them
// get another token; they wait for it if the source has them wait. Some issuers
// answer 401 for a token that they do not know, and strangers send those. So a 401
// without invalid_client is reported at most once a minute: that often, strangers can
// make a source get another token, at such an issuer; and while they do, a refusal that
// is about us may be reported a minute late. A ClientAuth that returns an error when it
// is told is told again every ten seconds, and where the issuer says invalid_client, at
// most once a second.
func Refused(ctx context.Context) bool {
	return ctx.Value(refusedKey{}) != nil
}

// refusedKey is in the context of a ClientAuth that is told of a refusal.
type refusedKey struct{}

// refusals decide when a ClientAuth is told that the issuer refused it. They are safe
// for concurrent use; the zero value has none.
type refusals struct {
	mu       sync.Mutex
	told     time.Time // when it was last told
	failed   bool      // it had nothing to give then
	renewals uint64    // how often it was told, and how often it was done with that
}

// tell reports whether the ClientAuth is to be told at now; then done is to be called.
// sure tells that the refusal is about us.
func (r *refusals) tell(now time.Time, sure bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	pause := renewUnsure
	switch {
	case sure:
		pause = renewSure
	case r.failed:
		pause = renewFailed
	}
	if !r.told.IsZero() && now.Sub(r.told) < pause {
		return false
	}
	r.told, r.failed = now, false
	r.renewals++
	return true
}

// done notes what the ClientAuth that was told returned.
func (r *refusals) done(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = err != nil
	r.renewals++
}

// count changes when credentials may have: who had some before asks for others.
func (r *refusals) count() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renewals
}
