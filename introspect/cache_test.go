package introspect_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// step is what a client gets so long after the first request, and how often
// the issuer has been asked by then.
type step struct {
	at    time.Duration
	token string
	want  string
	calls int
}

// walk goes through steps in fake time.
func (a api) walk(t *testing.T, s *server, steps []step) {
	t.Helper()
	began := time.Now()
	for _, step := range steps {
		time.Sleep(step.at - time.Since(began))
		if got, n := a.get(step.token).String(), s.count(); got != step.want || n != step.calls {
			t.Errorf("%s after %v: got %s and %d calls, want %s and %d", step.token, step.at, got, n, step.want, step.calls)
		}
	}
}

func TestHowLongAnswersAreUsed(t *testing.T) {
	const s = time.Second
	for name, row := range map[string]struct {
		exp    time.Duration // 0: none
		change func(*introspect.Config)
		steps  []step
	}{
		"R7662-09: 30 s": {time.Hour, nil, []step{
			{0, "good", ok, 1}, {0, "good", ok, 1}, {30*s - 1, "good", ok, 1}, {30 * s, "good", ok, 2}, {59 * s, "good", ok, 2},
		}},
		"R7662-09: 30 s, without exp": {0, nil, []step{{0, "good", ok, 1}, {29 * s, "good", ok, 1}, {30 * s, "good", ok, 2}}},
		"R7662-09: CacheTTL": {time.Hour, func(c *introspect.Config) { c.CacheTTL = 5 * s }, []step{
			{0, "good", ok, 1}, {5*s - 1, "good", ok, 1}, {5 * s, "good", ok, 2},
		}},
		"R7662-09: off by CacheTTL": {time.Hour, func(c *introspect.Config) { c.CacheTTL = -1 }, []step{
			{0, "good", ok, 1}, {0, "good", ok, 2}, {0, "bad", notActive, 3}, {0, "bad", notActive, 3},
		}},
		"R7662-09: off by CacheSize": {time.Hour, func(c *introspect.Config) { c.CacheSize = -1 }, []step{
			{0, "good", ok, 1}, {0, "good", ok, 2},
		}},
		"R7662-09: bounded by CacheSize": {time.Hour, func(c *introspect.Config) { c.CacheSize = 2 }, []step{
			{0, "good", ok, 1}, {0, "good-2", ok, 2}, {0, "good-3", ok, 3}, {0, "good-3", ok, 3}, {0, "good-2", ok, 3}, {0, "good", ok, 4},
		}},
		"R7662-08: never past exp": {2 * s, nil, []step{
			{0, "good", ok, 1}, {2*s - 1, "good", ok, 1}, {2 * s, "good", ok, 2}, {3 * s, "good", ok, 3},
		}},
		"R7662-08: never past exp, whatever CacheTTL": {2 * s, func(c *introspect.Config) { c.CacheTTL = time.Minute; c.ClockSkew = -1 }, []step{
			{0, "good", ok, 1}, {1 * s, "good", ok, 1}, {3 * s, "good", "401-T expired", 2},
		}},
		"R7662-10: inactive, 10 s": {time.Hour, nil, []step{
			{0, "bad", notActive, 1}, {10*s - 1, "bad", notActive, 1}, {10 * s, "bad", notActive, 2},
		}},
		"R7662-10: NegativeTTL": {time.Hour, func(c *introspect.Config) { c.NegativeTTL = 3 * s }, []step{
			{0, "bad", notActive, 1}, {3*s - 1, "bad", notActive, 1}, {3 * s, "bad", notActive, 2},
		}},
		"R7662-10: off": {time.Hour, func(c *introspect.Config) { c.NegativeTTL = -1 }, []step{
			{0, "bad", notActive, 1}, {0, "bad", notActive, 2}, {0, "good", ok, 3}, {0, "good", ok, 3},
		}},
		"active for others, as if inactive": {time.Hour, nil, []step{
			{0, "foreign", "401-T wrong_audience", 1}, {10*s - 1, "foreign", "401-T wrong_audience", 1}, {10 * s, "foreign", "401-T wrong_audience", 2},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var exp any
				if row.exp != 0 {
					exp = in(row.exp)
				}
				good := active(object{"exp": exp})
				s := newServer(knows(map[string]string{
					"good": good, "good-2": good, "good-3": good, "foreign": active(object{"aud": "x"}),
				}))
				guarding(t, s, row.change).walk(t, s, row.steps)
			})
		})
	}
}

// R7662-09: what is revoked at the issuer is refused within CacheTTL, and what
// was inactive comes back within NegativeTTL.
func TestRevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := active(nil)
		s := newServer(says(good))
		a := guarding(t, s, nil)
		a.walk(t, s, []step{{0, "x", ok, 1}})
		s.serve(endpoint, says(inactive))
		a.walk(t, s, []step{{29 * time.Second, "x", ok, 1}, {30 * time.Second, "x", notActive, 2}})
		s.serve(endpoint, says(good))
		a.walk(t, s, []step{{9 * time.Second, "x", notActive, 2}, {10 * time.Second, "x", ok, 3}, {11 * time.Second, "x", ok, 3}})
	})
}

// What is remembered are facts: each route judges the scope.
func TestFactsAreRememberedNotDecisions(t *testing.T) {
	s := newServer(says(active(nil)))
	a := guarding(t, s, nil)
	a.with(t.Context(), "/api/r", "x").is(t, ok)
	a.with(t.Context(), "/api/w", "x").is(t, "403-S insufficient_scope")
	a.with(t.Context(), "/api/r", "x").is(t, ok)
	if n := s.count(); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// R7662-06: nbf is judged on every hit, as everything is.
func TestWhatIsRememberedIsJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(says(active(object{"nbf": in(33 * time.Second)})))
		guarding(t, s, nil).walk(t, s, []step{
			{0, "x", "401-T not_yet_valid", 1}, {2 * time.Second, "x", "401-T not_yet_valid", 1}, {3 * time.Second, "x", ok, 1},
		})
	})
}

// Two Verifiers of one issuer share nothing, and each judges for itself.
func TestVerifiersDoNotShare(t *testing.T) {
	s := newServer(says(active(nil)))
	ours := guarding(t, s, nil)
	theirs := guarding(t, s, func(c *introspect.Config) { c.Audience = []string{"https://other.example"} })
	for range 2 {
		ours.get("x").is(t, ok)
		theirs.get("x").is(t, "401-T wrong_audience")
	}
	if n := s.count(); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// Whoever changes a Token, though nobody may, does not change who is accepted.
func TestAChangedTokenChangesNoAudience(t *testing.T) {
	s := newServer(knows(map[string]string{"ours": active(nil), "theirs": active(object{"aud": "https://other.example"})}))
	v := verifier(t, s, nil)
	got, err := v.Verify(t.Context(), "ours", nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Audience[0] = "https://other.example"
	newAPI(v).get("theirs").is(t, "401-T wrong_audience")
}

// Junk cannot evict good tokens: neither made-up tokens nor good ones for
// somebody else.
func TestJunkDoesNotEvict(t *testing.T) {
	tokens := map[string]string{}
	for n := range 50 {
		tokens[fmt.Sprint("good-", n)] = active(nil)
	}
	for n := range 1500 {
		tokens[fmt.Sprint("foreign-", n)] = active(object{"aud": "x"})
	}
	s := newServer(knows(tokens))
	a := guarding(t, s, func(c *introspect.Config) { c.CacheSize = 50 })
	good := func() {
		for n := range 50 {
			a.get(fmt.Sprint("good-", n)).is(t, ok)
		}
	}
	good()
	for n := range 1500 {
		a.get(fmt.Sprint("junk-", n)).is(t, notActive)
		a.get(fmt.Sprint("foreign-", n)).is(t, "401-T wrong_audience")
	}
	before := s.count()
	good()
	if n := s.count() - before; n != 0 {
		t.Errorf("%d good tokens were forgotten", n)
	}
	a.get("junk-0").is(t, notActive)
	if n := s.count() - before; n != 1 {
		t.Error("all the junk is remembered")
	}
}

// 10,000 requests with 100 tokens in a minute: two calls for each token.
func TestCallsUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := map[string]string{}
		for n := range 100 {
			tokens[fmt.Sprint("token-", n)] = active(nil)
		}
		s := newServer(knows(tokens))
		a := guarding(t, s, nil)
		var wrong atomic.Int32
		var all sync.WaitGroup
		for worker := range 20 {
			all.Go(func() {
				time.Sleep(time.Duration(worker) * time.Millisecond)
				for n := range 500 { // 120 ms apart, so that the last is within the minute
					if a.get(fmt.Sprint("token-", (n*20+worker)%100)).String() != ok {
						wrong.Add(1)
					}
					if n < 499 {
						time.Sleep(119 * time.Millisecond)
					}
				}
			})
		}
		began := time.Now()
		all.Wait()
		if took := time.Since(began); took > time.Minute || took < 58*time.Second {
			t.Fatalf("it took %v", took)
		}
		if n := s.count(); n > 200 || wrong.Load() != 0 {
			t.Errorf("%d calls, %d wrong answers", n, wrong.Load())
		}
	})
}
