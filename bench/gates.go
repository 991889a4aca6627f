package main

import (
	"fmt"
	"io"
	"math"
)

// A gate is a bound that the design sets for one figure.
type gate struct {
	name          string
	figure, limit float64
	atLeast       bool // rather than at most
}

func (g gate) met() bool {
	if g.atLeast {
		return g.figure >= g.limit
	}
	return g.figure <= g.limit
}

// gates returns those whose figure was measured.
func gates(grids []*grid, compared []*comparison, guarded []*served) []gate {
	var all []gate
	atMost := func(name string, figure, limit float64) {
		all = append(all, gate{name: name, figure: figure, limit: limit})
	}
	atLeast := func(name string, figure, limit float64) {
		all = append(all, gate{name: name, figure: figure, limit: limit, atLeast: true})
	}
	cost := func(group, name string) (float64, bool) {
		if c := find(compared, group, name); c != nil {
			return c.cost(), true
		}
		return 0, false
	}
	for _, mode := range modes {
		if f, ok := cost(hitGroup, "Verify, "+mode); ok {
			atMost("hit, Verify alone, against SHA-256 and lru.Get, "+mode, f, 1.20)
		}
		if f, ok := cost(hitGroup, "whole request, "+mode); ok {
			atMost("hit, whole request, against SHA-256 and lru.Get, "+mode, f, 1.20)
		}
	}
	if c := find(compared, hitGroup, "whole request, serial"); c != nil {
		objects, bytes := least(c.work())
		atMost("hit, whole request, allocations", objects, 2)
		atMost("hit, whole request, bytes", bytes, 400)
	}
	// The best of some peers is no best peer.
	best, complete := math.Inf(-1), true
	for _, p := range peers {
		f, ok := cost(peerGroup, p.name)
		best, complete = max(best, f), complete && ok
	}
	if complete {
		atMost("hit, against the best peer's RS256 request", best, 1.0/15)
	}
	limits := map[string]float64{"RS256": 1.15, "ES256": 1.10, "EdDSA": 1.12}
	for _, g := range grids {
		for _, r := range g.rows {
			for _, mode := range modes {
				o := r.cells[0].modes[mode]
				switch {
				case o == nil:
				case r.name == "Warder, cold":
					atMost("cold "+g.name+", in R, "+mode, median(o.ratios), limits[g.name])
				case r.name == introspectors[0].name:
					atMost("opaque token remembered, in R of ES256, "+mode, median(o.ratios), 1.0/40)
				}
			}
		}
	}
	// Beside the gate of the cold guard stands what it could be at most.
	could := ""
	for _, s := range guarded {
		if s.name == bound {
			could = "; " + bound + ": " + ratio(median(s.shares))
		}
	}
	for _, s := range guarded {
		switch s.name {
		case "Warder, warm":
			atLeast("guarded server, warm", median(s.shares), 0.85)
		case "Warder, cold":
			atLeast("guarded server, cold"+could, median(s.shares), 0.43)
		}
	}
	for _, c := range compared {
		switch c.group {
		case coresGroup:
			atLeast("from one core to two, "+c.name, 2/c.cost(), 1.7)
		case metricsGroup:
			atMost("metrics on a hit, ns", (c.cost()-1)*median(c.op.reference.times)*1e9, 25)
		case routesGroup:
			atMost("Routes, against the bare mux, "+c.name, c.cost(), 3)
		}
	}
	return all
}

func printGates(w io.Writer, all []gate) {
	if len(all) == 0 {
		return
	}
	fmt.Fprint(w, "**Gates**\n\n")
	var t table
	t.add("", "measured", "gate", "")
	for _, g := range all {
		than, met := "at most", "met"
		if g.atLeast {
			than = "at least"
		}
		if !g.met() {
			met = "**missed**"
		}
		t.add(g.name, ratio(g.figure), than+" "+ratio(g.limit), met)
	}
	t.print(w)
}
