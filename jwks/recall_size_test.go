package jwks_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// many returns n tokens with this claim in each.
func many(n int, claim string) []string {
	tokens := make([]string, n)
	for i := range tokens {
		tokens[i] = ed().token(object{"x": claim})
	}
	return tokens
}

func TestRecallIsBounded(t *testing.T) {
	for _, row := range []struct {
		name      string
		size      int
		tokens    int
		claim     string // in each
		remaining int    // of them, the last ones
	}{
		{"off", -1, 3, "", 0},
		{"4096 by default", 0, 4100, "", 4096},
		{"one", 1, 3, "", 1},
		{"a few", 10, 25, "", 10},
		{"all there are", math.MaxInt, 300, "", 300},
		{"in bytes: half of the count at 8 KiB each", 30, 60, strings.Repeat("x", 2300), 15},
		{"in bytes: an eighth of the count at 30 KiB each", 50, 60, strings.Repeat("x", 9500), 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := recalling(t, parsed(t, all()...), func(c *jwks.Config) { c.CacheSize = row.size })
			tokens := many(row.tokens, row.claim)
			for _, token := range tokens {
				p.wants(t, token, "OK")
			}
			remembered := 0
			for i := len(tokens) - 1; i >= 0; i-- { // the last first: who asks for one that is gone evicts another
				outcome, v := p.get(tokens[i]), by(p.last())
				if outcome != "OK" {
					t.Errorf("token %d: %s", i, outcome)
				}
				if v != "cache" {
					break
				}
				remembered++
			}
			slack := row.remaining / 4
			if row.claim == "" {
				slack = 0
			}
			if remembered < row.remaining-slack || remembered > row.remaining+slack {
				t.Errorf("%d are remembered, want %d", remembered, row.remaining)
			}
		})
	}
	t.Run("what was not asked for the longest goes first", func(t *testing.T) {
		p := recalling(t, parsed(t, all()...), func(c *jwks.Config) { c.CacheSize = 3 })
		tokens := many(4, "")
		for _, token := range tokens[:3] {
			p.is(t, token, "OK by signature")
		}
		p.is(t, tokens[0], "OK by cache")
		p.is(t, tokens[3], "OK by signature")
		p.is(t, tokens[0], "OK by cache")
		p.is(t, tokens[2], "OK by cache")
		p.is(t, tokens[1], "OK by signature")
	})
	t.Run("one that is larger than all may be costs no other its place", func(t *testing.T) {
		p := recalling(t, parsed(t, all()...), func(c *jwks.Config) { c.CacheSize = 2 })
		small, large := ed().token(nil), many(1, strings.Repeat("x", 9500))[0]
		p.is(t, small, "OK by signature")
		p.is(t, large, "OK by signature", "OK by signature")
		p.is(t, small, "OK by cache")
	})
	t.Run("a token of up to 16 KiB is remembered, a longer one never", func(t *testing.T) {
		p := recalling(t, parsed(t, all()...), nil)
		length := func(n int) string { return ed().token(object{"jti": "1", "x": strings.Repeat("x", n)}) }
		n := 11000
		for len(length(n)) < 16<<10 {
			n++
		}
		for len(length(n)) > 16<<10 {
			n--
		}
		p.is(t, length(n), "OK by signature", "OK by cache")
		v := verifier(t, func(c *jwks.Config) { c.KeySet = p.keys })
		for range 2 {
			if _, err := v.Verify(t.Context(), length(n+8), nil); err == nil {
				t.Error("accepted")
			}
		}
	})
}

// last is verdict for many requests.
func (p process) last() (e middleware.Event) {
	p.events.mu.Lock()
	defer p.events.mu.Unlock()
	for i := len(p.events.told) - 1; i >= 0; i-- {
		if p.events.told[i].Op == middleware.OpVerify {
			return p.events.told[i]
		}
	}
	return e
}

// Only what was verified is remembered: strangers and clients of other APIs evict
// nothing, and a client with many good tokens no more than it has.
func TestRecallOutlivesStrangers(t *testing.T) {
	const size = 50
	p := recalling(t, parsed(t, all()...), func(c *jwks.Config) { c.CacheSize = size })
	good := many(size, "")
	for _, token := range good {
		p.is(t, token, "OK by signature")
	}
	forger := newEd("ed", "another seed of 32 bytes for ed.")
	for n := range 2000 {
		for _, token := range []string{
			forger.token(nil),
			ed().token(object{"exp": 1}),
			ed().token(object{"aud": "https://other.example"}),
			good[n%size][:len(good[n%size])-4] + "AAAA",
			fmt.Sprint("junk.", n, ".x"),
		} {
			if got := p.get(token); !strings.HasPrefix(got, "401-T ") {
				t.Fatal(got)
			}
			if e := p.last(); e.Via == middleware.ViaCache {
				t.Fatalf("%s by what was remembered", e.Reason)
			}
		}
	}
	for _, token := range good {
		if got := p.get(token); got != "OK" || p.last().Via != middleware.ViaCache {
			t.Fatalf("%s by %s", got, by(p.last()))
		}
	}
	for _, token := range many(size/2, "") {
		p.wants(t, token, "OK")
	}
	left := 0
	for i := size - 1; i >= 0 && p.get(good[i]) == "OK" && p.last().Via == middleware.ViaCache; i-- {
		left++
	}
	if left != size/2 {
		t.Errorf("%d are left of %d after %d others", left, size, size/2)
	}
}
