package introspect_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

// What is remembered is bounded in bytes too: issuers may answer with 64 KiB.
func TestRememberedBytesAreBounded(t *testing.T) {
	for _, row := range []struct {
		name   string
		size   int
		tokens int
		large  int // bytes of each answer, about
		calls  int // of the issuer, in a second round in reverse order
	}{
		{"small answers by their count", 20, 20, 100, 0},
		{"one more than the count", 20, 21, 100, 1},
		{"large answers by their bytes", 40, 40, 20 << 10, 38},
		{"the largest count there is", math.MaxInt, 40, 20 << 10, 0},
		{"answers that are larger than all may be", 2, 3, 20 << 10, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(says(active(object{"x": strings.Repeat("x", row.large)})))
			a := guarding(t, s, func(c *introspect.Config) { c.CacheSize = row.size })
			for n := range row.tokens {
				a.get(fmt.Sprint("token-", n)).is(t, ok)
			}
			before := s.count()
			for n := row.tokens - 1; n >= 0; n-- {
				a.get(fmt.Sprint("token-", n)).is(t, ok)
			}
			if n := s.count() - before; n != row.calls {
				t.Errorf("%d calls, want %d", n, row.calls)
			}
		})
	}
}

// A large answer evicts nothing that it cannot take the place of, and none that
// is refused takes the place of a good one.
func TestLargeAnswersEvictNoMoreThanTheyTake(t *testing.T) {
	large := strings.Repeat("x", 30<<10)
	s := newServer(knows(map[string]string{
		"small": active(nil), "large": active(object{"x": large}), "foreign": active(object{"x": large, "aud": "y"}),
	}))
	a := guarding(t, s, func(c *introspect.Config) { c.CacheSize = 4 })
	a.get("small").is(t, ok)
	a.get("large").is(t, ok)
	for range 100 {
		a.get("foreign").is(t, "401-T wrong_audience")
	}
	before := s.count()
	a.get("small").is(t, ok)
	a.get("foreign").is(t, "401-T wrong_audience")
	if n := s.count() - before; n != 0 {
		t.Errorf("%d calls for what was remembered", n)
	}
	a.get("large").is(t, ok)
	if n := s.count() - before; n != 1 {
		t.Error("more is remembered than the size of all")
	}
}

// The Token is shared by all requests with it. A handler that appends to what it
// got has a copy: no other sees it, and under the race detector none is hurt.
func TestAppendChangesNothingThatIsShared(t *testing.T) {
	for name, answer := range map[string]string{
		"an answer":                active(nil),
		"several of everything":    active(object{"aud": []string{"x", resource}, "scope": "read x y"}),
		"an answer of a few bytes": active(object{"sub": nil, "client_id": nil, "scope": nil}),
		"one of many":              active(object{"x": strings.Repeat("x", 1000)}),
	} {
		t.Run(name, func(t *testing.T) {
			v := verifier(t, newServer(says(answer)), nil)
			read := func() *middleware.Token {
				got, err := v.Verify(t.Context(), "x", nil)
				if err != nil {
					t.Error(err)
					return new(middleware.Token)
				}
				return got
			}
			first := read()
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 20 {
						got := read()
						_ = append(got.Scopes, "admin")
						_ = append(got.Audience, "everybody")
						_ = append(got.Raw, "admin"...)
					}
				})
			}
			all.Wait()
			if again := read(); again != first || string(again.Raw) != answer {
				t.Error("changed")
			}
			if cap(first.Scopes) != len(first.Scopes) || cap(first.Audience) != len(first.Audience) || cap(first.Raw) != len(first.Raw) {
				t.Errorf("not clipped: %d of %d bytes", len(first.Raw), cap(first.Raw))
			}
		})
	}
}
