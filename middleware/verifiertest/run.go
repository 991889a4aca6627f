package verifiertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// Run tests v, which has to accept the JWT access tokens (RFC 9068) that issuer
// makes for [issuertest.Audience], signed with RS256, ES256 or EdDSA by any key
// that issuer publishes. Each token is a subtest of t.
//
// v must be one that has not been used: Run rotates the keys of issuer, and
// wants a token of the new ones accepted. A verifier that was made to look for
// unknown keys a moment ago may refuse to look again so soon. A verifier with
// a fixed set of keys does not pass.
//
// Run starts an issuer of its own, on a loopback port, that v does not trust. It
// cannot run in a testing/synctest bubble, which allows no subtests.
func Run(t *testing.T, v middleware.Verifier, issuer *issuertest.Issuer) {
	t.Helper()
	each(issuer, func(name string, judge check) {
		t.Run(name, func(t *testing.T) {
			if err := judge(t.Context(), v); err != nil {
				t.Error(err)
			}
		})
	})
}

// check is a subtest: it returns what is wrong with v, or nil.
type check func(ctx context.Context, v middleware.Verifier) error

// each hands every check to do, one after the other. A check that is not made
// costs the others nothing.
func each(issuer *issuertest.Issuer, do func(name string, judge check)) {
	stranger := issuertest.NewIssuer()
	defer stranger.Close()
	f := newForge(issuer, stranger)

	// First, as a verifier may look for new keys only so often.
	a := f.accepted("R9068-02: a token as the issuer makes it", f.token(nil, nil))
	do(a.name, a.judge)
	issuer.Rotate()
	a = f.accepted("a token signed with a key that was added later", f.token(nil, nil))
	do(a.name, a.judge)

	all := f.attempts()
	for _, a := range all {
		do(a.name, a.judge)
	}
	do("every token again, all at once", func(ctx context.Context, v middleware.Verifier) error {
		errs := make([]error, len(all))
		var wg sync.WaitGroup
		for i, a := range all {
			wg.Go(func() {
				if err := a.judge(ctx, v); err != nil {
					errs[i] = fmt.Errorf("%s: %w", a.name, err)
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	})
	do("R7515-11: nobody but the issuer was asked for anything", func(context.Context, middleware.Verifier) error {
		if n := stranger.Requests(""); n != 0 {
			return fmt.Errorf("%d requests went where a token's header pointed", n)
		}
		return nil
	})
}
