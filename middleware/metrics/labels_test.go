package metrics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
)

// values returns the values of a label in all families.
func values(t *testing.T, g prometheus.Gatherer, label string) []string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == label {
					seen[l.GetValue()] = true
				}
			}
		}
	}
	var all []string
	for v := range seen {
		all = append(all, v)
	}
	slices.Sort(all)
	return all
}

func TestAVerifierThatReportsWhatClientsSendCannotGrowTheMetrics(t *testing.T) {
	registry, h := api(t)
	send(h, "GET", "/notes/1", "good")
	for i := range 500 {
		send(h, "GET", "/notes/1", fmt.Sprint("mistake-", i))
	}
	issuers := values(t, registry, "issuer")
	if len(issuers) != 101 { // 100 and other; every request named one
		t.Errorf("%d issuers", len(issuers))
	}
	if !slices.Contains(issuers, "other") || !slices.Contains(issuers, issuer) {
		t.Errorf("issuers without other or the configured one: %q", issuers)
	}
	send(h, "GET", "/notes/1", "")
	if !slices.Contains(values(t, registry, "issuer"), "") {
		t.Error("requests without an issuer were counted as other")
	}
	if n := decisions(t, registry, "accepted"); n != 501 {
		t.Errorf("%d requests counted, want all 501", n)
	}
}

func TestLabelValuesAreBounded(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, hostile := range []string{
		"bad UTF-8 \xff", strings.Repeat("long", 1000), "other", "line\nbreak", `quote " and \`, "\x00",
	} {
		for _, op := range []middleware.Op{
			middleware.OpAuthenticate, middleware.OpVerify, middleware.OpAuthorize, middleware.OpFetch,
			middleware.OpIntrospect, middleware.OpReplay, middleware.OpSnapshot, "unheard_of", "",
		} {
			for _, keySet := range []string{"", hostile} {
				observe(t.Context(), middleware.Event{
					Op: op, Issuer: hostile, Route: hostile, Reason: middleware.Reason(hostile), Via: middleware.Via(hostile), KeySet: keySet,
				})
			}
		}
	}
	for i := range 3000 {
		observe(t.Context(), middleware.Event{Op: middleware.OpAuthorize, Route: fmt.Sprint(i)})
		observe(t.Context(), middleware.Event{Op: middleware.OpFetch, Issuer: fmt.Sprint(i), Keys: i})
		observe(t.Context(), middleware.Event{Op: middleware.OpFetch, Issuer: fmt.Sprint(i), KeySet: fmt.Sprint("of ", i), Keys: i})
		observe(t.Context(), middleware.Event{Op: middleware.OpIntrospect, Issuer: fmt.Sprint(i), Reason: middleware.ReasonBreakerOpen})
	}
	for label, most := range map[string]int{"issuer": 101, "key_set": 102, "route": 1001, "reason": 2, "via": 1, "outcome": 5} {
		got := values(t, registry, label)
		if len(got) != most {
			t.Errorf("%d values of %s, want %d", len(got), label, most)
		}
		for _, v := range got {
			if len(v) > 1024 || !utf8.ValidString(v) {
				t.Errorf("%s has the value %q", label, v)
			}
		}
	}
	// A gauge that several issuers or key sets share would be that of whoever came last.
	families, _ := registry.Gather()
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetGauge() != nil && m.GetLabel()[len(m.GetLabel())-1].GetValue() == "other" {
				t.Errorf("%s is exported for other", f.GetName())
			}
		}
	}
}

func TestEveryReasonIsExportedUnderItsName(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range middleware.Reasons() {
		observe(t.Context(), middleware.Event{Op: middleware.OpAuthenticate, Reason: r})
		want = append(want, string(r))
	}
	slices.Sort(want)
	if got := values(t, registry, "reason"); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
