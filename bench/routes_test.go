package main

import (
	"regexp"
	"testing"
)

// Each pair is measured, and mux and policy answer alike.
func TestRoutePairs(t *testing.T) {
	pairs, operations, err := planRoutes(regexp.MustCompile("^routes/"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) == 0 || len(operations) != len(pairs)*len(modes) {
		t.Errorf("%d pairs, %d operations", len(pairs), len(operations))
	}
	if pairs, operations, err := planRoutes(regexp.MustCompile("^RS256")); len(pairs) != 0 || len(operations) != 0 || err != nil {
		t.Errorf("%d pairs, %d operations: %v", len(pairs), len(operations), err)
	}
}

func TestTheGateOfRoutesCanFail(t *testing.T) {
	of := func(ratios ...float64) []*pair {
		return []*pair{{modes: map[string]*operation{"serial": {ratios: []float64{1}}, "parallel": {ratios: ratios}}}}
	}
	if err := gateRoutes(of(2, 2.9, 7)); err != nil {
		t.Error(err)
	}
	if err := gateRoutes(of(2, 3.1, 7)); err == nil {
		t.Error("Routes may cost 3.1 times the mux")
	}
}

func BenchmarkRoutes(b *testing.B) {
	pairs, err := routePairs()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range pairs {
		for _, each := range []struct {
			name string
			do   func()
		}{{"mux", first(call(p.mux, request{target: p.target}))}, {"routes", first(call(p.policy, request{target: p.target}))}} {
			b.Run(p.name+"/"+each.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					each.do()
				}
			})
		}
	}
}

func first(do func(), _ func() int) func() { return do }
