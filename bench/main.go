// Command bench measures what guarding a request costs, through Warder and
// through what else one could pick, side by side. See README.md.
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"time"
)

// workers of a parallel measurement.
const workers = 2

func main() {
	rounds := flag.Int("rounds", 100, "rounds; the median of their ratios is printed")
	only := flag.String("only", "", "measure what matches this regular expression, e.g. 'RS256/.*/accepted/serial'")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err == nil && *rounds < 1 {
		err = fmt.Errorf("bench: -rounds %d: not positive", *rounds)
	}
	if err == nil {
		err = run(os.Stdout, *rounds, match)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// cell is one contender's answer to one request.
type cell struct {
	handler http.Handler
	request request
	modes   map[string]*operation // serial, parallel
}

// grid is everything measured for one kind of token.
type grid struct {
	name       string
	alg        string // whose signature check is R
	contenders []contender
	requests   []request
	rows       []row
	floor      map[string]*operation
}

func newGrids(is *issuer) []*grid {
	var all []*grid
	for _, alg := range algorithms {
		all = append(all, &grid{name: alg, alg: alg, contenders: contenders, requests: is.requests(alg)})
	}
	return append(all, &grid{name: "opaque", alg: "ES256", contenders: introspectors, requests: opaqueRequests()})
}

type row struct {
	name  string
	cells []cell
}

var modes = []string{"serial", "parallel"}

func run(w io.Writer, rounds int, match *regexp.Regexp) error {
	is, err := newIssuer()
	if err != nil {
		return err
	}
	grids, operations, err := plan(is, match)
	if err != nil {
		return err
	}
	compared, err := comparisons(is)
	if err != nil {
		return err
	}
	compared, more := planComparisons(compared, match)
	operations = append(operations, more...)
	servers := match.MatchString(serverGroup)
	if len(operations) == 0 && !servers && !match.MatchString(memoryGroup) {
		return fmt.Errorf("bench: nothing matches -only")
	}
	measure(operations, rounds)
	var guarded []*served
	if servers {
		if guarded, err = measureServers(is, max(1, rounds/5), 150*time.Millisecond); err != nil {
			return err
		}
	}

	fmt.Fprintf(w, "%s %s/%s, %d CPUs, %d rounds. Unit: R, the bare signature check of the same token; of an ES256 token for opaque ones.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	for _, g := range grids {
		for _, mode := range modes {
			g.printTimes(w, mode)
		}
		g.printAllocations(w, is)
	}
	printHits(w, compared)
	printServers(w, guarded)
	printRoutes(w, compared)
	if match.MatchString(memoryGroup) {
		if err := printMemory(w, is); err != nil {
			return err
		}
	}
	printGates(w, gates(grids, compared, guarded))
	return nil
}

// plan builds every handler and checks that it answers as it should, so that a
// table never compares different work.
func plan(is *issuer, match *regexp.Regexp) (grids []*grid, all []*operation, err error) {
	for _, g := range newGrids(is) {
		good := is.requests(g.alg)[0].token
		g.floor = map[string]*operation{}
		for _, mode := range modes {
			g.floor[mode] = &operation{work: copies(mode, func() func() { return is.floor(g.alg, good) })}
		}
		for _, c := range g.contenders {
			h, err := c.guard(is, g.alg, handler)
			if err != nil {
				return nil, nil, fmt.Errorf("bench: %s: %w", c.name, err)
			}
			r, any := row{name: c.name}, false
			for _, req := range g.requests {
				do, status := call(h, req)
				if do(); status() != req.status {
					return nil, nil, fmt.Errorf("bench: %s answers %q of %s with %d", c.name, req.name, g.name, status())
				}
				c := cell{h, req, map[string]*operation{}}
				for _, mode := range modes {
					if !match.MatchString(g.name + "/" + r.name + "/" + req.name + "/" + mode) {
						continue
					}
					o := &operation{reference: g.floor[mode], work: copies(mode, func() func() {
						do, _ := call(h, req)
						return do
					})}
					c.modes[mode] = o
					all = append(all, o)
					any = true
				}
				r.cells = append(r.cells, c)
			}
			if any {
				g.rows = append(g.rows, r)
			}
		}
		if len(g.rows) > 0 {
			grids = append(grids, g)
		}
	}
	return grids, all, nil
}

// copies makes the work of each worker of mode.
func copies(mode string, make func() func()) []func() {
	work := []func(){make()}
	for mode == "parallel" && len(work) < workers {
		work = append(work, make())
	}
	return work
}

func (g *grid) heading() []string {
	names := []string{""}
	for _, req := range g.requests {
		names = append(names, req.name)
	}
	return names
}

func (g *grid) printTimes(w io.Writer, mode string) {
	times := g.floor[mode].times
	if len(times) == 0 {
		return
	}
	fmt.Fprintf(w, "**%s, %s**, R (%s) = %.1f µs\n\n", g.name, mode, g.alg, median(times)*1e6)
	var t table
	t.add(g.heading()...)
	for _, r := range g.rows {
		cells := []string{r.name}
		for _, c := range r.cells {
			text := ""
			if o := c.modes[mode]; o != nil {
				text = ratio(median(o.ratios))
			}
			cells = append(cells, text)
		}
		t.add(cells...)
	}
	t.print(w)
}

func (g *grid) printAllocations(w io.Writer, is *issuer) {
	objects, bytes := allocations(is.floor(g.alg, is.requests(g.alg)[0].token))
	fmt.Fprintf(w, "**%s, allocations / bytes** of a whole request; R itself: %.0f / %.0f\n\n", g.name, objects, bytes)
	var t table
	t.add(append(g.heading(), "accepted, above R")...)
	for _, r := range g.rows {
		cells := []string{r.name}
		above := ""
		for i, c := range r.cells {
			do, _ := call(c.handler, c.request)
			o, b := allocations(do)
			cells = append(cells, fmt.Sprintf("%.0f / %.0f", o, b))
			if i == 0 {
				above = fmt.Sprintf("%.0f / %.0f", o-objects, b-bytes)
			}
		}
		t.add(append(cells, above)...)
	}
	t.print(w)
}
