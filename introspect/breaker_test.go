package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

const breakerOpen = "503-U breaker_open"

// ask gets n tokens that nobody asked for before, and returns the answers.
func (a api) ask(n int) []answer {
	answers := make([]answer, n)
	for i := range answers {
		answers[i] = a.get(fmt.Sprintf("token-%d-%d", time.Now().UnixNano(), i))
	}
	return answers
}

// Five failures in a row that are about the issuer or us open the breaker:
// then nobody is asked.
func TestWhatOpensTheBreaker(t *testing.T) {
	for name, row := range map[string]struct {
		reply
		want string
	}{
		"a connection refused":               {refused, unavailable},
		"a connection that breaks":           {broken, unavailable},
		"no answer in time":                  {hang, unavailable},
		"a transport that panics":            {func(*http.Request) (*http.Response, error) { panic("x") }, unavailable},
		"status 429":                         {status(429), unavailable},
		"status 429, to be tried again soon": {status(429, "Retry-After", "0"), unavailable},
		"status 502":                         {status(502), unavailable},
		"status 503":                         {status(503), unavailable},
		"status 503, to be tried again":      {status(503, "Retry-After", "3600"), unavailable},
		"status 504":                         {status(504), unavailable},
		"status 401 and invalid_client":      {coded(401, `{"error":"invalid_client"}`), "503-U issuer_refused_us"},
		"status 400 and invalid_client":      {coded(400, `{"error":"invalid_client"}`), "503-U issuer_refused_us"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(row.reply)
				a := guarding(t, s, nil)
				for _, got := range a.ask(5) {
					got.is(t, row.want)
				}
				synctest.Wait() // for the question about a token of our own
				if name == "no answer in time" {
					time.Sleep(2 * time.Second)
					synctest.Wait()
				}
				before := s.count()
				for _, got := range a.ask(20) {
					got.is(t, breakerOpen)
					if after := got.Header.Get("Retry-After"); after != "1" {
						t.Errorf("Retry-After %s", after)
					}
				}
				if n := s.count() - before; n != 0 {
					t.Errorf("%d calls though it is open", n)
				}
				s.serve(endpoint, says(active(nil)))
				time.Sleep(time.Second)
				for _, got := range a.ask(20) {
					got.is(t, ok)
				}
				time.Sleep(2 * time.Second) // it may hang
			})
		})
	}
}

// An answer to one token, of whatever kind, never opens it: strangers choose
// tokens.
func TestWhatNeverOpensTheBreaker(t *testing.T) {
	for name, row := range map[string]struct {
		reply
		want string
	}{
		"status 400":                {status(400), unavailable},
		"status 401, of the token":  {status(401), "503-U issuer_refused_us"},
		"status 403, of a firewall": {status(403), "503-U issuer_refused_us"},
		"status 404":                {status(404), unavailable},
		"status 413":                {status(413), unavailable},
		"status 500":                {status(500), unavailable},
		"status 501":                {status(501), unavailable},
		"status 204":                {status(204), unavailable},
		"a redirect":                {status(307, "Location", endpoint), unavailable},
		"nonsense":                  {says("?"), unavailable},
		"a web page":                {typed("text/html", "<p>"), unavailable},
		"too long an answer":        {says(fmt.Sprintf("%070000d", 0)), unavailable},
		"inactive":                  {says(inactive), notActive},
		"active for others":         {says(active(object{"aud": "x"})), "401-T wrong_audience"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(row.reply)
				a := guarding(t, s, nil)
				for _, got := range a.ask(30) {
					got.is(t, row.want)
				}
				if n := s.count(); n != 30 {
					t.Errorf("%d calls", n)
				}
				s.serve(endpoint, says(active(nil)))
				a.get("good").is(t, ok)
			})
		})
	}
}

// Not having credentials is our fault too, and spares the issuer nothing but
// the vault that they come from.
func TestMissingCredentialsOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, closed := 0, true
		s := newServer(says(active(nil)))
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.Bearer(func(context.Context) (string, error) {
				if asked++; closed {
					return "", errors.New("closed")
				}
				return "x", nil
			})
		})
		a.ask(5)
		synctest.Wait()
		a.ask(45)
		if asked != 5+1 || s.count() != 0 { // and once for a token of our own
			t.Errorf("the vault was asked %d times, the issuer %d", asked, s.count())
		}
		closed = false
		time.Sleep(time.Second)
		a.get("x").is(t, ok)
	})
}

func TestFailuresCountInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		a := guarding(t, s, nil)
		for range 5 {
			s.serve(endpoint, status(503))
			a.ask(4)
			s.serve(endpoint, status(500)) // an answer to one token
			a.ask(1)
		}
		if n := s.count(); n != 25 {
			t.Errorf("%d calls", n)
		}
	})
}

// While it is open, what is remembered is served.
func TestRememberedTokensWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(knows(map[string]string{"good": active(nil)}))
		a := guarding(t, s, nil)
		a.get("good").is(t, ok)
		a.get("bad").is(t, notActive)
		s.serve(endpoint, refused)
		a.ask(6)
		synctest.Wait()
		a.get("good").is(t, ok)
		a.get("bad").is(t, notActive)
		a.get("other").is(t, breakerOpen)
		time.Sleep(9 * time.Second)
		a.get("good").is(t, ok)
		time.Sleep(21 * time.Second)
		a.get("good").is(t, unavailable) // a probe
		a.get("good").is(t, breakerOpen)
	})
}

// One probe a second, and one at a time.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(status(503))
		a := guarding(t, s, nil)
		a.ask(5)
		synctest.Wait()
		for range 100 { // 10 s
			time.Sleep(100 * time.Millisecond)
			a.ask(3)
		}
		if n := s.count() - 5 - 1; n != 10 { // one is about a token of our own
			t.Errorf("%d probes in 10 s", n)
		}

		g := newGate(says(inactive))
		s.serve(endpoint, g.reply)
		time.Sleep(time.Second)
		var all sync.WaitGroup
		all.Go(func() { a.get("bad").is(t, notActive) })
		<-g.asked
		for _, got := range a.ask(10) {
			got.is(t, breakerOpen)
		}
		close(g.open)
		all.Wait()
		s.serve(endpoint, says(active(nil))) // any answer closes it
		for _, got := range a.ask(10) {
			got.is(t, ok)
		}
	})
}

// An open breaker is closed by the issuer's answer about a token of ours, whatever the
// token is for that somebody brings.
func TestProbesAreAboutATokenOfOurs(t *testing.T) {
	for name, row := range map[string]struct {
		junk  reply
		after string // what a good token gets while the other is asked about
	}{
		"held": {hang, ok},
		"cut":  {broken, ok},
		"503":  {status(503), ok},
		"429":  {status(429, "Retry-After", "30"), breakerOpen}, // and this one is the issuer's word
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(status(503))
				a := guarding(t, s, nil)
				a.ask(5)
				synctest.Wait()
				a.get("x").is(t, breakerOpen)
				s.serve(endpoint, func(r *http.Request) (*http.Response, error) {
					if r.PostFormValue("token") == "junk" {
						return row.junk(r)
					}
					return says(active(nil))(r)
				})
				time.Sleep(time.Second)
				before := s.count()
				var all sync.WaitGroup
				all.Go(func() { a.get("junk").is(t, unavailable) })
				synctest.Wait()
				for _, got := range a.ask(5) {
					got.is(t, row.after)
				}
				all.Wait()
				if token := s.seen(endpoint)[before].form.Get("token"); token == "junk" {
					t.Error("a stranger's token is the probe")
				}
			})
		})
	}
}

// An Observer that does not return, or panics, leaves the breaker as the issuer's
// answer about our own token has it.
func TestObserversOfProbes(t *testing.T) {
	for _, name := range []string{"hangs", "panics"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(func(r *http.Request) (*http.Response, error) {
					if !strings.HasPrefix(r.PostFormValue("token"), "token-") {
						time.Sleep(time.Second)
					}
					return status(503)(r)
				})
				var reports atomic.Int32
				release := make(chan struct{})
				defer close(release)
				a := newAPI(verifier(t, s, nil), middleware.Options{Observe: func(_ context.Context, e middleware.Event) {
					if e.Op != middleware.OpIntrospect {
						return
					}
					if reports.Add(1) != 6 { // the sixth is about a token of ours
						return
					}
					if name == "panics" {
						panic(name)
					}
					<-release
				}})
				a.ask(5)
				time.Sleep(1100 * time.Millisecond)
				a.ask(1)[0].is(t, breakerOpen)
			})
		})
	}
}

// A 429 that says when to come back is honoured, up to a minute.
func TestRetryAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		"60":                            time.Minute,
		"3600":                          time.Minute,
		"99999999999999999999":          time.Minute,
		"Sat, 01 Jan 2000 00:00:20 GMT": 20 * time.Second,
		"Sat, 01 Jan 2050 00:00:20 GMT": time.Minute,
	} {
		t.Run(said, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(status(429, "Retry-After", said))
				a := guarding(t, s, nil)
				got := a.get("x")
				got.is(t, unavailable)
				seconds := func(d time.Duration) string { return fmt.Sprint(int(d / time.Second)) }
				if after := got.Header.Get("Retry-After"); after != seconds(want) {
					t.Errorf("Retry-After %s", after)
				}
				s.serve(endpoint, says(active(nil)))
				time.Sleep(want - 3*time.Second - 1)
				got = a.get("x")
				got.is(t, breakerOpen)
				if after := got.Header.Get("Retry-After"); after != "4" {
					t.Errorf("Retry-After %s, 3 s before the end", after)
				}
				time.Sleep(3 * time.Second)
				a.get("x").is(t, breakerOpen)
				if n := s.count(); n != 1 {
					t.Errorf("%d calls", n)
				}
				time.Sleep(time.Nanosecond)
				a.get("x").is(t, ok)
			})
		})
	}
}

// Whatever strangers can make of an issuer that is well, good tokens are asked about,
// and the issuer is asked no more than once for each token and once a second for us.
func TestStrangersCannotHoldItOpen(t *testing.T) {
	for name, row := range map[string]struct {
		junk   reply
		change func(*introspect.Config)
	}{
		"an issuer that says 401 to tokens that it does not know": {junk: status(401)},
		"and 401 with a challenge":                                {junk: status(401, "WWW-Authenticate", `Basic realm="as"`)},
		"and 400":                                                 {junk: coded(400, `{"error":"invalid_request"}`)},
		"and 403":                                                 {junk: status(403)},
		"and 404":                                                 {junk: status(404)},
		"and 401, which is configured":                            {status(401), func(c *introspect.Config) { c.UnknownStatus = []int{401} }},
		"tokens whose connection something in front cuts":                     {junk: broken},
		"tokens that something in front refuses to connect":                   {junk: refused},
		"tokens that something in front answers 502":                          {junk: status(502)},
		"tokens that something in front answers 503, to be tried in a minute": {junk: status(503, "Retry-After", "60")},
		"tokens that something in front holds until we give up":               {junk: hang},
	} {
		for toOurs, unknown := range map[string]reply{"alone": says(inactive), "and one that we make up": row.junk} {
			strangersCannotHoldItOpen(t, name+", "+toOurs, row.junk, unknown, row.change)
		}
	}
}

func strangersCannotHoldItOpen(t *testing.T, name string, junk, unknown reply, change func(*introspect.Config)) {
	const hostile, minutes = 8, 10
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			known := says(active(nil))
			s := newServer(func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Millisecond)
				switch token := r.PostFormValue("token"); {
				case strings.HasPrefix(token, "good"):
					return known(r)
				case strings.HasPrefix(token, "junk"):
					return junk(r)
				}
				return unknown(r)
			})
			a := guarding(t, s, change)
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for sender := range hostile {
				all.Go(func() {
					time.Sleep(time.Duration(sender) * 60 * time.Millisecond)
					for n := 0; ctx.Err() == nil; n++ {
						if got := a.get(fmt.Sprint("junk-", sender, "-", n)); got.StatusCode == 200 {
							t.Error("a stranger is let in")
						}
						time.Sleep(500 * time.Millisecond)
					}
				})
			}
			for second := range minutes * 60 {
				a.get(fmt.Sprint("good-", second)).is(t, ok)
				time.Sleep(time.Second)
			}
			cancel()
			all.Wait()
			time.Sleep(5 * time.Second) // a question of ours may be held
			own, good := 0, map[string]bool{}
			for _, c := range s.seen(endpoint) {
				token := c.form.Get("token")
				if good[token] || !strings.HasPrefix(token, "good") && !strings.HasPrefix(token, "junk") {
					own++
				}
				if strings.HasPrefix(token, "good") {
					good[token] = true
				}
			}
			if own > minutes*60*11/10 {
				t.Errorf("%d questions of ours in %d minutes", own, minutes)
			}
		})
	})
}

// Something in front of the issuer fails on all tokens that the issuer does not know,
// ours too, and then the issuer is away for a moment. It comes back for those whose
// tokens are good, whether one was seen before or not.
func TestAFrontThatFailsOnWhatIsUnknown(t *testing.T) {
	for name, front := range map[string]reply{"cuts": broken, "503": status(503), "holds": hang} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", good tokens before: ", before), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var down atomic.Bool
					s := newServer(func(r *http.Request) (*http.Response, error) {
						switch {
						case down.Load():
							return status(503)(r)
						case strings.HasPrefix(r.PostFormValue("token"), "at_good"):
							return says(active(nil))(r)
						}
						return front(r)
					})
					a := guarding(t, s, func(c *introspect.Config) {
						c.Match = func(token string) bool { return strings.HasPrefix(token, "at_") }
					})
					n := 0
					good := func() answer { n++; return a.get(fmt.Sprint("at_good-", n)) }
					if before {
						good().is(t, ok)
					}
					down.Store(true)
					for range 20 {
						good()
						time.Sleep(150 * time.Millisecond)
					}
					good().is(t, breakerOpen)
					down.Store(false)
					// One of the next two probes is good for it, and ours may be held.
					refused := 0
					for range 100 {
						if good().StatusCode != 200 {
							refused++
						}
						time.Sleep(100 * time.Millisecond)
					}
					if refused > 45 {
						t.Errorf("%d of 100 good tokens are refused in 10 s after it is back", refused)
					}
					good().is(t, ok)
				})
			})
		}
	}
}

// What is answered while we ask a question of ours speaks for the issuer, however that
// question ends.
func TestAnswersWhileWeAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.PostFormValue("token"), "good") {
				return says(active(object{"aud": "x"}))(r) // for others: we do not know it
			}
			return hang(r)
		})
		a := guarding(t, s, nil)
		a.ask(5)
		synctest.Wait()
		a.get("good-1").is(t, "401-T wrong_audience")
		time.Sleep(3 * time.Second)
		for n := range 5 {
			a.get(fmt.Sprint("good-later-", n)).is(t, "401-T wrong_audience")
		}
	})
}

// What something in front of the issuer answers, a firewall say, is no sign of life of
// the issuer: strangers cannot keep an issuer that is down being asked.
func TestAFirewallIsNotTheIssuer(t *testing.T) {
	for name, row := range map[string]struct {
		down, front reply
		change      func(*introspect.Config)
	}{
		"hangs, 403":               {hang, status(403), nil},
		"hangs, 403 is configured": {hang, status(403), func(c *introspect.Config) { c.UnknownStatus = []int{403} }},
		"503, 403":                 {status(503), status(403), nil},
		"503, a web page":          {status(503), typed("text/html", "<p>"), nil},
	} {
		for _, every := range []int{1, 3, 5, 20} { // so many honest ones between attacks
			t.Run(fmt.Sprint(name, " to one in ", every), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var honest atomic.Int32
					s := newServer(func(r *http.Request) (*http.Response, error) {
						if strings.HasPrefix(r.PostFormValue("token"), "attack") {
							return row.front(r)
						}
						honest.Add(1)
						return row.down(r)
					})
					a := guarding(t, s, row.change)
					for n := range 1200 { // a minute
						go a.ask(1)
						time.Sleep(25 * time.Millisecond)
						if n%every == 0 {
							go a.get(fmt.Sprint("attack-", n))
						}
						time.Sleep(25 * time.Millisecond)
					}
					time.Sleep(5 * time.Second)
					// Until it opens, after 2 s of ours, whoever comes is asked about.
					if n := honest.Load(); n > 220 {
						t.Errorf("%d calls in a minute", n)
					}
				})
			})
		}
	}
}

// Who makes us know a token that begins to fail gains nothing by it where the issuer
// answers others.
func TestAKnownTokenThatBeginsToFail(t *testing.T) {
	for name, fails := range map[string]reply{"503": status(503), "held": hang} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var spoilt atomic.Bool
				s := newServer(func(r *http.Request) (*http.Response, error) {
					switch token := r.PostFormValue("token"); {
					case strings.HasPrefix(token, "junk"), token == "poison" && spoilt.Load():
						return fails(r)
					case strings.HasPrefix(token, "good"), token == "poison":
						return says(active(nil))(r)
					}
					return says(inactive)(r)
				})
				a := guarding(t, s, nil)
				for n := range 120 {
					spoilt.Store(false)
					a.get("poison")
					spoilt.Store(true)
					for i := range 6 {
						go a.get(fmt.Sprint("junk-", n, "-", i))
					}
					time.Sleep(4900 * time.Millisecond)
					a.get(fmt.Sprint("good-", n)).is(t, ok)
					time.Sleep(100 * time.Millisecond)
				}
				time.Sleep(5 * time.Second)
			})
		})
	}
}

// What the issuer says of when to come back is not cut short by a probe under way.
func TestRetryAfterDuringAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newServer(func(r *http.Request) (*http.Response, error) {
			switch token := r.PostFormValue("token"); {
			case token == "late":
				<-release
				return status(429, "Retry-After", "60")(r)
			case !strings.HasPrefix(token, "token-"):
				time.Sleep(time.Second)
			}
			return status(503)(r)
		})
		a := guarding(t, s, func(c *introspect.Config) { c.Timeout = 10 * time.Second })
		go a.get("late")
		synctest.Wait()
		a.ask(5)
		time.Sleep(2100 * time.Millisecond) // ours has failed, and it is time for a probe
		go a.ask(1)
		synctest.Wait()
		close(release)
		time.Sleep(10 * time.Second)
		before := s.count()
		a.ask(1)[0].is(t, breakerOpen)
		time.Sleep(40 * time.Second)
		a.ask(1)[0].is(t, breakerOpen)
		if n := s.count() - before; n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// The token that we ask about when in doubt is one that is still good.
func TestTheTokenThatWeKnow(t *testing.T) {
	inDoubt := func(t *testing.T, a api, s *server) string {
		s.serve(endpoint, status(503))
		a.ask(5)
		synctest.Wait()
		return s.seen(endpoint)[s.count()-2].form.Get("token") // the last is made up, if that is not
	}
	t.Run("the last", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(says(active(nil)))
			a := guarding(t, s, nil)
			a.get("first").is(t, ok)
			a.get("second").is(t, ok)
			if got := inDoubt(t, a, s); got != "second" {
				t.Errorf("asked about %q", got)
			}
		})
	})
	t.Run("not one that expires at once, nor is for others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(knows(map[string]string{
				"good":    active(object{"exp": in(time.Hour)}),
				"short":   active(object{"exp": in(time.Second)}),
				"expired": active(object{"exp": in(-time.Second)}),
				"foreign": active(object{"aud": "x", "exp": in(2 * time.Hour)}),
			}))
			a := guarding(t, s, nil)
			a.get("good").is(t, ok)
			a.get("short").is(t, ok)
			a.get("expired").is(t, ok) // within ClockSkew
			a.get("foreign").is(t, "401-T wrong_audience")
			if got := inDoubt(t, a, s); got != "good" {
				t.Errorf("asked about %q", got)
			}
		})
	})
	t.Run("not one that expired", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(says(active(object{"exp": in(time.Minute)})))
			a := guarding(t, s, nil)
			a.get("good").is(t, ok)
			time.Sleep(time.Minute)
			inDoubt(t, a, s)
			for _, c := range s.seen(endpoint)[1:] {
				if c.form.Get("token") == "good" {
					t.Error("asked about it")
				}
			}
		})
	})
	for name, during := range map[string]bool{"forgotten": false, "forgotten while it is asked about": true} {
		t.Run("not one that is "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(says(active(nil)))
				s := newServer(g.reply)
				v := verifier(t, s, nil)
				a := newAPI(v)
				var all sync.WaitGroup
				all.Go(func() { a.get("secret") })
				<-g.asked
				if during {
					v.Forget("secret")
				}
				close(g.open)
				all.Wait()
				if !during {
					v.Forget("secret")
				}
				inDoubt(t, a, s)
				for _, c := range s.seen(endpoint)[1:] {
					if c.form.Get("token") == "secret" {
						t.Error("asked about it")
					}
				}
			})
		})
	}
}

// A question of ours that the issuer answers by saying when to come back is taken at its
// word, whatever else it answers meanwhile.
func TestRetryAfterForOurQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(r *http.Request) (*http.Response, error) {
			switch token := r.PostFormValue("token"); {
			case strings.HasPrefix(token, "token-"):
				return status(503)(r)
			case token == "meanwhile":
				return says(inactive)(r)
			}
			time.Sleep(time.Second)
			return status(429, "Retry-After", "30")(r)
		})
		a := guarding(t, s, nil)
		a.ask(5)
		synctest.Wait()
		a.get("meanwhile").is(t, notActive)
		time.Sleep(30 * time.Second)
		a.ask(1)[0].is(t, breakerOpen)
	})
}

// A question of ours has its time from when it has a place among the calls, which
// strangers may have filled.
func TestOurQuestionWaitsForAPlace(t *testing.T) {
	for range 20 { // who comes first at the place that gets free is chance
		synctest.Test(t, func(t *testing.T) {
			s := newServer(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.PostFormValue("token"), "junk") {
					return hang(r)
				}
				time.Sleep(50 * time.Millisecond)
				return says(inactive)(r)
			})
			a := guarding(t, s, func(c *introspect.Config) { c.MaxConcurrent = 6 })
			var all sync.WaitGroup
			at := func(when time.Duration, n int) {
				all.Go(func() {
					time.Sleep(when)
					if got := a.get(fmt.Sprint("junk-", n)); got.StatusCode != 503 {
						t.Error(got)
					}
				})
			}
			for n := range 4 {
				at(0, n)
			}
			at(10*time.Millisecond, 4)
			for n := range 5 { // all places but the fifth's
				at(2005*time.Millisecond, 10+n)
			}
			for n := range 20 { // and that one, when it gets free
				at(2010*time.Millisecond, 20+n)
			}
			time.Sleep(5 * time.Second)
			all.Wait()
			a.get("new").is(t, notActive)
		})
	}
}

// An issuer that limits rates is taken at its word: what it forces is 503, and no more.
func TestAnIssuerThatLimitsRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := says(active(nil))
		s := newServer(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.PostFormValue("token"), "junk") {
				return status(429, "Retry-After", "30")(r)
			}
			return known(r)
		})
		a := guarding(t, s, nil)
		refused, asked := 0, 0
		for second := range 600 {
			if second%60 == 0 {
				a.get(fmt.Sprint("junk-", second))
			}
			got := a.get(fmt.Sprint("good-", second))
			if asked++; got.StatusCode != 200 {
				got.is(t, breakerOpen)
				refused++
			}
			time.Sleep(time.Second)
		}
		if refused != 10*30 {
			t.Errorf("%d of %d good tokens are 503, and the issuer wanted 300 s of silence", refused, asked)
		}
	})
}

// An issuer that is down is asked about once a second, whoever comes.
func TestAnIssuerThatIsDown(t *testing.T) {
	for name, down := range map[string]reply{"refused": refused, "cut": broken, "hangs": hang, "503": status(503), "our credentials": coded(401, `{"error":"invalid_client"}`)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(down)
				a := guarding(t, s, nil)
				for range 1200 { // ten minutes
					go a.ask(1)
					time.Sleep(500 * time.Millisecond)
				}
				time.Sleep(5 * time.Second)
				calls := s.count()
				if name == "refused" || name == "cut" {
					calls /= 2 // each is repeated once
				}
				if calls > 660 {
					t.Errorf("%d calls in ten minutes", calls)
				}
			})
		})
	}
}
