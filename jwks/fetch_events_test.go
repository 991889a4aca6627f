package jwks_test

import (
	"context"
	"net/http"
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

// watched is a process whose guard and whose own work have an Observer each.
func watched(t *testing.T, s *server, opts jwks.RemoteOptions) (p process, guard, own *events) {
	t.Helper()
	p = started(t, s, false, opts)
	guard = &events{}
	v := verifier(t, func(c *jwks.Config) { c.KeySet = p.keys })
	p.api = newAPI(v, middleware.Options{Observe: guard.observe})
	return p, guard, p.events
}

func TestRefreshEvents(t *testing.T) {
	t.Run("requests tell the guard, own work tells the options, never both", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p, guard, own := watched(t, s, jwks.RemoteOptions{})
			tell := func(what string, guards, owns int) {
				t.Helper()
				synctest.Wait()
				if g, o := len(guard.of(middleware.OpFetch)), len(own.of(middleware.OpFetch)); g != guards || o != owns {
					t.Errorf("%s: the guard was told %d times, the options %d times", what, g, o)
				}
			}
			must(p.keys.Ready(t.Context()))
			tell("Ready", 0, 1)
			p.probe(t)
			p.wants(t, rs().token(nil), "OK")
			tell("with keys", 0, 1)
			p.wants(t, other().token(nil), "401-T unknown_key")
			tell("an unknown kid", 1, 1)
			must(p.keys.Refresh(t.Context()))
			tell("Refresh", 1, 2)
			time.Sleep(6 * time.Minute)
			p.wants(t, rs().token(nil), "OK")
			tell("a request for due keys", 2, 2)
			time.Sleep(6 * time.Minute)
			p.probe(t)
			tell("a probe for due keys", 2, 3)
			time.Sleep(20 * time.Minute)
			p.probe(t)
			tell("a probe for stale keys", 2, 4)
			time.Sleep(20 * time.Minute)
			each(10, func() { p.wants(t, rs().token(nil), "OK") })
			tell("ten requests for stale keys", 3, 4)
			s.serve(keysURL, status(500))
			_ = p.keys.Refresh(t.Context())
			tell("a Refresh that fails", 3, 5)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			time.Sleep(time.Second)
			p.keys.KeepFresh(ctx)
			tell("KeepFresh that has nothing to do", 3, 5)
			if n := s.count(keysURL); n != 8 {
				t.Errorf("%d fetches, 8 were told of", n)
			}
			if n := len(own.of(middleware.OpVerify)) + len(own.of(middleware.OpAuthenticate)); n != 0 {
				t.Errorf("the options were told of %d requests", n)
			}
		})
	})
	t.Run("one event an attempt: keys, time, reason, issuer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(2*time.Second, document(keySet(all()...))))
			p, guard, _ := watched(t, s, jwks.RemoteOptions{})
			each(20, func() { p.wants(t, rs().token(nil), "OK") })
			s.serve(keysURL, slow(time.Second, status(500)))
			time.Sleep(20 * time.Minute)
			each(20, func() { p.wants(t, rs().token(nil), "OK") })
			s.serve(keysURL, hang)
			time.Sleep(20 * time.Minute)
			each(20, func() { p.wants(t, rs().token(nil), "OK") })
			time.Sleep(5 * time.Second)
			s.serve(keysURL, document(keySet(rs().jwk(nil))))
			time.Sleep(time.Minute)
			p.wants(t, rs().token(nil), "OK")
			synctest.Wait()
			want := []middleware.Event{
				{Reason: middleware.ReasonOK, Keys: 3, Duration: 2 * time.Second},
				{Reason: middleware.ReasonKeysUnavailable, Keys: 3, Duration: time.Second},
				{Reason: middleware.ReasonKeysUnavailable, Keys: 3, Duration: 5 * time.Second},
				{Reason: middleware.ReasonOK, Keys: 1},
			}
			got := guard.of(middleware.OpFetch)
			if len(got) != len(want) || s.count(keysURL) != len(want) {
				t.Fatalf("%d events for %d attempts, want %d", len(got), s.count(keysURL), len(want))
			}
			for i, w := range want {
				g := got[i]
				if g.Reason != w.Reason || g.Keys != w.Keys || g.Duration != w.Duration || g.Issuer != issuer ||
					(g.Err == nil) != (w.Reason == middleware.ReasonOK) || g.Stale || g.Via != "" {
					t.Errorf("attempt %d: %+v, want %+v", i, g, w)
				}
			}
		})
	})
	t.Run("a cold failure has no keys", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, status(500))
			p, guard, _ := watched(t, s, jwks.RemoteOptions{})
			for range 100 {
				p.wants(t, rs().token(nil), "503-U keys_unavailable")
			}
			got := guard.of(middleware.OpFetch)
			if len(got) != 1 || got[0].Keys != 0 || got[0].Reason != middleware.ReasonKeysUnavailable {
				t.Errorf("told %+v", got)
			}
		})
	})
	t.Run("Stale is said of every token that stale keys verify, and of no other", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p, guard, _ := watched(t, s, jwks.RemoteOptions{})
			stale := func(want bool) {
				t.Helper()
				p.wants(t, rs().token(nil), "OK")
				told := guard.of(middleware.OpVerify)
				if got := told[len(told)-1]; got.Stale != want || got.Via != middleware.ViaSignature {
					t.Errorf("told %+v", got)
				}
			}
			stale(false)
			s.serve(keysURL, status(500))
			time.Sleep(14 * time.Minute)
			stale(false)
			time.Sleep(time.Minute)
			for range 10 {
				stale(true)
				time.Sleep(time.Hour)
			}
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(time.Minute)
			stale(true) // and asks
			synctest.Wait()
			stale(false)
		})
	})
	t.Run("R9111-05: a kid that was looked for is unknown, one that was not is cooling down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p, guard, _ := watched(t, s, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(time.Minute)
			p.wants(t, other().token(nil), "401-T unknown_key")
			for range 3 {
				p.wants(t, other().token(nil), "401-T unknown_key")
				time.Sleep(9 * time.Second)
			}
			time.Sleep(3 * time.Second)
			p.wants(t, other().token(nil), "401-T unknown_key")
			p.wants(t, es().tokenAs(object{"kid": "never seen before"}, nil), "503-U cooldown")
			s.serve(keysURL, status(500))
			time.Sleep(31 * time.Second)
			p.wants(t, other().token(nil), "503-U keys_unavailable")
			if got := guard.reasonsOf(middleware.OpVerify); got != "ok unknown_key unknown_key unknown_key unknown_key unknown_key cooldown keys_unavailable" {
				t.Errorf("told %s", got)
			}
		})
	})
}

// One day of an issuer, as Prometheus sees it.
func TestRefreshMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		observe, err := metrics.New(registry)
		must(err)
		const keysURL = "https://as.example/day/keys" // no other test's, so that it has no number
		s := newServer()
		s.serve(keysURL, document(keySet(all()...)))
		set, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: s.client(), Observe: observe})
		must(err)
		a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }), middleware.Options{Observe: observe})
		must(set.Refresh(t.Context()))
		a.wants(t, rs().token(nil), "OK")
		a.wants(t, other().token(nil), "401-T") // looked for
		a.wants(t, other().token(nil), "401-T") // looked for, as nothing has changed since
		s.serve(keysURL, status(http.StatusBadGateway))
		time.Sleep(time.Hour)
		a.wants(t, rs().token(nil), "OK") // waits, and is stale
		a.wants(t, rs().token(nil), "OK")
		const want = `
# HELP warder_key_fetches_total Attempts to fetch the keys of an issuer, by key set and outcome.
# TYPE warder_key_fetches_total counter
warder_key_fetches_total{issuer="https://as.example/t1",key_set="https://as.example/day/keys",outcome="failure"} 1
warder_key_fetches_total{issuer="https://as.example/t1",key_set="https://as.example/day/keys",outcome="success"} 2
# HELP warder_key_fetch_last_success_timestamp_seconds Unix time of the last successful fetch of an issuer's keys; 0 if none succeeded yet.
# TYPE warder_key_fetch_last_success_timestamp_seconds gauge
warder_key_fetch_last_success_timestamp_seconds{issuer="https://as.example/t1",key_set="https://as.example/day/keys"} 9.466848e+08
# HELP warder_keys Usable keys of an issuer, by key set; 0 when they are past MaxStale.
# TYPE warder_keys gauge
warder_keys{issuer="https://as.example/t1",key_set="https://as.example/day/keys"} 3
# HELP warder_requests_total Requests that a guard judged, by issuer of the token and reason; reason ok means admitted.
# TYPE warder_requests_total counter
warder_requests_total{issuer="https://as.example/t1",reason="ok"} 3
warder_requests_total{issuer="https://as.example/t1",reason="unknown_key"} 2
# HELP warder_stale_tokens_total Access tokens that were judged by stale keys, as their issuer did not answer.
# TYPE warder_stale_tokens_total counter
warder_stale_tokens_total{issuer="https://as.example/t1"} 2
`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "warder_key_fetches_total",
			"warder_key_fetch_last_success_timestamp_seconds", "warder_keys", "warder_requests_total", "warder_stale_tokens_total"); err != nil {
			t.Error(err)
		}
	})
}
