package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
	"github.com/warder-go/warder/scopes"
)

// The groups of comparisons, for -only.
const (
	hitGroup     = "hit"     // against SHA-256 of the token and a look into an LRU cache
	peerGroup    = "peers"   // a hit against each peer's request
	metricsGroup = "metrics" // with metrics against without
	coresGroup   = "cores"   // two goroutines against one
)

// through sends requests with one token through h.
func through(h http.Handler, token string) worker {
	return func() func() {
		do, status := call(h, request{token: token})
		if do(); status() != http.StatusOK {
			panic("a good token is refused")
		}
		return do
	}
}

// lookUp is the least that remembering a token costs: its digest, and the cache.
func lookUp(token string) worker {
	cache, err := lru.New[[sha256.Size]byte, *middleware.Token](4096)
	if err != nil {
		panic(err)
	}
	text := []byte(token)
	cache.Add(sha256.Sum256(text), new(middleware.Token))
	return func() func() {
		return func() {
			if _, ok := cache.Get(sha256.Sum256(text)); !ok {
				panic("the token is not in the cache")
			}
		}
	}
}

// comparisons makes all of them.
func comparisons(is *issuer) ([]*comparison, error) {
	token := func(alg string) string { return is.requests(alg)[0].token }
	guarded := map[string]http.Handler{}
	for _, c := range contenders {
		h, err := c.guard(is, "RS256", handler)
		if err != nil {
			return nil, err
		}
		guarded[c.name] = h
	}
	warm, cold := guarded["Warder, warm"], guarded["Warder, cold"]
	v, err := verifier(is, 0)
	if err != nil {
		return nil, err
	}
	verify := func(token string) worker {
		return func() func() {
			ctx := context.Background()
			return func() {
				if _, err := v.Verify(ctx, token, nil); err != nil {
					panic("a good token is refused")
				}
			}
		}
	}
	observe, err := metrics.New(prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	if is.observe != nil {
		observe = middleware.Observers(observe, is.observe)
	}
	counted := middleware.New(v, &middleware.Options{Observe: observe}).Handler(scopes.Require(scope)(handler))

	rs := token("RS256")
	var all []*comparison
	for i, mode := range modes {
		all = append(all,
			&comparison{group: hitGroup, name: "Verify, " + mode, work: verify(rs), against: lookUp(rs), workers: i + 1},
			&comparison{group: hitGroup, name: "whole request, " + mode, work: through(warm, rs), against: lookUp(rs), workers: i + 1},
		)
	}
	for _, c := range peers {
		all = append(all, &comparison{group: peerGroup, name: c.name, work: through(warm, rs), against: through(guarded[c.name], rs)})
	}
	all = append(all, &comparison{group: metricsGroup, name: "a hit", work: through(counted, rs), against: through(warm, rs)})
	for _, alg := range algorithms {
		all = append(all, &comparison{group: coresGroup, name: "cold, " + alg, work: through(cold, token(alg)), against: through(cold, token(alg)), workers: 2, againstWorkers: 1})
	}
	all = append(all, &comparison{group: coresGroup, name: "hit", work: through(warm, rs), against: through(warm, rs), workers: 2, againstWorkers: 1})

	busy, err := traffic(is, manyTokens)
	if err != nil {
		return nil, err
	}
	all = append(all, busy...)
	more, err := routes()
	return append(all, more...), err
}

func printHits(w io.Writer, all []*comparison) {
	one := func(c *comparison) []string { return []string{ratio(c.cost())} }
	printComparisons(w, all, hitGroup, "A remembered token (RS256). Unit: SHA-256 of the token and `lru.Cache.Get`", []string{"times"}, one)
	printComparisons(w, all, peerGroup, "A whole request with a remembered token, against each peer's with the same (RS256)", []string{"share", "that is 1 /"}, func(c *comparison) []string {
		return []string{ratio(c.cost()), fmt.Sprintf("%.1f", 1/c.cost())}
	})
	printComparisons(w, all, metricsGroup, "Metrics. Unit: the same request without", []string{"times", "more, ns"}, func(c *comparison) []string {
		return []string{ratio(c.cost()), fmt.Sprintf("%.0f", (c.cost()-1)*median(c.op.reference.times)*1e9)}
	})
	printComparisons(w, all, coresGroup, "From one goroutine to two: requests in the same time", []string{"times"}, func(c *comparison) []string {
		return []string{ratio(2 / c.cost())}
	})
	printTraffic(w, all)
}
