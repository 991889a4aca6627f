package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

func TestIntrospections(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	const second = "https://as.example/t2"
	for _, row := range []struct {
		name   string
		issuer string
		reason middleware.Reason
		took   time.Duration
		open   string // the breaker of issuer, afterwards
	}{
		{"a call that is answered", issuer, middleware.ReasonOK, 30 * time.Millisecond, "0"},
		{"one that fails", issuer, middleware.ReasonIntrospectionUnavailable, 2 * time.Second, "0"},
		{"one that was not made, as too many were", issuer, middleware.ReasonTooManyCalls, 0, "0"},
		{"one that the breaker did not let through", issuer, middleware.ReasonBreakerOpen, 0, "1"},
		{"too many calls tell nothing of the breaker", issuer, middleware.ReasonTooManyCalls, 0, "1"},
		{"nor does another issuer", second, middleware.ReasonOK, time.Millisecond, "0"},
		{"a probe whose credentials are refused was made", issuer, middleware.ReasonIssuerRefusedUs, time.Millisecond, "0"},
		{"the breaker is open again", issuer, middleware.ReasonBreakerOpen, 0, "1"},
		{"a probe that is answered", issuer, middleware.ReasonOK, 40 * time.Millisecond, "0"},
		{"a reason nobody knows", issuer, "it_felt_wrong", time.Millisecond, "0"},
	} {
		observe(t.Context(), middleware.Event{Op: middleware.OpIntrospect, Issuer: row.issuer, Reason: row.reason, Duration: row.took})
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range families {
			for _, m := range f.GetMetric() {
				if f.GetName() == "warder_introspection_breaker_open" && m.GetLabel()[0].GetValue() == row.issuer {
					got = map[float64]string{0: "0", 1: "1"}[m.GetGauge().GetValue()]
				}
			}
		}
		if got != row.open {
			t.Errorf("%s: the breaker is %q, want %q", row.name, got, row.open)
		}
	}
	const want = `
# HELP warder_introspection_breaker_open Whether an issuer was spared the last introspection because it had not answered (1) or was asked (0).
# TYPE warder_introspection_breaker_open gauge
warder_introspection_breaker_open{issuer="https://as.example/t1"} 0
warder_introspection_breaker_open{issuer="https://as.example/t2"} 0
# HELP warder_introspections_total Introspections of access tokens, by issuer and reason; reason ok means answered.
# TYPE warder_introspections_total counter
warder_introspections_total{issuer="https://as.example/t1",reason="breaker_open"} 2
warder_introspections_total{issuer="https://as.example/t1",reason="introspection_unavailable"} 1
warder_introspections_total{issuer="https://as.example/t1",reason="issuer_refused_us"} 1
warder_introspections_total{issuer="https://as.example/t1",reason="ok"} 2
warder_introspections_total{issuer="https://as.example/t1",reason="other"} 1
warder_introspections_total{issuer="https://as.example/t1",reason="too_many_calls"} 2
warder_introspections_total{issuer="https://as.example/t2",reason="ok"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want),
		"warder_introspections_total", "warder_introspection_breaker_open"); err != nil {
		t.Error(err)
	}

	// Calls that were not made are not timed.
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	timed, sums := map[string]uint64{}, map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "warder_introspection_duration_seconds" {
				outcome := m.GetLabel()[0].GetValue()
				timed[outcome], sums[outcome] = m.GetHistogram().GetSampleCount(), m.GetHistogram().GetSampleSum()
			}
		}
	}
	if timed["success"] != 3 || timed["failure"] != 3 || sums["success"] > 0.072 || sums["success"] < 0.070 || sums["failure"] < 2 {
		t.Errorf("timed %v, sums %v", timed, sums)
	}
}

func TestEveryViaIsExportedUnderItsName(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for n, via := range []middleware.Via{
		middleware.ViaCache, middleware.ViaSignature, middleware.ViaIntrospection, middleware.ViaShared, middleware.ViaNegativeCache, "", "guesswork",
	} {
		for range n + 1 {
			observe(t.Context(), middleware.Event{Op: middleware.OpVerify, Issuer: issuer, Via: via})
		}
	}
	const want = `
# HELP warder_tokens_total Access tokens that a verifier judged, by issuer and by what the verdict came from.
# TYPE warder_tokens_total counter
warder_tokens_total{issuer="https://as.example/t1",via="cache"} 1
warder_tokens_total{issuer="https://as.example/t1",via="introspection"} 3
warder_tokens_total{issuer="https://as.example/t1",via="negative_cache"} 5
warder_tokens_total{issuer="https://as.example/t1",via="none"} 6
warder_tokens_total{issuer="https://as.example/t1",via="other"} 7
warder_tokens_total{issuer="https://as.example/t1",via="shared"} 4
warder_tokens_total{issuer="https://as.example/t1",via="signature"} 2
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "warder_tokens_total"); err != nil {
		t.Error(err)
	}
}
