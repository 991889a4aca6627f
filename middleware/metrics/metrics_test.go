package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
	"github.com/warder-go/warder/scopes"
)

const (
	issuer = "https://as.example/t1"
	keySet = "https://as.example/t1/keys"
)

// verify judges tokens by their text and reports as a Verifier should. The
// issuer it reports is configured, except for a token that asks for another.
func verify(ctx context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	e := middleware.Event{Op: middleware.OpVerify, Issuer: issuer, Reason: middleware.ReasonOK, Via: middleware.ViaSignature}
	defer func() { middleware.Observe(ctx, e) }()
	refused := func(r middleware.Reason) (*middleware.Token, error) {
		e.Reason = r
		return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: r}
	}
	switch {
	case token == "good":
		return &middleware.Token{Issuer: issuer, Scopes: []string{"read"}}, nil
	case token == "cached":
		e.Via, e.Stale = middleware.ViaCache, true
		return &middleware.Token{Issuer: issuer, Scopes: []string{"read", "write"}}, nil
	case token == "forged":
		return refused(middleware.ReasonBadSignature)
	case token == "expired":
		e.Via = ""
		return refused(middleware.ReasonExpired)
	case token == "opaque":
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpIntrospect, Issuer: issuer, Reason: middleware.ReasonOK})
		e.Via = middleware.ViaIntrospection
		return &middleware.Token{Issuer: issuer}, nil
	case token == "odd":
		e.Via = "guesswork"
		return refused("it_felt_wrong")
	case token == "down":
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpFetch, Issuer: issuer, KeySet: keySet, Reason: middleware.ReasonKeysUnavailable})
		middleware.Observe(ctx, middleware.Event{Op: middleware.OpSnapshot, Issuer: issuer, KeySet: keySet, Reason: middleware.ReasonOK, Keys: 1})
		e.Reason = middleware.ReasonKeysUnavailable
		return nil, &middleware.Error{Reason: middleware.ReasonKeysUnavailable}
	case strings.HasPrefix(token, "mistake-"):
		// What no Verifier may do: report what the client sent.
		e.Issuer = token
		return &middleware.Token{Issuer: token}, nil
	}
	e.Issuer = ""
	return refused(middleware.ReasonMalformedToken)
}

// api is a guarded server whose guard reports to a new registry.
func api(t testing.TB) (*prometheus.Registry, http.Handler) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", scopes.Require("read")(ok))
	mux.Handle("POST /notes", scopes.Require("write")(ok))
	return registry, middleware.New(middleware.VerifierFunc(verify), &middleware.Options{Observe: observe}).Handler(mux)
}

// What some timings make together is not a time.Duration: it may be longer than
// one can hold.
func TestTheSumOfDurationsDoesNotOverflow(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []middleware.Reason{middleware.ReasonExpired, middleware.ReasonExpired, middleware.ReasonNoToken} {
		observe(t.Context(), middleware.Event{Op: middleware.OpAuthenticate, Reason: reason, Duration: math.MaxInt64})
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var sums []float64
	for _, f := range families {
		if f.GetName() != "warder_decision_duration_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			sums = append(sums, m.GetHistogram().GetSampleSum())
		}
	}
	const want = 3 * float64(math.MaxInt64) / 1e9
	if len(sums) != 2 || math.Abs(sums[0]+sums[1]-want) > 1 {
		t.Errorf("sums %v, want %v together", sums, want)
	}
}

func send(h http.Handler, method, path, token string) int {
	r := httptest.NewRequest(method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestEveryRequestCountsOnceInEachFamily(t *testing.T) {
	registry, h := api(t)
	server := httptest.NewServer(h)
	defer server.Close()
	for _, row := range []struct {
		method, path, token string
		status              int
	}{
		{"GET", "/notes/1", "good", 200},
		{"GET", "/notes/2", "good", 200},
		{"GET", "/notes/3", "cached", 200},
		{"POST", "/notes", "cached", 200},
		{"POST", "/notes", "good", 403},
		{"GET", "/notes/1", "", 401},
		{"GET", "/notes/1", "garbage", 401},
		{"GET", "/notes/1", "expired", 401},
		{"GET", "/notes/1", "forged", 401},
		{"GET", "/notes/1", "forged", 401},
		{"GET", "/notes/1", "odd", 401},
		{"GET", "/notes/1", "down", 503},
		{"GET", "/notes/1", "a=b", 400},
	} {
		r, err := http.NewRequest(row.method, server.URL+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if row.token != "" {
			r.Header.Set("Authorization", "Bearer "+row.token)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != row.status {
			t.Errorf("%s %s with %q: status %d, want %d", row.method, row.path, row.token, response.StatusCode, row.status)
		}
	}
	const want = `
# HELP warder_authorizations_total Requirements judged, by pattern of the route and reason; reason ok means met.
# TYPE warder_authorizations_total counter
warder_authorizations_total{reason="insufficient_scope",route="POST /notes"} 1
warder_authorizations_total{reason="ok",route="GET /notes/{id}"} 3
warder_authorizations_total{reason="ok",route="POST /notes"} 1
# HELP warder_key_fetches_total Attempts to fetch the keys of an issuer, by key set and outcome.
# TYPE warder_key_fetches_total counter
warder_key_fetches_total{issuer="https://as.example/t1",key_set="https://as.example/t1/keys",outcome="failure"} 1
# HELP warder_requests_total Requests that a guard judged, by issuer of the token and reason; reason ok means admitted.
# TYPE warder_requests_total counter
warder_requests_total{issuer="",reason="malformed_request"} 1
warder_requests_total{issuer="",reason="malformed_token"} 1
warder_requests_total{issuer="",reason="no_token"} 1
warder_requests_total{issuer="https://as.example/t1",reason="bad_signature"} 2
warder_requests_total{issuer="https://as.example/t1",reason="expired"} 1
warder_requests_total{issuer="https://as.example/t1",reason="keys_unavailable"} 1
warder_requests_total{issuer="https://as.example/t1",reason="ok"} 5
warder_requests_total{issuer="https://as.example/t1",reason="other"} 1
# HELP warder_tokens_total Access tokens that a verifier judged, by issuer and by what the verdict came from.
# TYPE warder_tokens_total counter
warder_tokens_total{issuer="",via="signature"} 1
warder_tokens_total{issuer="https://as.example/t1",via="cache"} 2
warder_tokens_total{issuer="https://as.example/t1",via="none"} 1
warder_tokens_total{issuer="https://as.example/t1",via="other"} 1
warder_tokens_total{issuer="https://as.example/t1",via="signature"} 6
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "warder_requests_total",
		"warder_tokens_total", "warder_authorizations_total", "warder_key_fetches_total"); err != nil {
		t.Error(err)
	}
	if accepted, refused := decisions(t, registry, "accepted"), decisions(t, registry, "refused"); accepted != 5 || refused != 8 {
		t.Errorf("%d accepted and %d refused decisions timed, want 5 and 8", accepted, refused)
	}
}

// decisions returns how many decisions with this outcome were timed.
func decisions(t *testing.T, g prometheus.Gatherer, outcome string) uint64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "warder_decision_duration_seconds" && m.GetLabel()[0].GetValue() == outcome {
				return m.GetHistogram().GetSampleCount()
			}
		}
	}
	t.Fatalf("no timed decisions with outcome %s", outcome)
	return 0
}

func TestDecisionsFallIntoTheBucketOfTheirDuration(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	observe, err := metrics.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{
		-time.Second, 0, 2 * time.Microsecond, // up to the first bound
		2*time.Microsecond + 1,
		40 * time.Microsecond,
		10 * time.Second,
		time.Minute, // beyond the last
	} {
		observe(t.Context(), middleware.Event{Op: middleware.OpAuthenticate, Reason: middleware.ReasonOK, Duration: d})
	}
	var b strings.Builder
	b.WriteString("# HELP warder_decision_duration_seconds Time that a guard took to judge a request, including fetches that it waited for.\n# TYPE warder_decision_duration_seconds histogram\n")
	for _, outcome := range []string{"accepted", "refused"} {
		for _, bucket := range []struct {
			le   string
			upTo int
		}{
			{"2e-06", 3}, {"5e-06", 4}, {"1e-05", 4}, {"2.5e-05", 4}, {"5e-05", 5}, {"0.0001", 5}, {"0.00025", 5},
			{"0.0005", 5}, {"0.001", 5}, {"0.005", 5}, {"0.025", 5}, {"0.1", 5}, {"0.5", 5}, {"1", 5}, {"2.5", 5},
			{"5", 5}, {"10", 6}, {"+Inf", 7},
		} {
			if outcome == "refused" {
				bucket.upTo = 0
			}
			fmt.Fprintf(&b, "warder_decision_duration_seconds_bucket{outcome=%q,le=%q} %d\n", outcome, bucket.le, bucket.upTo)
		}
		sum, count := "70.000044001", 7
		if outcome == "refused" {
			sum, count = "0", 0
		}
		fmt.Fprintf(&b, "warder_decision_duration_seconds_sum{outcome=%q} %s\nwarder_decision_duration_seconds_count{outcome=%q} %d\n", outcome, sum, outcome, count)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(b.String()), "warder_decision_duration_seconds"); err != nil {
		t.Error(err)
	}
}

func TestKeysAndTheTimeOfTheLastSuccessfulFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock starts at 946684800
		registry := prometheus.NewPedanticRegistry()
		observe, err := metrics.New(registry)
		if err != nil {
			t.Fatal(err)
		}
		const head = `
# HELP warder_key_fetch_last_success_timestamp_seconds Unix time of the last successful fetch of an issuer's keys; 0 if none succeeded yet.
# TYPE warder_key_fetch_last_success_timestamp_seconds gauge
warder_key_fetch_last_success_timestamp_seconds{issuer="https://as.example/t1",key_set="https://as.example/t1/keys"} %s
# HELP warder_key_fetches_total Attempts to fetch the keys of an issuer, by key set and outcome.
# TYPE warder_key_fetches_total counter
%s# HELP warder_keys Usable keys of an issuer, by key set; 0 when they are past MaxStale.
# TYPE warder_keys gauge
warder_keys{issuer="https://as.example/t1",key_set="https://as.example/t1/keys"} %d
`
		const failures = `warder_key_fetches_total{issuer="https://as.example/t1",key_set="https://as.example/t1/keys",outcome="failure"} `
		const successes = `warder_key_fetches_total{issuer="https://as.example/t1",key_set="https://as.example/t1/keys",outcome="success"} `
		for _, row := range []struct {
			name    string
			reason  middleware.Reason
			keys    int
			at      string
			fetches string
			want    int
		}{
			{"a first fetch that fails leaves the time at 0, so that an alert on its age fires", middleware.ReasonKeysUnavailable, 0, "0", failures + "1\n", 0},
			{"a fetch that succeeds is the last", middleware.ReasonOK, 3, "9.4668486e+08", failures + "1\n" + successes + "1\n", 3},
			{"one that fails later leaves keys and time", middleware.ReasonIssuerRefusedUs, 3, "9.4668486e+08", failures + "2\n" + successes + "1\n", 3},
		} {
			observe(t.Context(), middleware.Event{Op: middleware.OpFetch, Issuer: issuer, KeySet: keySet, Reason: row.reason, Keys: row.keys})
			want := fmt.Sprintf(head, row.at, row.fetches, row.want)
			if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "warder_keys",
				"warder_key_fetches_total", "warder_key_fetch_last_success_timestamp_seconds"); err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			<-time.After(time.Minute)
		}
	})
}

func TestAnObserverSharedByGuardsLosesNothing(t *testing.T) {
	registry, h := api(t)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 200 {
				send(h, "GET", "/notes/1", "good")
				send(h, "GET", "/notes/1", "forged")
			}
		})
	}
	for range 20 { // scrapes meanwhile
		if _, err := registry.Gather(); err != nil {
			t.Error(err)
		}
	}
	senders.Wait()
	if accepted, refused := decisions(t, registry, "accepted"), decisions(t, registry, "refused"); accepted != 1600 || refused != 1600 {
		t.Errorf("%d accepted and %d refused decisions, want 1600 each", accepted, refused)
	}
}

func TestRegisteringTwice(t *testing.T) {
	event := middleware.Event{Op: middleware.OpVerify, Issuer: issuer, Via: middleware.ViaCache}
	for _, row := range []struct {
		name string
		wrap func(prometheus.Registerer) prometheus.Registerer
	}{
		{"with one Registerer keeps the same metrics", func(r prometheus.Registerer) prometheus.Registerer { return r }},
		{"with one Registerer that adds labels keeps the same metrics", func(r prometheus.Registerer) prometheus.Registerer {
			return prometheus.WrapRegistererWith(prometheus.Labels{"zone": "a"}, r)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			for range 2 {
				observe, err := metrics.New(row.wrap(registry))
				if err != nil {
					t.Fatal(err)
				}
				observe(t.Context(), event)
			}
			if n, err := testutil.GatherAndCount(registry, "warder_tokens_total"); n != 1 || err != nil {
				t.Errorf("%d series, error %v", n, err)
			}
			families, _ := registry.Gather()
			for _, f := range families {
				if f.GetName() == "warder_tokens_total" && f.GetMetric()[0].GetCounter().GetValue() != 2 {
					t.Errorf("%v, want the events of both", f)
				}
			}
		})
	}
	t.Run("beside a foreign metric of the same name is an error and registers nothing", func(t *testing.T) {
		registry := prometheus.NewRegistry()
		registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "warder_keys", Help: "Somebody else's."}))
		observe, err := metrics.New(registry)
		if observe != nil || err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
			t.Errorf("error %v", err)
		}
		if families, _ := registry.Gather(); len(families) != 1 {
			t.Errorf("%d families", len(families))
		}
	})
	t.Run("without a Registerer is an error", func(t *testing.T) {
		if observe, err := metrics.New(nil); observe != nil || err == nil {
			t.Error("accepted")
		}
	})
	t.Run("with a Registerer that refuses everything is its error", func(t *testing.T) {
		if _, err := metrics.New(refusing{}); !errors.Is(err, errRefused) {
			t.Errorf("error %v", err)
		}
	})
}

var errRefused = errors.New("no more metrics here")

type refusing struct{ prometheus.Registerer }

func (refusing) Register(prometheus.Collector) error { return errRefused }

func TestNamesPassPromlint(t *testing.T) {
	problems, err := testutil.GatherAndLint(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// everything returns a registry in which every family has a series.
func everything(t *testing.T) *prometheus.Registry {
	registry, h := api(t)
	send(h, "GET", "/notes/1", "good")
	send(h, "GET", "/notes/1", "cached")
	send(h, "GET", "/notes/1", "down")
	send(h, "GET", "/notes/1", "opaque")
	return registry
}

// R9700-03: tokens reach no metric.
func TestNoMetricHoldsAnyPartOfAToken(t *testing.T) {
	const secret = "c2VjcmV0.c3RyYW5nZXI.Zm9yZ2Vk"
	registry, h := api(t)
	for _, token := range []string{secret, secret + "=x", strings.Repeat(secret, 1000)} {
		send(h, "GET", "/notes/"+token[:20], token)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for part := range strings.SplitSeq(secret, ".") {
			if strings.Contains(f.String(), part) {
				t.Errorf("%s holds a part of a token", f.GetName())
			}
		}
	}
}

func TestRequestEventsAllocateNothing(t *testing.T) {
	observe, err := metrics.New(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []middleware.Event{
		{Op: middleware.OpAuthenticate, Issuer: issuer, Reason: middleware.ReasonOK, Duration: time.Millisecond},
		{Op: middleware.OpAuthenticate, Reason: middleware.ReasonNoToken},
		{Op: middleware.OpAuthenticate, Issuer: issuer, Reason: "unheard_of"},
		{Op: middleware.OpVerify, Issuer: issuer, Via: middleware.ViaCache},
		{Op: middleware.OpVerify, Issuer: issuer, Via: middleware.ViaNegativeCache},
		{Op: middleware.OpVerify, Issuer: issuer, Via: middleware.ViaShared},
		{Op: middleware.OpAuthorize, Route: "GET /notes/{id}", Reason: middleware.ReasonInsufficientScope},
		{Op: middleware.OpIntrospect, Issuer: issuer, Reason: middleware.ReasonOK, Duration: time.Millisecond},
		{Op: middleware.OpIntrospect, Issuer: issuer, Reason: middleware.ReasonBreakerOpen},
	} {
		if n := testing.AllocsPerRun(100, func() { observe(context.Background(), e) }); n != 0 {
			t.Errorf("%s %s: %v allocations", e.Op, e.Reason, n)
		}
	}
}
