package metrics_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

// series returns the counters and gauges of these families.
func series(t *testing.T, g prometheus.Gatherer, families ...string) string {
	t.Helper()
	all, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range all {
		if !slices.Contains(families, f.GetName()) {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue() // it has one of them
			lines = append(lines, fmt.Sprintf("%s{%s} %v", f.GetName(), strings.Join(labels, ","), value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestSeriesOfKeySets(t *testing.T) {
	at := func(after time.Duration) time.Time { return time.Now().Add(after) }
	fetched := func(issuer, keySet string, keys int) middleware.Event {
		return middleware.Event{Op: middleware.OpFetch, Issuer: issuer, KeySet: keySet, Reason: middleware.ReasonOK, Keys: keys}
	}
	for _, row := range []struct {
		name     string
		families []string
		events   func(observe middleware.Observer)
		want     string
	}{
		{"two sets of one issuer have a gauge each", []string{"warder_keys"}, func(observe middleware.Observer) {
			observe(context.Background(), fetched("https://a.example", "keys", 3))
			observe(context.Background(), fetched("https://a.example", "keys (2)", 0))
			observe(context.Background(), fetched("https://a.example", "keys", 4))
		}, `warder_keys{issuer="https://a.example",key_set="keys (2)"} 0
warder_keys{issuer="https://a.example",key_set="keys"} 4`},
		{"keys are there until they are past their time, without another event", []string{"warder_keys", "warder_unusable_keys"}, func(observe middleware.Observer) {
			e := fetched("https://a.example", "keys", 3)
			e.Until = at(time.Hour)
			observe(context.Background(), e)
			time.Sleep(time.Hour - 1)
		}, `warder_keys{issuer="https://a.example",key_set="keys"} 3
warder_unusable_keys{issuer="https://a.example",key_set="keys"} 0`},
		{"and none are from then on", []string{"warder_keys"}, func(observe middleware.Observer) {
			e := fetched("https://a.example", "keys", 3)
			e.Until = at(time.Hour)
			observe(context.Background(), e)
			time.Sleep(time.Hour)
		}, `warder_keys{issuer="https://a.example",key_set="keys"} 0`},
		{"keys without a time are there for ever", []string{"warder_keys"}, func(observe middleware.Observer) {
			e := fetched("https://a.example", "keys", 3)
			e.Until = at(time.Hour)
			observe(context.Background(), e)
			observe(context.Background(), fetched("https://a.example", "keys", 3))
			time.Sleep(1000 * time.Hour)
		}, `warder_keys{issuer="https://a.example",key_set="keys"} 3`},
		{"a set that has no issuer has no series", []string{"warder_keys", "warder_key_fetches_total", "warder_key_fetch_last_success_timestamp_seconds"}, func(observe middleware.Observer) {
			observe(context.Background(), fetched("", "keys", 3))
		}, ""},
		{"when it gets one, what was counted counts, under this issuer alone", []string{"warder_keys", "warder_key_fetches_total", "warder_key_snapshots_total"}, func(observe middleware.Observer) {
			observe(context.Background(), fetched("", "keys", 3))
			observe(context.Background(), middleware.Event{Op: middleware.OpSnapshot, KeySet: "keys", Reason: middleware.ReasonSnapshotUnusable})
			observe(context.Background(), fetched("https://a.example", "keys", 2))
		}, `warder_key_fetches_total{issuer="https://a.example",key_set="keys",outcome="success"} 2
warder_key_snapshots_total{issuer="https://a.example",key_set="keys",outcome="unusable"} 1
warder_keys{issuer="https://a.example",key_set="keys"} 2`},
		{"of a custom Verifier that names no set, by issuer", []string{"warder_keys", "warder_key_fetches_total"}, func(observe middleware.Observer) {
			observe(context.Background(), fetched("https://a.example", "", 3))
			observe(context.Background(), fetched("https://a.example", "keys", 2))
		}, `warder_key_fetches_total{issuer="https://a.example",key_set="",outcome="success"} 1
warder_key_fetches_total{issuer="https://a.example",key_set="keys",outcome="success"} 1
warder_keys{issuer="https://a.example",key_set=""} 3
warder_keys{issuer="https://a.example",key_set="keys"} 2`},
		{"and no issuer either: counted, and no gauge", []string{"warder_keys", "warder_key_fetches_total"}, func(observe middleware.Observer) {
			observe(context.Background(), fetched("", "", 3))
		}, `warder_key_fetches_total{issuer="",key_set="",outcome="success"} 1`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := prometheus.NewPedanticRegistry()
				observe, err := metrics.New(registry)
				if err != nil {
					t.Fatal(err)
				}
				row.events(observe)
				if got := series(t, registry, row.families...); got != row.want {
					t.Errorf("got\n%s\nwant\n%s", got, row.want)
				}
			})
		})
	}
}
