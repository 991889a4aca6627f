package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// bounds are the upper bounds of the buckets: from a refusal without a token
// to a fetch that timed out.
var bounds = [...]time.Duration{
	2 * time.Microsecond, 5 * time.Microsecond,
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond,
	100 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// timings count requests with one issuer and one reason, or fetches with one
// outcome, by how long they took. A counter and a histogram are both made from
// them: one request costs two atomic additions, and the two families agree in
// every scrape.
type timings struct {
	buckets [len(bounds) + 1]atomic.Uint64 // the last has no upper bound
	sum     atomic.Uint64                  // nanoseconds: enough for 584 years
}

// add counts one that took d.
func (t *timings) add(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	t.buckets[i].Add(1)
	t.sum.Add(uint64(max(d, 0)))
}

// histogram adds up timings for one scrape.
type histogram struct {
	buckets [len(bounds) + 1]uint64
	sum     float64 // seconds
}

// add adds t and returns how many it counts.
func (h *histogram) add(t *timings) (total uint64) {
	for i := range t.buckets {
		n := t.buckets[i].Load()
		h.buckets[i] += n
		total += n
	}
	h.sum += float64(t.sum.Load()) / float64(time.Second)
	return total
}

// metric returns h as the series of d with this outcome.
func (h *histogram) metric(d *prometheus.Desc, outcome string) prometheus.Metric {
	cumulative := make(map[float64]uint64, len(bounds))
	n := uint64(0)
	for i, bound := range bounds {
		n += h.buckets[i]
		cumulative[bound.Seconds()] = n
	}
	n += h.buckets[len(bounds)]
	return prometheus.MustNewConstHistogram(d, n, h.sum, cumulative, outcome)
}
