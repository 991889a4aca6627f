package main

import (
	"slices"
	"testing"
)

// Each gate can be missed, and is found by the name of what it is about.
func TestGatesCanBeMissed(t *testing.T) {
	grid := func(name, of string, ratio float64) []*grid {
		accepted := cell{modes: map[string]*operation{"serial": {ratios: []float64{ratio}}}}
		return []*grid{{name: name, rows: []row{{name: of, cells: []cell{accepted}}}}}
	}
	one := func(group, name string, ratio float64) []*comparison {
		return []*comparison{{group: group, name: name, op: &operation{ratios: []float64{ratio}, reference: &operation{times: []float64{1e-6}}}}}
	}
	for _, row := range []struct {
		name      string
		good, bad []gate
	}{
		{"a remembered opaque token", gates(grid("opaque", introspectors[0].name, 0.02), nil, nil), gates(grid("opaque", introspectors[0].name, 0.03), nil, nil)},
		{"cold RS256", gates(grid("RS256", "Warder, cold", 1.15), nil, nil), gates(grid("RS256", "Warder, cold", 1.16), nil, nil)},
		{"cold ES256", gates(grid("ES256", "Warder, cold", 1.10), nil, nil), gates(grid("ES256", "Warder, cold", 1.11), nil, nil)},
		{"a hit", gates(nil, one(hitGroup, "whole request, serial", 1.19), nil), gates(nil, one(hitGroup, "whole request, serial", 1.21), nil)},
		{"a hit against the best peer", gates(nil, append(one(peerGroup, "a", 0.01), one(peerGroup, "b", 0.06)...), nil), gates(nil, append(one(peerGroup, "a", 0.01), one(peerGroup, "b", 0.07)...), nil)},
		{"metrics", gates(nil, one(metricsGroup, "a hit", 1.02), nil), gates(nil, one(metricsGroup, "a hit", 1.03), nil)},
		{"cores", gates(nil, one(coresGroup, "hit", 1.1), nil), gates(nil, one(coresGroup, "hit", 1.2), nil)},
		{"Routes", gates(nil, one(routesGroup, "a tree, serial", 2.9), nil), gates(nil, one(routesGroup, "a tree, serial", 3.1), nil)},
		{"a server", gates(nil, nil, []*served{{name: "Warder, warm", shares: []float64{0.86}}}), gates(nil, nil, []*served{{name: "Warder, warm", shares: []float64{0.84}}})},
	} {
		t.Run(row.name, func(t *testing.T) {
			if len(row.good) != 1 || len(row.bad) != 1 {
				t.Fatalf("%d and %d gates", len(row.good), len(row.bad))
			}
			if slices.ContainsFunc(row.good, func(g gate) bool { return !g.met() }) {
				t.Errorf("missed: %+v", row.good)
			}
			if slices.ContainsFunc(row.bad, gate.met) {
				t.Errorf("met: %+v", row.bad)
			}
		})
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
	for _, group := range []string{hitGroup, peerGroup, metricsGroup, coresGroup, trafficGroup, routesGroup} {
		if groups[group] == 0 {
			t.Errorf("no comparison in %s", group)
		}
	}
}
