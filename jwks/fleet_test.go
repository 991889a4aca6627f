package jwks_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// fleet is an issuer that notes when it was asked.
type fleet struct {
	server *server
	began  time.Time
	part   time.Duration // 0: a second

	mu     sync.Mutex
	asked  [3600]int // by parts since began
	silent bool
}

func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.asked[time.Since(f.began)/cmp.Or(f.part, time.Second)]++
	silent := f.silent
	f.mu.Unlock()
	if silent {
		return failing(http.ErrServerClosed)(r)
	}
	return f.server.RoundTrip(r)
}

func (f *fleet) falls(silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = silent
}

// most returns how many asked in the worst part from this one on and before that one, and
// which part it was; and how many asked in all of them.
func (f *fleet) most(from, to int) (worst, part, total int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for p, asked := range f.asked[from:to] {
		total += asked
		if asked > worst {
			worst, part = asked, from+p
		}
	}
	return worst, part, total
}

const replicas = 100

// started starts the replicas within a second, each with keys, and with draws, of its own:
// the same ones whenever the test runs, as a few in a hundred rows of draws would have an
// eleventh replica in some second of the hour. They run until the test ends.
func (f *fleet) started(t *testing.T, within time.Duration, runs func(context.Context, *jwks.KeySet)) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for n := range replicas {
		keys, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: &http.Client{Transport: f}})
		must(err)
		random := rand.New(rand.NewPCG(1, uint64(n)))
		jwks.Drawing(keys, random)
		start := time.Duration(random.Int64N(int64(within)))
		running.Go(func() {
			time.Sleep(start)
			runs(ctx, keys)
		})
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// Replicas that one deployment starts in the same second do not go on asking in the same
// second: not after that, and not after an outage that all of them met.
func TestFleet(t *testing.T) {
	const hour = 3600
	token := sync.OnceValue(func() string { return ed().token(object{"exp": at(3 * time.Hour)}) })
	keepFresh := func(ctx context.Context, keys *jwks.KeySet) { keys.KeepFresh(ctx) }
	requests := func(t *testing.T) func(context.Context, *jwks.KeySet) {
		return func(ctx context.Context, keys *jwks.KeySet) {
			v := verifier(t, func(c *jwks.Config) { c.KeySet = keys })
			for ctx.Err() == nil {
				if _, err := v.Verify(ctx, token(), nil); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}
	}
	for _, row := range []struct {
		name     string
		fields   string
		requests bool
		outage   time.Duration // from second 200 on; 0: none
		fetches  int           // at least, in the hour or what is left of it
	}{
		{"KeepFresh", "", false, 0, replicas * 12},
		{"KeepFresh, and a lifetime of 60 s", "Cache-Control: max-age=60", false, 0, replicas * 60},
		{"KeepFresh, after an outage", "", false, 5 * time.Minute, replicas * 10},
		{"KeepFresh, and a lifetime of 60 s, after an outage", "Cache-Control: max-age=60", false, 5 * time.Minute, replicas * 50},
		{"requests", "", true, 0, replicas * 12},
		{"requests, and a lifetime of 60 s", "Cache-Control: max-age=60", true, 0, replicas * 60},
		{"requests, after an outage", "", true, 5 * time.Minute, replicas * 10},
		{"requests, and a lifetime of 60 s, after an outage", "Cache-Control: max-age=60", true, 5 * time.Minute, replicas * 50},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fleet{server: newServer(all()...), began: time.Now()}
				if row.fields != "" {
					f.server.serve(keysURL, stating(row.fields, keySet(all()...)))
				}
				runs := keepFresh
				if row.requests {
					runs = requests(t)
				}
				f.started(t, time.Second, runs)
				from := 1 // in the first second all have to
				if row.outage > 0 {
					time.Sleep(200 * time.Second)
					f.falls(true)
					time.Sleep(row.outage)
					f.falls(false)
					from = int(time.Since(f.began) / time.Second)
				}
				time.Sleep(hour*time.Second - time.Since(f.began))
				worst, second, total := f.most(from, hour)
				if worst > replicas/10 {
					t.Errorf("%d of %d replicas ask in second %d", worst, replicas, second)
				}
				if total < row.fetches {
					t.Errorf("%d fetches, want %d at least", total, row.fetches)
				}
			})
		})
	}
}

// While an issuer is down, each replica without keys asks it once a second. They do not do
// so at the same moment of it.
func TestFleetWithoutKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{server: newServer(all()...), began: time.Now(), silent: true, part: time.Second / 10}
		f.started(t, 1, func(ctx context.Context, keys *jwks.KeySet) { keys.KeepFresh(ctx) })
		time.Sleep(2 * time.Minute)
		worst, tenth, total := f.most(600, 1200)
		if worst > replicas/4 {
			t.Errorf("%d of %d replicas ask in the tenth %d of a second", worst, replicas, tenth)
		}
		if total < 60*replicas || total > 60*replicas*5/4 {
			t.Errorf("%d attempts of %d replicas in a minute", total, replicas)
		}
	})
}
