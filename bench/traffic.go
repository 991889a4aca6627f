package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
)

const (
	trafficGroup = "traffic" // many goroutines and tokens, in R
	firstGroup   = "first"   // a token that nobody remembers, against cold
)

const (
	remembers  = 4096   // tokens that a guard does by default
	manyTokens = 10_000 // of which it forgets most
)

// traffic makes the comparisons with many tokens. They are signed with Ed25519,
// as that is quick.
func traffic(is *issuer, many int) ([]*comparison, error) {
	const alg = "EdDSA"
	one := is.requests(alg)[0].token
	// What requests hold as their Authorization field, shared by all of them.
	fields := make([][]string, many)
	for i := range fields {
		fields[i] = []string{"Bearer " + is.token(alg, is.header(alg), with(is.claims(), "jti", fmt.Sprint("token ", i)))}
	}
	// A guard each for what must not change what the other remembers.
	var guards [4]http.Handler
	for i, guard := range []func(*issuer, string, http.Handler) (http.Handler, error){warm, warm, warm, cold} {
		h, err := guard(is, alg, handler)
		if err != nil {
			return nil, err
		}
		guards[i] = h
	}
	hit, mix, full, miss := guards[0], guards[1], guards[2], guards[3]
	floor := worker(func() func() { return is.floor(alg, one) })

	// One ring for all who go through full: a second would come after the first,
	// and find its tokens remembered.
	first := ring(full, fields)

	var all []*comparison
	for n := 1; n <= 64; n *= 2 {
		for _, c := range []struct {
			name string
			work worker
		}{
			{"hit", through(hit, one)},
			{"mixed", mixed(mix, fields)},
			{"miss", through(miss, one)},
		} {
			all = append(all, &comparison{group: trafficGroup, name: fmt.Sprint(c.name, ", ", n), work: c.work, against: floor, workers: n})
		}
	}
	return append(all,
		&comparison{group: firstGroup, name: "against cold with the same tokens", work: first, against: ring(miss, fields)},
		&comparison{group: firstGroup, name: "against cold with one token", work: first, against: through(miss, one)},
	), nil
}

// send returns the work of one goroutine: a request with the token that next
// says. It has one request, whatever the number of tokens: much that is alive
// would make garbage collections rare, and what is allocated look cheap.
func send(h http.Handler, fields [][]string, next func() int) func() {
	r, w := exchange("")
	return func() {
		r.Header["Authorization"] = fields[next()]
		w.reset()
		if h.ServeHTTP(w, r); w.status != http.StatusOK {
			panic("a good token is refused")
		}
	}
}

// mixed sends one of the tokens, which are as popular as Zipf's law has it, with
// each call: the few that most requests come with, and many that come now and then.
func mixed(h http.Handler, fields [][]string) worker {
	return func() func() {
		zipf := rand.NewZipf(rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), 1.1, 1, uint64(len(fields)-1))
		order := make([]uint16, 1<<14)
		for i := range order {
			order[i] = uint16(zipf.Uint64())
		}
		at := 0
		return send(h, fields, func() int {
			at++
			return int(order[at%len(order)])
		})
	}
}

// ring sends the tokens in turn, again and again. There are more of them than h
// remembers, so that h knows none when it comes again; and it starts with the
// cache full, so that each takes the place of another.
func ring(h http.Handler, fields [][]string) worker {
	var turn atomic.Uint64 // of all goroutines
	next := func() int { return int(turn.Add(1) % uint64(len(fields))) }
	var fill sync.Once
	return func() func() {
		do := send(h, fields, next)
		fill.Do(func() {
			for range remembers {
				do()
			}
		})
		return do
	}
}

func printTraffic(w io.Writer, all []*comparison) {
	one := func(c *comparison) []string { return []string{ratio(c.cost())} }
	printComparisons(w, all, trafficGroup, "Traffic (EdDSA), goroutines at once. Unit: R from as many goroutines. Mixed: 10,000 tokens by Zipf's law, 4096 remembered", []string{"R"}, one)
	printComparisons(w, all, firstGroup, "The first request with a token (EdDSA), to a guard that remembers 4096 others. Unit: a request to one that remembers none", []string{"times"}, one)
}
