package main

import (
	"fmt"
	"io"
	"regexp"
)

// A comparison is one kind of work against another, both of ours: what a share, a
// speed-up or a price is read from. Its unit is the other.
type comparison struct {
	group, name string
	work        worker
	against     worker

	workers        int // of work; default 1
	againstWorkers int // default as many

	op *operation
}

// A worker makes the work of one goroutine.
type worker func() func()

// times returns n pieces of work.
func (w worker) times(n int) []func() {
	var all []func()
	for range max(n, 1) {
		all = append(all, w())
	}
	return all
}

// planComparisons returns those that match, with their operations.
func planComparisons(all []*comparison, match *regexp.Regexp) (some []*comparison, operations []*operation) {
	for _, c := range all {
		if !match.MatchString(c.group + "/" + c.name) {
			continue
		}
		if c.againstWorkers == 0 {
			c.againstWorkers = c.workers
		}
		c.op = &operation{work: c.work.times(c.workers), reference: &operation{work: c.against.times(c.againstWorkers)}}
		some = append(some, c)
		operations = append(operations, c.op)
	}
	return some, operations
}

// cost is the work's time in that of what it is compared with.
func (c *comparison) cost() float64 { return median(c.op.ratios) }

// find returns the comparison of this name, or nil.
func find(all []*comparison, group, name string) *comparison {
	for _, c := range all {
		if c.group == group && c.name == name {
			return c
		}
	}
	return nil
}

// printComparisons prints one group as a table: how often, and in what.
func printComparisons(w io.Writer, all []*comparison, group, heading string, columns []string, cells func(*comparison) []string) {
	var t table
	t.add(append([]string{""}, columns...)...)
	for _, c := range all {
		if c.group == group {
			t.add(append([]string{c.name}, cells(c)...)...)
		}
	}
	if len(t.rows) == 1 {
		return
	}
	fmt.Fprintf(w, "**%s**\n\n", heading)
	t.print(w)
}
