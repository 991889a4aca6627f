package main

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// A tally counts the ways by which guards came to their verdicts.
type tally struct {
	mu   sync.Mutex
	vias map[middleware.Via]int
}

// listen makes is tell what guards decide from now on.
func listen(is *issuer) *tally {
	t := &tally{vias: map[middleware.Via]int{}}
	is.observe = func(_ context.Context, e middleware.Event) {
		if e.Op == middleware.OpVerify {
			t.mu.Lock()
			t.vias[e.Via]++
			t.mu.Unlock()
		}
	}
	return t
}

// of returns what n calls of do were decided by.
func (t *tally) of(n int, do func()) map[middleware.Via]int {
	t.mu.Lock()
	clear(t.vias)
	t.mu.Unlock()
	for range n {
		do()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.vias)
}

// Warm is from the cache, and cold by a signature check. The others have no guard
// that tells.
func TestWarmIsWarmAndColdIsCold(t *testing.T) {
	is := testIssuer(t)
	told := listen(is)
	want := map[string]middleware.Via{
		"Warder, warm":                 middleware.ViaCache,
		"Warder, cold":                 middleware.ViaSignature,
		"Warder, cold, decision alone": middleware.ViaSignature,
		"Warder, remembered":           middleware.ViaCache,
	}
	for _, alg := range algorithms {
		for _, c := range slices.Concat(contenders, introspectors) {
			t.Run(alg+"/"+c.name, func(t *testing.T) {
				h, err := c.guard(is, alg, handler)
				if err != nil {
					t.Fatal(err)
				}
				good := is.requests(alg)[0]
				if slices.ContainsFunc(introspectors, func(i contender) bool { return i.name == c.name }) {
					good = opaqueRequests()[0]
				}
				do, status := call(h, good)
				do() // what is measured is the second and later
				expected := map[middleware.Via]int{}
				if via, ours := want[c.name]; ours {
					expected[via] = 3
				}
				if got := told.of(3, do); !maps.Equal(got, expected) || status() != http.StatusOK {
					t.Errorf("status %d, by %v, want %v", status(), got, expected)
				}
			})
		}
	}
}

// The same of what is compared: what a comparison says that it measures is what
// its guards do.
func TestComparisonsAreWhatTheySay(t *testing.T) {
	is := testIssuer(t)
	told := listen(is)
	all, err := comparisons(is)
	if err != nil {
		t.Fatal(err)
	}
	const cache, signature = middleware.ViaCache, middleware.ViaSignature
	for _, c := range all {
		t.Run(c.group+"/"+c.name, func(t *testing.T) {
			var work, against middleware.Via
			kind, _, _ := strings.Cut(c.name, ",")
			switch c.group + "/" + kind {
			case hitGroup + "/Verify":
				// No guard is in it that tells: what is remembered allocates nothing.
				if objects, _ := least(c.work()); objects != 0 {
					t.Errorf("%v allocations: not remembered", objects)
				}
			case hitGroup + "/whole request", trafficGroup + "/hit":
				work = cache
			case metricsGroup + "/a hit", coresGroup + "/hit":
				work, against = cache, cache
			case coresGroup + "/cold":
				work, against = signature, signature
			case trafficGroup + "/miss":
				work = signature
			case firstGroup + "/" + kind:
				work, against = signature, signature
			case trafficGroup + "/mixed":
				got := told.of(5000, c.work())
				if got[cache] <= got[signature] || got[signature] == 0 || got[cache]+got[signature] != 5000 {
					t.Errorf("by %v, want mostly %s and some %s", got, cache, signature)
				}
				return
			default:
				switch c.group {
				case peerGroup:
					work = cache
				case routesGroup:
				default:
					t.Fatal("a comparison that nobody expects")
				}
			}
			expect := func(side string, via middleware.Via, do func()) {
				want := map[middleware.Via]int{}
				if via != "" {
					want[via] = 3
				}
				if got := told.of(3, do); !maps.Equal(got, want) {
					t.Errorf("%s: by %v, want %v", side, got, want)
				}
			}
			expect("work", work, c.work())
			expect("against", against, c.against())
		})
	}
}

// All tokens of a ring are new to the guard each time they come, whoever else
// goes through it. And it is a guard that remembers: fewer tokens than it has room
// for are all known.
func TestARingIsNeverRemembered(t *testing.T) {
	is := testIssuer(t)
	for _, row := range []struct {
		tokens int
		via    middleware.Via
	}{
		{manyTokens, middleware.ViaSignature},
		{100, middleware.ViaCache},
	} {
		told := listen(is)
		all, err := traffic(is, row.tokens)
		if err != nil {
			t.Fatal(err)
		}
		var work []func()
		for _, c := range all {
			if c.group == firstGroup {
				work = append(work, c.work(), c.work())
			}
		}
		got := told.of(3000, func() {
			for _, do := range work {
				do()
			}
		})
		if want := (map[middleware.Via]int{row.via: 3000 * len(work)}); !maps.Equal(got, want) {
			t.Errorf("%d tokens: by %v, want %v", row.tokens, got, want)
		}
	}
}

// Who sends many tokens notices one that is refused.
func TestARefusedTokenIsNoticed(t *testing.T) {
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	fields := [][]string{{"Bearer a"}, {"Bearer b"}}
	for name, do := range map[string]func(){
		"mixed": mixed(refuse, fields)(),
		"one":   send(refuse, fields, func() int { return 0 }),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a refused request counts as any other")
				}
			}()
			do()
		})
	}
}

// What waits to be measured is small: much that is alive makes garbage
// collections rare, and allocations look cheap.
func TestWhatIsAliveIsSmall(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	is := testIssuer(t)
	before := heap()
	all, err := comparisons(is)
	if err != nil {
		t.Fatal(err)
	}
	_, operations := planComparisons(all, regexp.MustCompile(""))
	got := heap() - before
	t.Logf("%d operations, %d KB", len(operations), got>>10)
	if got > 48<<20 {
		t.Errorf("%d MB are alive before anything is measured", got>>20)
	}
	runtime.KeepAlive(operations)
}
