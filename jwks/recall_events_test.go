package jwks_test

import (
	"sync"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// One public-key operation for each token, however often it comes.
func TestRecallNeedsNoSignature(t *testing.T) {
	p := recalling(t, parsed(t, all()...), nil)
	var tokens []string
	for _, k := range []key{rs(), es(), ed()} {
		for range 3 {
			token := k.token(nil)
			p.is(t, token, "OK by signature")
			tokens = append(tokens, token)
		}
	}
	var waiting sync.WaitGroup
	for range 8 {
		waiting.Go(func() {
			for i := range 100 * len(tokens) {
				p.wants(t, tokens[i%len(tokens)], "OK")
			}
		})
	}
	waiting.Wait()
	vias := map[middleware.Via]int{}
	for _, e := range p.events.of(middleware.OpVerify) {
		vias[e.Via]++
		if e.Reason != middleware.ReasonOK || e.Issuer != issuer || e.Err != nil || e.Stale {
			t.Errorf("%+v", e)
		}
		if (e.Via == middleware.ViaCache) != (e.Duration == 0) {
			t.Errorf("%s took %v", e.Via, e.Duration)
		}
	}
	if want := len(tokens); vias[middleware.ViaSignature] != want || vias[middleware.ViaCache] != 800*want || len(vias) != 2 {
		t.Errorf("%v", vias)
	}
	if n := len(p.events.of(middleware.OpAuthenticate)); n != 801*len(tokens) {
		t.Errorf("%d requests were reported", n)
	}
}

// Parallel requests with a new token each verify it, and all agree.
func TestRecallInParallel(t *testing.T) {
	p := recalling(t, parsed(t, all()...), nil)
	for range 20 {
		token := ed().token(nil)
		each(16, func() { p.wants(t, token, "OK") })
		p.is(t, token, "OK by cache")
	}
}

// Without a guard there is nobody to tell, and the same is judged. One Token
// serves all.
func TestRecallWithoutAGuard(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	token := es().token(nil)
	first, err := v.Verify(t.Context(), token, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if again, err := v.Verify(t.Context(), token, nil); again != first || err != nil {
			t.Errorf("%v, %v", again, err)
		}
	}
}
