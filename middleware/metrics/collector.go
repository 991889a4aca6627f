package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/warder-go/warder/middleware"
)

// collector is all metrics as one prometheus.Collector, so that they are
// registered, and found again, together.
type collector struct {
	issuers *table[issuer]
	keySets *table[keySet]
	routes  *table[route]
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("warder_"+name, help, labels, nil)
}

// The families. docs/metrics.md describes each; a test compares.
var (
	requestsDesc = desc("requests_total",
		"Requests that a guard judged, by issuer of the token and reason; reason ok means admitted.",
		"issuer", "reason")
	decisionsDesc = desc("decision_duration_seconds",
		"Time that a guard took to judge a request, including fetches that it waited for.",
		"outcome")
	tokensDesc = desc("tokens_total",
		"Access tokens that a verifier judged, by issuer and by what the verdict came from.",
		"issuer", "via")
	authorizationsDesc = desc("authorizations_total",
		"Requirements judged, by pattern of the route and reason; reason ok means met.",
		"route", "reason")
	fetchesDesc = desc("key_fetches_total",
		"Attempts to fetch the keys of an issuer, by key set and outcome.",
		"issuer", "key_set", "outcome")
	fetchTimesDesc = desc("key_fetch_duration_seconds",
		"Time that an attempt to fetch keys took, metadata included.",
		"outcome")
	staleDesc = desc("stale_tokens_total",
		"Access tokens that were judged by stale keys, as their issuer did not answer.",
		"issuer")
	snapshotsDesc = desc("key_snapshots_total",
		"Times that a key set read a snapshot file that it may use (used), or could not use or write it (unusable).",
		"issuer", "key_set", "outcome")
	fetchedAtDesc = desc("key_fetch_last_success_timestamp_seconds",
		"Unix time of the last successful fetch of an issuer's keys; 0 if none succeeded yet.",
		"issuer", "key_set")
	introspectionsDesc = desc("introspections_total",
		"Introspections of access tokens, by issuer and reason; reason ok means answered.",
		"issuer", "reason")
	introspectionTimesDesc = desc("introspection_duration_seconds",
		"Time that an issuer took to answer an introspection, or that it took to fail.",
		"outcome")
	breakerDesc = desc("introspection_breaker_open",
		"Whether an issuer was spared the last introspection because it had not answered (1) or was asked (0).",
		"issuer")
	keysDesc = desc("keys",
		"Usable keys of an issuer, by key set; 0 when they are past MaxStale.",
		"issuer", "key_set")
	unusableKeysDesc = desc("unusable_keys",
		"Keys that an issuer publishes and that cannot be used; the log says of each which one and why.",
		"issuer", "key_set")
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		requestsDesc, decisionsDesc, tokensDesc, authorizationsDesc, fetchesDesc, fetchTimesDesc, fetchedAtDesc, keysDesc, unusableKeysDesc,
		staleDesc, snapshotsDesc, introspectionsDesc, introspectionTimesDesc, breakerDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. A series is exported from its
// first count on; most reasons never occur for most issuers.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		if n > 0 {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
		}
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	var accepted, refused, answered, failing, told, untold histogram
	now := time.Now()
	keys := func(k *keySet, issuer, name string, isOne bool) {
		restored := k.restored.Load()
		count(snapshotsDesc, restored, issuer, name, "used")
		count(snapshotsDesc, k.unusable.Load(), issuer, name, "unusable")
		fetched, failed := answered.add(&k.fetched), failing.add(&k.failed)
		count(fetchesDesc, fetched, issuer, name, "success")
		count(fetchesDesc, failed, issuer, name, "failure")
		if fetched+failed+restored > 0 && isOne { // a gauge of several sets would tell of none
			gauge(keysDesc, float64(k.usable(now)), issuer, name)
			gauge(unusableKeysDesc, float64(k.unusableKeys.Load()), issuer, name)
			gauge(fetchedAtDesc, float64(k.fetchedAt.Load())/1e9, issuer, name)
		}
	}
	for name, i := range c.issuers.all() {
		for reason := range i.requests {
			if t := i.requests[reason].Load(); t != nil {
				h := &refused
				if reasons[reason] == string(middleware.ReasonOK) {
					h = &accepted
				}
				count(requestsDesc, h.add(t), name, reasons[reason])
			}
		}
		for via := range i.tokens {
			count(tokensDesc, i.tokens[via].Load(), name, vias[via])
		}
		count(staleDesc, i.stale.Load(), name)
		keys(&i.unnamed, name, "", name != "" && name != other)
		introspections := uint64(0)
		for reason := range i.introspections {
			if t := i.introspections[reason].Load(); t != nil {
				n := histogramOf(reasons[reason], &told, &untold).add(t)
				count(introspectionsDesc, n, name, reasons[reason])
				introspections += n
			}
		}
		if introspections > 0 && name != other { // a gauge of several issuers would tell of none
			open := 0.0
			if i.breakerOpen.Load() {
				open = 1
			}
			gauge(breakerDesc, open, name)
		}
	}
	for name, k := range c.keySets.all() {
		switch of := k.issuer.Load(); {
		case of != nil:
			keys(k, *of, name, true)
		case name == other:
			keys(k, other, other, false)
		default: // a series without an issuer would stay when the set gets one
			answered.add(&k.fetched)
			failing.add(&k.failed)
		}
	}
	for name, r := range c.routes.all() {
		for reason := range r.authorizations {
			count(authorizationsDesc, r.authorizations[reason].Load(), name, reasons[reason])
		}
	}
	ch <- accepted.metric(decisionsDesc, "accepted")
	ch <- refused.metric(decisionsDesc, "refused")
	ch <- answered.metric(fetchTimesDesc, "success")
	ch <- failing.metric(fetchTimesDesc, "failure")
	ch <- told.metric(introspectionTimesDesc, "success")
	ch <- untold.metric(introspectionTimesDesc, "failure")
}

// histogramOf returns where introspections with this reason belong. Those that
// were not made took no time that would tell of an issuer: theirs is thrown away.
func histogramOf(reason string, told, untold *histogram) *histogram {
	switch middleware.Reason(reason) {
	case middleware.ReasonOK:
		return told
	case middleware.ReasonBreakerOpen, middleware.ReasonTooManyCalls:
		return new(histogram)
	}
	return untold
}
