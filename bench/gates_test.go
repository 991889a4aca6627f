package main

import (
	"slices"
	"testing"
)

// Each gate is met at its limit and missed right behind it.
func TestGatesCanBeMissed(t *testing.T) {
	grid := func(name, of, mode string) func(float64) []gate {
		return func(ratio float64) []gate {
			accepted := cell{modes: map[string]*operation{mode: {ratios: []float64{ratio}}}}
			return gates([]*grid{{name: name, rows: []row{{name: of, cells: []cell{accepted}}}}}, nil, nil)
		}
	}
	one := func(group, name string, ratio float64) *comparison {
		return &comparison{
			group: group, name: name, work: allocating(),
			op: &operation{ratios: []float64{ratio}, reference: &operation{times: []float64{1e-6}}},
		}
	}
	compared := func(group, name string) func(float64) []gate {
		return func(ratio float64) []gate { return gates(nil, []*comparison{one(group, name, ratio)}, nil) }
	}
	allocated := func(sizes func(float64) []int) func(float64) []gate {
		return func(figure float64) []gate {
			c := one(hitGroup, "whole request, serial", 1)
			c.work = allocating(sizes(figure)...)
			return gates(nil, []*comparison{c}, nil)
		}
	}
	server := func(name string) func(float64) []gate {
		return func(share float64) []gate {
			return gates(nil, nil, []*served{{name: name, shares: []float64{share}}, {name: bound, shares: []float64{0.5}}})
		}
	}
	const against = ", against SHA-256 and lru.Get, "
	type test struct {
		gate      string
		good, bad float64
		measured  func(figure float64) []gate
	}
	tests := []test{
		{"hit, against the best peer's RS256 request", 0.0666, 0.0668, func(worst float64) []gate {
			var all []*comparison
			for i, p := range peers {
				all = append(all, one(peerGroup, p.name, []float64{0.01, worst, 0.02, 0.03}[i]))
			}
			return gates(nil, all, nil)
		}},
		{"hit, whole request, allocations", 2, 3, allocated(func(n float64) []int { return slices.Repeat([]int{16}, int(n)) })},
		{"hit, whole request, bytes", 400, 416, allocated(func(n float64) []int { return []int{192, int(n) - 192} })},
		{"metrics on a hit, ns", 1.0249, 1.0251, compared(metricsGroup, "a hit")},
		{"from one core to two, hit", 1.176, 1.177, compared(coresGroup, "hit")},
		{"from one core to two, cold, RS256", 1.176, 1.177, compared(coresGroup, "cold, RS256")},
		{"guarded server, warm", 0.85, 0.849, server("Warder, warm")},
		{"guarded server, cold; R and nothing else: 0.500", 0.43, 0.429, server("Warder, cold")},
	}
	for _, mode := range modes {
		tests = append(tests,
			test{"opaque token remembered, in R of ES256, " + mode, 0.025, 0.0251, grid("opaque", introspectors[0].name, mode)},
			test{"cold RS256, in R, " + mode, 1.15, 1.151, grid("RS256", "Warder, cold", mode)},
			test{"cold ES256, in R, " + mode, 1.10, 1.101, grid("ES256", "Warder, cold", mode)},
			test{"cold EdDSA, in R, " + mode, 1.12, 1.121, grid("EdDSA", "Warder, cold", mode)},
			test{"hit, Verify alone" + against + mode, 1.20, 1.201, compared(hitGroup, "Verify, "+mode)},
			test{"hit, whole request" + against + mode, 1.20, 1.201, compared(hitGroup, "whole request, "+mode)},
			test{"Routes, against the bare mux, a tree, " + mode, 3, 3.001, compared(routesGroup, "a tree, "+mode)},
		)
	}
	for _, tt := range tests {
		t.Run(tt.gate, func(t *testing.T) {
			for figure, met := range map[float64]bool{tt.good: true, tt.bad: false} {
				all := tt.measured(figure)
				i := slices.IndexFunc(all, func(g gate) bool { return g.name == tt.gate })
				if i < 0 {
					t.Fatalf("not among %+v", all)
				}
				if all[i].met() != met {
					t.Errorf("%v: met is %t: %+v", figure, !met, all[i])
				}
			}
		})
	}
}

// allocating allocates slices of these sizes with each call.
func allocating(sizes ...int) worker {
	return func() func() {
		return func() {
			for _, n := range sizes {
				kept = make([]byte, n)
			}
		}
	}
}

var kept []byte

// What was not measured, or not all of it, is no gate that is met.
func TestGatesOfWhatWasMeasured(t *testing.T) {
	some := func(ps []contender) (all []*comparison) {
		for _, p := range ps {
			all = append(all, &comparison{group: peerGroup, name: p.name, op: &operation{ratios: []float64{0.01}}})
		}
		return all
	}
	for n := range len(peers) {
		if all := gates(nil, some(peers[:n]), nil); len(all) != 0 {
			t.Errorf("%d of %d peers: %+v", n, len(peers), all)
		}
		if all := gates(nil, some(peers[n+1:]), nil); len(all) != 0 {
			t.Errorf("without the first %d peers: %+v", n+1, all)
		}
	}
	if all := gates(nil, some(peers), nil); len(all) != 1 {
		t.Errorf("all peers: %+v", all)
	}
	if all := gates(nil, nil, []*served{{name: "Warder, cold", shares: []float64{0.4}}}); len(all) != 1 || all[0].name != "guarded server, cold" {
		t.Errorf("a server without the bound: %+v", all)
	}
}

// The gate that no machine's speed changes holds here too.
func TestAHitAllocatesWhatItMay(t *testing.T) {
	is := testIssuer(t)
	h, err := warm(is, "RS256", handler)
	if err != nil {
		t.Fatal(err)
	}
	if objects, bytes := least(through(h, is.requests("RS256")[0].token)()); objects > 2 || bytes > 400 {
		t.Errorf("%v allocations, %v bytes", objects, bytes)
	}
}

// Every comparison has work that does what it says: a request that is refused
// panics in it or is refused by plan.
func TestComparisons(t *testing.T) {
	all, err := comparisons(testIssuer(t))
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]int{}
	for _, c := range all {
		groups[c.group]++
		c.work()()
		c.against()()
	}
	for _, group := range []string{hitGroup, peerGroup, metricsGroup, coresGroup, trafficGroup, firstGroup, routesGroup} {
		if groups[group] == 0 {
			t.Errorf("no comparison in %s", group)
		}
	}
}
