package jwks_test

import (
	"crypto/ecdsa"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A token has one spelling that is accepted, two where it is signed with ECDSA.
// Others are never remembered, and what is remembered of one spelling says nothing
// of another.
func TestRecallOfOtherSpellings(t *testing.T) {
	p := recalling(t, parsed(t, all()...), nil)
	for _, k := range []key{rs(), es(), ed()} {
		token := k.token(nil)
		p.is(t, token, "OK by signature", "OK by cache")
		for i, segment := range strings.Split(token, ".") {
			for name, other := range spellings(segment) {
				spelled := strings.Split(token, ".")
				if spelled[i] = other; other == segment {
					continue
				}
				for range 2 {
					if got := p.get(strings.Join(spelled, ".")); got == "OK" {
						t.Errorf("%s, %s in segment %d: accepted", k.alg, name, i)
					}
				}
			}
		}
		p.is(t, token, "OK by cache")
	}

	synctest.Test(t, func(t *testing.T) {
		p := recalling(t, parsed(t, all()...), nil)
		token := es().token(object{"exp": at(time.Minute)})
		cut := strings.LastIndexByte(token, '.') + 1
		raw := decoded(token[cut:])
		r, s := new(big.Int).SetBytes([]byte(raw[:32])), new(big.Int).SetBytes([]byte(raw[32:]))
		order := es().private.Public().(*ecdsa.PublicKey).Params().N
		minus := func(x *big.Int) *big.Int { return new(big.Int).Sub(order, x) }
		spelled := func(r, s *big.Int) string { return token[:cut] + b64(es().rawECDSA(r, s)) }
		twin := spelled(r, minus(s))
		p.is(t, token, "OK by signature", "OK by cache")
		p.is(t, twin, "OK by signature", "OK by cache")
		for _, bad := range []string{spelled(minus(r), s), spelled(minus(r), minus(s)), spelled(s, r)} {
			p.is(t, bad, "401-T bad_signature by signature", "401-T bad_signature by signature")
		}
		time.Sleep(time.Minute + 30*time.Second)
		p.is(t, token, "401-T expired by cache", "401-T expired by nothing")
		p.is(t, twin, "401-T expired by cache", "401-T expired by nothing")
	})
}
