package jwks_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

// gauges compares warder_keys with these series.
func gauges(t *testing.T, registry *prometheus.Registry, when string, want ...string) {
	t.Helper()
	text := "# HELP warder_keys Usable keys of an issuer, by key set; 0 when they are past MaxStale.\n# TYPE warder_keys gauge\n" + strings.Join(want, "\n") + "\n"
	if len(want) == 0 {
		text = ""
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(text), "warder_keys"); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

func TestMetricsOfKeySets(t *testing.T) {
	// used returns a set with keys from url, which no other test uses, so that its name has no number.
	used := func(t *testing.T, s *server, observe middleware.Observer, url string) (*jwks.KeySet, api) {
		set, err := jwks.Remote(url, &jwks.RemoteOptions{HTTPClient: s.client(), Observe: observe})
		must(err)
		return set, newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }), middleware.Options{Observe: observe})
	}
	counting := func() (*prometheus.Registry, middleware.Observer) {
		registry := prometheus.NewRegistry()
		observe, err := metrics.New(registry)
		must(err)
		return registry, observe
	}
	t.Run("two Verifiers of one issuer and one URL have a set and a gauge each", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const url = "https://as.example/shared/keys"
			registry, observe := counting()
			s, down := newServer(), newServer()
			s.serve(url, document(keySet(all()...)))
			down.serve(url, status(http.StatusBadGateway))
			_, first := used(t, s, observe, url)
			_, second := used(t, down, observe, url)
			for range 3 {
				first.wants(t, rs().token(nil), "OK")
				second.wants(t, rs().token(nil), "503-U keys_unavailable")
				gauges(t, registry, "one up, one down", `warder_keys{issuer="https://as.example/t1",key_set="https://as.example/shared/keys (2)"} 0`,
					`warder_keys{issuer="https://as.example/t1",key_set="https://as.example/shared/keys"} 3`)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
			}
		})
	})
	t.Run("the gauge falls to 0 when keys are past MaxStale, whether or not somebody asks", func(t *testing.T) {
		for name, asks := range map[string]bool{"nobody asks": false, "requests": true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					url := "https://as.example/old/keys/" + strings.Fields(name)[0]
					one := `warder_keys{issuer="https://as.example/t1",key_set="` + url + `"} `
					registry, observe := counting()
					s := newServer()
					s.serve(url, document(keySet(all()...)))
					_, a := used(t, s, observe, url)
					token := rs().token(object{"exp": at(48 * time.Hour)})
					a.wants(t, token, "OK")
					s.serve(url, status(http.StatusBadGateway))
					for range 23 {
						time.Sleep(time.Hour)
						if asks {
							a.wants(t, token, "OK")
						}
						gauges(t, registry, "within MaxStale", one+"3")
					}
					time.Sleep(time.Hour - 1)
					gauges(t, registry, "just before", one+"3")
					time.Sleep(time.Nanosecond)
					gauges(t, registry, "from MaxStale on", one+"0")
					if asks {
						a.wants(t, token, "503-U keys_unavailable")
						gauges(t, registry, "after another attempt", one+"0")
						s.serve(url, document(keySet(rs().jwk(nil))))
						time.Sleep(time.Minute)
						a.wants(t, token, "OK")
						gauges(t, registry, "when the issuer is back", one+"1")
					}
				})
			})
		}
	})
	t.Run("a set that is fetched before it has an issuer has a series under that alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const url = "https://as.example/early/keys"
			registry, observe := counting()
			s := newServer()
			s.serve(url, document(keySet(all()...)))
			set, err := jwks.Remote(url, &jwks.RemoteOptions{HTTPClient: s.client(), Observe: observe})
			must(err)
			must(set.Refresh(t.Context()))
			gauges(t, registry, "before")
			verifier(t, func(c *jwks.Config) { c.KeySet = set })
			must(set.Refresh(t.Context()))
			gauges(t, registry, "after", `warder_keys{issuer="https://as.example/t1",key_set="https://as.example/early/keys"} 3`)
			if n, err := testutil.GatherAndCount(registry, "warder_key_fetches_total"); n != 1 || err != nil {
				t.Errorf("%d series of fetches, %v", n, err)
			}
		})
	})
}

func TestEventsNameTheKeySet(t *testing.T) {
	s := newServer(all()...)
	told := func(make func(*jwks.RemoteOptions) (*jwks.KeySet, error)) string {
		seen := &events{}
		set, err := make(&jwks.RemoteOptions{Observe: seen.observe})
		must(err)
		_ = set.Refresh(t.Context())
		runtime.KeepAlive(set)
		return seen.of(middleware.OpFetch)[0].KeySet
	}
	remote := func(url string) func(*jwks.RemoteOptions) (*jwks.KeySet, error) {
		return func(o *jwks.RemoteOptions) (*jwks.KeySet, error) {
			o.HTTPClient = s.client()
			return jwks.Remote(url, o)
		}
	}
	file := filepath.Join(t.TempDir(), "named.json")
	must(os.WriteFile(file, keySet(all()...), 0o600))
	for name, row := range map[string]struct {
		make func(*jwks.RemoteOptions) (*jwks.KeySet, error)
		want string
	}{
		"Remote, by its URL":           {remote("https://named.example/keys"), "https://named.example/keys"},
		"Remote, by no query of it":    {remote("https://queried.example/keys?code=" + marker), "https://queried.example/keys"},
		"File, by its name, no folder": {func(o *jwks.RemoteOptions) (*jwks.KeySet, error) { return jwks.File(file, o) }, "named.json"},
		"Discover, by its issuer": {func(o *jwks.RemoteOptions) (*jwks.KeySet, error) {
			o.HTTPClient, o.MetadataURL = s.client(), "https://inside.example/metadata?code="+marker
			return jwks.Discover("https://discovered.example/t1", o)
		}, "https://discovered.example/t1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(row.make); got != row.want {
				t.Errorf("named %q, want %q", got, row.want)
			}
		})
	}
	t.Run("a name that is in use gets a number, one that was is free", func(t *testing.T) {
		const url = "https://again.example/keys"
		seen := map[string]bool{}
		for range 200 {
			seen[told(remote(url))] = true
			runtime.GC() // cleanups come soon after
		}
		if len(seen) > 100 || !seen[url] {
			t.Errorf("%d names for 200 sets that were used one after the other", len(seen))
		}
	})
}

func TestEventsSayUntilWhenThereAreKeys(t *testing.T) {
	for name, row := range map[string]struct {
		opts jwks.RemoteOptions
		want time.Duration // 0: for ever
	}{
		"MaxStale":         {jwks.RemoteOptions{}, 24 * time.Hour},
		"no stale keys":    {jwks.RemoteOptions{MaxStale: -1}, 15 * time.Minute},
		"none and no wait": {jwks.RemoteOptions{MaxStale: -1, WaitAfter: -1}, 5 * time.Minute},
		"never by age":     {jwks.RemoteOptions{RefreshAfter: -1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				p := started(t, s, false, row.opts)
				p.wants(t, rs().token(nil), "OK")
				first := p.events.of(middleware.OpFetch)[0]
				if row.want == 0 {
					if !first.Until.IsZero() {
						t.Errorf("until %v", first.Until)
					}
					return
				}
				if left := time.Until(first.Until); left != row.want || first.Keys != 3 {
					t.Errorf("%d keys for %v, want %v", first.Keys, left, row.want)
				}
				// It is what requests see.
				s.serve(keysURL, status(500))
				token := rs().token(object{"exp": at(48 * time.Hour)})
				time.Sleep(row.want - 1)
				p.wants(t, token, "OK")
				synctest.Wait()
				time.Sleep(time.Minute)
				p.wants(t, token, "503-U keys_unavailable")
				told := p.events.of(middleware.OpFetch)
				if last := told[len(told)-1]; last.Keys != 0 || !last.Until.Equal(first.Until) {
					t.Errorf("then %d keys until %v", last.Keys, last.Until)
				}
			})
		})
	}
}

// Somebody is told of every fetch, and nobody twice.
func TestEventsOfAVerifierWithoutAGuard(t *testing.T) {
	for _, row := range []struct {
		name        string
		api         func(v middleware.Verifier, guard *events) func(*testing.T)
		guards, own int
	}{
		{"none: the options", func(v middleware.Verifier, _ *events) func(*testing.T) {
			return func(t *testing.T) {
				if _, err := v.Verify(t.Context(), rs().token(nil), nil); err != nil {
					t.Error(err)
				}
			}
		}, 0, 2},
		{"one without Observe: the options", func(v middleware.Verifier, _ *events) func(*testing.T) {
			a := api{middleware.New(v, nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Ran", "yes") }))}
			return func(t *testing.T) { a.wants(t, rs().token(nil), "OK") }
		}, 0, 2},
		{"one with Observe: the guard", func(v middleware.Verifier, guard *events) func(*testing.T) {
			a := newAPI(v, middleware.Options{Observe: guard.observe})
			return func(t *testing.T) { a.wants(t, rs().token(nil), "OK") }
		}, 2, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				p, guard := started(t, s, false, jwks.RemoteOptions{}), &events{}
				own := p.events
				verify := row.api(verifier(t, func(c *jwks.Config) { c.KeySet = p.keys }), guard)
				verify(t)                   // waits for a fetch
				time.Sleep(6 * time.Minute) // and this one
				verify(t)                   // goes on in the background
				synctest.Wait()
				if g, o := len(guard.of(middleware.OpFetch)), len(own.of(middleware.OpFetch)); g != row.guards || o != row.own {
					t.Errorf("the guard was told %d times, the options %d times, want %d and %d", g, o, row.guards, row.own)
				}
				if n := len(own.of(middleware.OpVerify)); n != 0 {
					t.Errorf("the options were told of %d tokens", n)
				}
			})
		})
	}
}
