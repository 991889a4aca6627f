package jwks_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// meanwhile is a context that does something when it is first asked whether it has
// ended.
type meanwhile struct {
	context.Context
	do func()
}

func (m *meanwhile) Err() error {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Context.Err()
}

// R9111-07: a key that is withdrawn while a token's signature is checked by it is
// withdrawn for what is remembered of that token too. A verifier that goes on with
// the keys that it has, as the issuer does not answer, asks last whether somebody is
// still there: that is when others come.
func TestRecallJudgesKeysThatWentMeanwhile(t *testing.T) {
	for _, row := range []struct {
		name  string
		next  object // the key as published then; nil: withdrawn
		stays bool
	}{
		{"the key is withdrawn", nil, false},
		{"new material under the old kid", key{"rs", "RS256", other().private}.jwk(nil), false},
		{"another algorithm", rs().jwk(object{"alg": "PS256"}), false},
		{"the key stays", rs().jwk(nil), true},
	} {
		t.Run("R9111-07: "+row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(rs().jwk(nil), ed().jwk(nil))
				p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
				v := verifier(t, func(c *jwks.Config) { c.KeySet = p.keys })
				p.wants(t, ed().token(nil), "OK")
				time.Sleep(16 * time.Minute)
				s.serve(keysURL, status(500))
				token, went := rs().token(nil), false
				ctx := &meanwhile{t.Context(), func() {
					if n := s.count(keysURL); n != 2 {
						t.Errorf("too early: %d fetches", n)
					}
					next := []object{ed().jwk(nil)}
					if row.next != nil {
						next = append(next, row.next)
					}
					s.serve(keysURL, document(keySet(next...)))
					if err := p.keys.Refresh(t.Context()); err != nil {
						t.Error(err)
					}
					went = true
				}}
				if _, err := v.Verify(ctx, token, nil); err != nil || !went {
					t.Fatalf("not by the keys that were there: %v, %v", err, went)
				}
				for range 2 {
					if _, err := v.Verify(t.Context(), token, nil); (err == nil) != row.stays {
						t.Errorf("then: %v", err)
					}
				}
			})
		})
	}
}
