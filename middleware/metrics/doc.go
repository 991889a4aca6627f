// Package metrics counts for Prometheus what guards decide, what key sets
// fetch and what issuers are asked about tokens.
//
//	observe, err := metrics.New(prometheus.DefaultRegisterer)
//	...
//	guard := middleware.New(verifier, &middleware.Options{Observe: observe})
//
// Give the same Observer to jwks.RemoteOptions, so that fetches that no
// request asked for are counted too. docs/metrics.md describes every metric,
// with queries and alerts; docs/reasons.md describes every value of reason.
//
// Keys that cannot be used have a gauge, warder_unusable_keys.
//
// Every family reads one [middleware.Op], so nothing counts twice. No label
// value can be chosen by a client: issuers and routes are configured values,
// the other labels have closed sets. Should a custom Verifier report what
// clients send, the number of label values is bounded all the same: whatever
// comes after 100 issuers or 1000 routes is counted as "other".
package metrics
