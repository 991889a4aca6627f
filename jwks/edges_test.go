package jwks_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// edgesRate is how many requests a second TestLaggingEdges makes: 10,000 take a minute.
var edgesRate = flag.Int("edges.rate", 200, "requests a second of TestLaggingEdges")

// edges are the servers of a network in front of an issuer: each answers with what it
// got from there, for a while, unless it is told to ask again.
type edges struct {
	lag time.Duration

	mu       sync.Mutex
	origin   []byte // the document as the issuer has it
	cached   []edge
	fetches  int
	served   map[string]bool // documents that went out
	lastOnes []string        // the fields of the last requests
}

type edge struct {
	document []byte
	at       time.Time
}

func newEdges(n int, lag time.Duration, published ...object) *edges {
	return &edges{lag: lag, origin: keySet(published...), cached: make([]edge, n), served: map[string]bool{}}
}

func (e *edges) publish(published ...object) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.origin = keySet(published...)
}

func (e *edges) hasServed(published ...object) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.served[string(keySet(published...))]
}

func (e *edges) RoundTrip(r *http.Request) (*http.Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fetches++
	e.lastOnes = append(e.lastOnes, r.Header.Get("Cache-Control"))
	here := &e.cached[rand.N(len(e.cached))]
	now := time.Now()
	if here.document == nil || r.Header.Get("Cache-Control") == "no-cache" || now.Sub(here.at) >= e.lag {
		*here = edge{e.origin, now}
	}
	e.served[string(here.document)] = true
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(e.lag/time.Second)))
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	w.Header().Set("Age", strconv.Itoa(int(now.Sub(here.at)/time.Second)))
	w.Write(here.document)
	return w.Result(), nil
}

// Edges that lag, a rotation and a withdrawal, and somebody who makes up kids: no good
// token is called invalid, and no key comes back that was seen to be gone.
func TestLaggingEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const minutes, lag = 10, time.Minute
		const rotated, withdrawn = 5*time.Minute + 10*time.Second, 7*time.Minute + 10*time.Second
		first, second := rs(), es()
		net := newEdges(8, lag, first.jwk(nil))
		set, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: &http.Client{Transport: net}})
		must(err)
		a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))
		old, young := first.token(nil), second.token(nil)

		const tick = 100 * time.Millisecond
		var refused, waited, good, hostile, after int
		for now := time.Duration(0); now < minutes*time.Minute; now += tick {
			switch now {
			case rotated:
				net.publish(first.jwk(nil), second.jwk(nil)) // and signs with it at once
			case withdrawn:
				net.publish(second.jwk(nil))
			}
			gone := net.hasServed(second.jwk(nil))
			for n := range *edgesRate / 10 {
				token := old
				if now >= rotated && n%2 == 1 || now >= withdrawn && n > 0 {
					token = young
				}
				got := a.get(token)
				good++
				switch {
				case token == old && gone:
					good, after = good-1, after+1
					if got == "OK" {
						t.Fatalf("after %v: a token of a key that was seen to be gone", now)
					}
				case token == old && now >= withdrawn: // gone, and nobody can know yet
				case strings.HasPrefix(got, "401"):
					refused++
				case got != "OK":
					waited++
				}
			}
			for n := range 10 { // a hundred a second
				hostile++
				a.wantsNoKey(t, unsigned(fmt.Sprint("made up ", now, n)))
			}
			time.Sleep(tick)
		}
		if refused != 0 {
			t.Errorf("%d good tokens are called invalid", refused)
		}
		// One that signs before anybody can know of it waits for a Cooldown at most.
		if most := *edgesRate / 2 * 31; waited > most {
			t.Errorf("%d good tokens were to come back, of %d", waited, good)
		}
		if most := minutes*60/30 + minutes*60/48 + 3; net.fetches > most {
			t.Errorf("%d fetches, at most %d are documented", net.fetches, most)
		}
		if after == 0 {
			t.Error("the withdrawal was never seen")
		}
		t.Logf("%d good requests, 0 invalid, %d to come back; %d hostile; %d with a withdrawn key, 0 accepted; %d fetches", good, waited, hostile, after, net.fetches)
	})
}

// Of two answers the later one counts, whichever comes first.
func TestTheLaterAnswerCounts(t *testing.T) {
	at := func(document []byte, date time.Time, age int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if !date.IsZero() {
				w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
			}
			if age > 0 {
				w.Header().Set("Age", strconv.Itoa(age))
			}
			w.Write(document)
		}
	}
	before, now := keySet(rs().jwk(nil)), keySet(es().jwk(nil))
	for name, row := range map[string]struct {
		then func(t0 time.Time) http.HandlerFunc // the answer after the one with the new key
		want string                              // of the new key
	}{
		"an older one, by Date":            {func(t0 time.Time) http.HandlerFunc { return at(before, t0.Add(-time.Minute), 0) }, "OK"},
		"an older one, by Age":             {func(t0 time.Time) http.HandlerFunc { return at(before, t0.Add(10*time.Minute), 3600) }, "OK"},
		"a later one":                      {func(t0 time.Time) http.HandlerFunc { return at(before, t0.Add(time.Minute), 0) }, "401-T unknown_key"},
		"one of the same second":           {func(t0 time.Time) http.HandlerFunc { return at(before, t0, 0) }, "401-T unknown_key"},
		"one that does not say":            {func(time.Time) http.HandlerFunc { return at(before, time.Time{}, 0) }, "401-T unknown_key"},
		"one of a clock that is far ahead": {func(t0 time.Time) http.HandlerFunc { return at(before, t0.Add(1000*time.Hour), 0) }, "401-T unknown_key"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				t0 := time.Now()
				s.serve(keysURL, at(now, t0, 0))
				p := started(t, s, false, jwks.RemoteOptions{})
				p.wants(t, es().token(nil), "OK")
				time.Sleep(6 * time.Minute)
				s.serve(keysURL, row.then(t0))
				if err := p.keys.Refresh(t.Context()); (err != nil) != (row.want == "OK") {
					t.Errorf("Refresh says %v", err)
				}
				p.wants(t, es().token(nil), row.want)
				if row.want != "OK" {
					return
				}
				if got := p.get(rs().token(nil)); got == "OK" {
					t.Error("a withdrawn key is back")
				}
				count := s.count(keysURL)
				for range 60 {
					time.Sleep(time.Second)
					p.wants(t, es().token(nil), "OK")
				}
				synctest.Wait()
				if n := s.count(keysURL) - count; n > 7 { // they count as failures, and back off
					t.Errorf("%d fetches in the next minute", n)
				}
				// A clock that was ahead once does not keep what comes later out.
				s.serve(keysURL, at(keySet(es().jwk(nil), other().jwk(nil)), time.Now(), 0))
				time.Sleep(time.Minute)
				p.wants(t, other().token(nil), "OK")
			})
		})
	}
	t.Run("older ones alone, as of a clock that was set back: they count after WaitAfter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			back := func(published ...object) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					at(keySet(published...), time.Now().Add(-3*time.Hour), 0)(w, r)
				}
			}
			s.serve(keysURL, at(keySet(rs().jwk(nil)), time.Now(), 0))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			synctest.Wait()
			s.serve(keysURL, back(es().jwk(nil)))
			time.Sleep(14 * time.Minute)
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(3 * time.Minute)
			p.wants(t, es().token(nil), "OK")
			p.wants(t, rs().token(nil), "401-T")
		})
	})
	t.Run("a cache that keeps the Date of the issuer, as it should, and says its Age", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			cached := func(published ...object) http.HandlerFunc {
				made := time.Now()
				return func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Cache-Control", "max-age=86400")
					at(keySet(published...), made, int(time.Since(made)/time.Second))(w, r)
				}
			}
			s.serve(keysURL, cached(rs().jwk(nil)))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(40 * time.Second)
			s.serve(keysURL, cached(rs().jwk(nil), es().jwk(nil)))
			time.Sleep(30 * time.Minute)
			p.wants(t, es().token(nil), "OK")
			before := s.count(keysURL)
			p.keptFresh(t)
			time.Sleep(3 * time.Hour)
			if n := s.count(keysURL) - before; n > 5 {
				t.Errorf("%d fetches in three hours", n)
			}
		})
	})
	t.Run("one of a clock that is far ahead, and then one that is right", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, at(before, time.Now().Add(1000*time.Hour), 0))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(time.Minute)
			s.serve(keysURL, at(now, time.Now(), 0))
			p.wants(t, es().token(nil), "OK")
		})
	})
}

// Who misses a key asks past caches; who only keeps keys fresh does not.
func TestWhoAsksPastCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newEdges(1, time.Minute, rs().jwk(nil))
		set, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: &http.Client{Transport: net}})
		must(err)
		a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))
		a.wants(t, rs().token(nil), "OK") // the first fetch: there is nothing to compare with
		time.Sleep(2 * time.Minute)
		a.wants(t, rs().token(nil), "OK") // by age, in the background
		synctest.Wait()
		a.wants(t, other().token(nil), "401-T unknown_key")
		must(set.Refresh(t.Context()))
		if got := strings.Join(net.lastOnes, ","); got != "no-cache,,no-cache,no-cache" {
			t.Errorf("Cache-Control: %s", got)
		}
	})
}

// Keys that moved, and left the old ones where they were, are found by the first token
// that misses one. Strangers can make us look once a minute.
func TestKeysThatMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(rs().jwk(nil))
		p := started(t, s, true, jwks.RemoteOptions{})
		p.wants(t, rs().token(nil), "OK")
		const moved = "https://as.example/moved"
		s.serve(moved, document(keySet(es().jwk(nil))))
		s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": moved})))
		time.Sleep(10 * time.Minute)
		p.wants(t, es().token(nil), "OK")
		p.wants(t, rs().token(nil), "401-T")
		before := s.count(rfcURL)
		for n := range 600 {
			p.wantsNoKey(t, es().tokenAs(object{"kid": fmt.Sprint("made up ", n)}, nil))
			time.Sleep(time.Second)
		}
		if n := s.count(rfcURL) - before; n > 11 {
			t.Errorf("metadata was read %d times in ten minutes", n)
		}
	})
}

// A kid that nobody has looked for is not invalid; what is remembered of kids is bounded.
func TestNotLookedForIsNotInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(rs().jwk(nil))
		p := started(t, s, false, jwks.RemoteOptions{})
		p.wants(t, rs().token(nil), "OK")
		named := func(kid string) string { return es().tokenAs(object{"kid": kid}, nil) }
		p.wants(t, named("first"), "401-T unknown_key") // looked for by this request
		p.wants(t, named("first"), "401-T unknown_key")
		time.Sleep(10 * time.Second)
		p.wants(t, named("second"), "503-U cooldown")
		if after := p.answer(named("second")).Get("Retry-After"); after != "20" {
			t.Errorf("Retry-After %s, and 20 s are left of the Cooldown", after)
		}
		time.Sleep(20 * time.Second)
		p.wants(t, named("third"), "401-T unknown_key") // looked for, and the second with it
		p.wants(t, named("second"), "401-T unknown_key")
		time.Sleep(time.Second)
		p.wants(t, named("fourth"), "503-U cooldown")

		// A token that is bad whatever its key is not told to come back.
		p.wants(t, es().tokenAs(object{"kid": "fifth"}, object{"aud": "x"}), "401-T wrong_audience")
		p.wants(t, es().tokenAs(object{"kid": "fifth"}, object{"exp": 1}), "401-T expired")
		p.wants(t, es().tokenAs(object{"kid": "fifth"}, object{"iss": "https://x.example"}), "401-T unknown_issuer")

		// Who makes up many takes the benefit, and nothing else.
		for n := range 2000 {
			p.wants(t, named(fmt.Sprint("made up ", n)), "503-U cooldown")
		}
		p.wants(t, named("second"), "503-U cooldown")
		p.wants(t, rs().token(nil), "OK")
		s.serve(keysURL, document(keySet(rs().jwk(nil), es().jwk(object{"kid": "fourth"}))))
		time.Sleep(30 * time.Second)
		p.wants(t, named("fourth"), "OK")
	})
}

// An issuer that restarts with a new key under the old ID costs half a minute.
func TestTheSameKidForAnotherKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		again := other()
		again.kid = "rs"
		s := newServer(rs().jwk(nil), ed().jwk(nil))
		p := started(t, s, false, jwks.RemoteOptions{})
		p.wants(t, ed().token(nil), "OK")
		p.wants(t, again.token(nil), "401-T bad_signature") // the look of this Cooldown
		s.serve(keysURL, document(keySet(again.jwk(nil), ed().jwk(nil))))
		time.Sleep(29 * time.Second)
		p.wants(t, again.token(nil), "401-T bad_signature")
		time.Sleep(time.Second)
		p.wants(t, again.token(nil), "OK")
		p.wants(t, rs().token(nil), "401-T bad_signature")

		// Forgeries make us look once a Cooldown, and good tokens never wait.
		before := s.count(keysURL)
		for n := range 300 {
			p.wants(t, rs().token(object{"jti": fmt.Sprint(n)}), "401-T bad_signature")
			if d := took(func() { p.wants(t, ed().token(nil), "OK") }); d != 0 {
				t.Errorf("a good token waits %v", d)
			}
			time.Sleep(time.Second)
		}
		if n := s.count(keysURL) - before; n > 11 {
			t.Errorf("%d fetches in 300 s", n)
		}
		// An issuer that is down makes no forgery a 503.
		s.serve(keysURL, status(500))
		time.Sleep(31 * time.Second)
		for range 10 {
			p.wants(t, rs().token(nil), "401-T bad_signature")
			p.wants(t, ed().token(nil), "OK")
			time.Sleep(10 * time.Second)
		}
	})
}

// An issuer that says when to come back with a 503 is heeded, as with a 429.
func TestRetryAfterOfA503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(rs().jwk(nil))
		s.serve(keysURL, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		p := started(t, s, false, jwks.RemoteOptions{})
		for range 39 {
			p.wants(t, rs().token(nil), "503-U keys_unavailable")
			time.Sleep(time.Second)
		}
		if n := s.count(keysURL); n != 1 {
			t.Errorf("%d fetches in 39 s", n)
		}
		s.serve(keysURL, document(keySet(rs().jwk(nil))))
		time.Sleep(time.Second)
		p.wants(t, rs().token(nil), "OK")
	})
}

// answer returns the fields that a token is answered with.
func (a api) answer(token string) http.Header {
	r := httptest.NewRequest("GET", "/api/r", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	_, answer := a.do(r)
	return answer.Header
}
