package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// batch is how long one measurement lasts: long enough for the clock, short
// enough that the machine does not change its speed within three of them.
const batch = 500 * time.Microsecond

// An operation is one cell of a table: the same work for each of its workers,
// measured against the reference of the same algorithm and number of workers.
type operation struct {
	work      []func() // one for each worker
	reference *operation

	n      int // calls that make a batch
	ratios []float64
	times  []float64 // of references: seconds per call
}

// calibrate warms o up and works out how many calls make a batch. The fastest
// of several tries counts: o.n stays for the whole measurement, and one try
// that the machine interrupted would make batches of a call or two, which
// measure cold caches instead.
func (o *operation) calibrate() {
	const tries = 7
	for o.n = 1; ; o.n *= 2 {
		t := o.run()
		for range tries - 1 {
			t = min(t, o.run())
		}
		if t*float64(o.n) > batch.Seconds()/4 {
			o.n = max(1, int(batch.Seconds()/t))
			return
		}
	}
}

// run makes every worker do its work n times, all at once, and returns the
// seconds that one call took, averaged over the workers. Where there are more of
// them than CPUs, it is the share of a CPU that one call took: from the first
// start to the last end, over all calls. A worker's own time would count the others'
// work for those that give way to each other, and not for those that never do.
func (o *operation) run() float64 {
	if len(o.work) == 1 {
		return repeat(o.work[0], o.n)
	}
	var (
		ready atomic.Int32
		done  sync.WaitGroup
		begin sync.Once
		times = make([]float64, len(o.work))
		start time.Time // when all are there
	)
	for i, work := range o.work {
		done.Go(func() {
			for ready.Add(1); ready.Load() < int32(len(o.work)); {
				runtime.Gosched()
			}
			begin.Do(func() { start = time.Now() })
			times[i] = repeat(work, o.n)
		})
	}
	done.Wait()
	if cpus := runtime.GOMAXPROCS(0); len(o.work) > cpus {
		return time.Since(start).Seconds() * float64(cpus) / float64(o.n*len(o.work))
	}
	sum := 0.0
	for _, t := range times {
		sum += t
	}
	return sum / float64(len(times))
}

func repeat(work func(), n int) float64 {
	start := time.Now()
	for range n {
		work()
	}
	return time.Since(start).Seconds() / float64(n)
}

// measure runs rounds over all operations. A round takes them in a new random
// order; each is run between two batches of its reference, and what counts is
// the ratio within that pair. A machine that is slow for a while is slow for
// both.
func measure(operations []*operation, rounds int) {
	for _, o := range operations {
		if o.reference.n == 0 {
			o.reference.calibrate()
		}
		o.calibrate()
	}
	for range rounds {
		rand.Shuffle(len(operations), func(i, j int) {
			operations[i], operations[j] = operations[j], operations[i]
		})
		for _, o := range operations {
			before := o.reference.run()
			t := o.run()
			after := o.reference.run()
			reference := (before + after) / 2
			o.ratios = append(o.ratios, t/reference)
			o.reference.times = append(o.reference.times, reference)
		}
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// allocations returns what one call of work allocates, on average.
func allocations(work func()) (objects, bytes float64) {
	const n = 200
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	work()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		work()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n
}

// least returns what one call of work allocates when nobody else does: the
// smallest of several averages, rounded.
func least(work func()) (objects, bytes float64) {
	objects, bytes = allocations(work)
	for range 4 {
		o, b := allocations(work)
		objects, bytes = min(objects, o), min(bytes, b)
	}
	return math.Round(objects), math.Round(bytes)
}
