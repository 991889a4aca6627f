package jwks_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// recalling returns an API that verifies by these keys and remembers, with what
// its Observer is told.
func recalling(t testing.TB, keys *jwks.KeySet, change func(*jwks.Config)) process {
	t.Helper()
	p := process{keys: keys, events: &events{}}
	p.api = newAPI(verifier(t, func(c *jwks.Config) {
		c.KeySet = keys
		if change != nil {
			change(c)
		}
	}), middleware.Options{Observe: p.events.observe})
	return p
}

// recallingFrom is recalling by what s publishes.
func recallingFrom(t testing.TB, s *server, opts jwks.RemoteOptions, change func(*jwks.Config)) process {
	t.Helper()
	opts.HTTPClient = s.client()
	keys, err := jwks.Remote(keysURL, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return recalling(t, keys, change)
}

// verified returns the outcome of GET /api/r with this token, and by what its
// verifier came to it: "OK by signature", "401-T expired by cache".
func (p process) verified(token string) string {
	outcome := p.get(token)
	return outcome + " by " + by(p.verdict())
}

// verdict returns the last verdict of the verifier.
func (p process) verdict() middleware.Event {
	told := p.events.of(middleware.OpVerify)
	if len(told) == 0 {
		return middleware.Event{}
	}
	return told[len(told)-1]
}

func by(e middleware.Event) string {
	if e.Via == "" {
		return "nothing"
	}
	return string(e.Via)
}

// is judges a token as often as there are wants.
func (p process) is(t *testing.T, token string, wants ...string) {
	t.Helper()
	for i, want := range wants {
		if got := p.verified(token); got != want {
			t.Errorf("time %d: %s, want %s", i+1, got, want)
		}
	}
}

// What one verifier remembers, no other with the same keys believes: each judges
// by its own configuration, the first time and every other.
func TestRecallIsEachVerifiersOwn(t *testing.T) {
	const client = "https://client.example"
	plain, cognito := object{"client_id": client}, object{"client_id": client, "aud": nil}
	for _, row := range []struct {
		name    string
		header  object
		claims  object
		accepts func(*jwks.Config)
		refuses func(*jwks.Config)
		want    string
	}{
		{"another audience", nil, plain, nil,
			func(c *jwks.Config) { c.Audience = []string{client} }, "401-T wrong_audience"},
		{"an audience of several, of which the other is none", nil, object{"aud": []string{"x", resource}}, nil,
			func(c *jwks.Config) { c.Audience = []string{"y"} }, "401-T wrong_audience"},
		{"another AudienceClaim, and an aud for somebody else", nil, plain, nil,
			func(c *jwks.Config) { c.AudienceClaim, c.Audience = "client_id", []string{client} }, "401-T wrong_audience"},
		{"another AudienceClaim, which names somebody else", nil, plain, nil,
			func(c *jwks.Config) { c.AudienceClaim = "client_id" }, "401-T wrong_audience"},
		{"an AudienceClaim, where the other wants aud", nil, cognito,
			func(c *jwks.Config) { c.AudienceClaim, c.Audience = "client_id", []string{client} },
			func(c *jwks.Config) { c.Audience = []string{client} }, "401-T missing_claim"},
		{"the same AudienceClaim for somebody else", nil, cognito,
			func(c *jwks.Config) { c.AudienceClaim, c.Audience = "client_id", []string{client} },
			func(c *jwks.Config) { c.AudienceClaim = "client_id" }, "401-T wrong_audience"},
		{"other algorithms", object{"alg": "PS256"}, nil,
			func(c *jwks.Config) { c.Algorithms = []string{"PS256"} },
			func(c *jwks.Config) { c.Algorithms = []string{"RS256"} }, "401-T algorithm_not_allowed"},
		{"PreRFC9068 and not", object{"typ": "JWT"}, nil,
			func(c *jwks.Config) { c.PreRFC9068 = true }, nil, "401-T wrong_type"},
		{"a larger ClockSkew", nil, object{"exp": time.Now().Unix() - 120},
			func(c *jwks.Config) { c.ClockSkew = 5 * time.Minute }, nil, "401-T expired"},
		{"a MaxTokenAge", nil, object{"iat": time.Now().Unix() - 120}, nil,
			func(c *jwks.Config) { c.MaxTokenAge = time.Minute }, "401-T too_old"},
		{"another claim for scopes", nil, object{"scope": "write", "scp": "read"},
			func(c *jwks.Config) { c.ScopeClaims = []string{"scp"} }, nil, "403-S insufficient_scope"},
	} {
		t.Run("R9700-01: "+row.name, func(t *testing.T) {
			k := rs()
			keys := parsed(t, k.jwk(object{"alg": nil}), es().jwk(nil), ed().jwk(nil))
			accepts, refuses := recalling(t, keys, row.accepts), recalling(t, keys, row.refuses)
			token := k.tokenAs(row.header, row.claims)
			for range 2 {
				if got := accepts.get(token); got != "OK" {
					t.Errorf("the one that accepts: %s", got)
				}
				if got := refuses.get(token); got != row.want {
					t.Errorf("the one that refuses: %s, want %s", got, row.want)
				}
			}
			if got := by(accepts.verdict()); got != "cache" {
				t.Errorf("not remembered: by %s", got)
			}
		})
	}
}

// Two issuers behind one guard share neither keys nor what is remembered.
func TestRecallIsEachIssuersOwn(t *testing.T) {
	const theirs = "https://b.example"
	twin := key{"rs", "RS256", other().private} // of the other issuer, with the same kid
	a := newAPI(middleware.ByIssuer(map[string]middleware.Verifier{
		issuer: verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, rs().jwk(nil)) }),
		theirs: verifier(t, func(c *jwks.Config) { c.Issuer, c.KeySet = theirs, parsed(t, twin.jwk(nil)) }),
	}))
	for range 2 {
		a.wants(t, rs().token(nil), "OK")
		a.wants(t, twin.token(object{"iss": theirs}), "OK")
		a.wants(t, twin.token(nil), "401-T bad_signature")
		a.wants(t, rs().token(object{"iss": theirs}), "401-T bad_signature")
	}
}

// R7519-03, R7519-13: dates are judged on every hit, to the nanosecond. A token
// whose time is over is forgotten.
func TestRecallJudgesDates(t *testing.T) {
	type step struct {
		at   time.Duration
		want string
	}
	const s = time.Second
	hit, gone := "OK by cache", "401-T expired by nothing"
	for _, row := range []struct {
		name   string
		change func(*jwks.Config)
		claims func() object
		steps  []step
	}{
		{"exp, without skew", func(c *jwks.Config) { c.ClockSkew = -1 }, func() object { return object{"exp": at(10 * s)} },
			[]step{{10*s - 1, hit}, {10 * s, "401-T expired by cache"}, {10 * s, gone}}},
		{"exp, with the default skew", nil, func() object { return object{"exp": at(10 * s)} },
			[]step{{10 * s, hit}, {40*s - 1, hit}, {40 * s, "401-T expired by cache"}, {40 * s, gone}}},
		{"exp, long after the last hit", nil, func() object { return object{"exp": at(10 * s)} },
			[]step{{1000 * time.Hour, "401-T expired by cache"}}},
		{"exp with a fraction", func(c *jwks.Config) { c.ClockSkew = -1 }, func() object { return object{"exp": at(1500 * time.Millisecond)} },
			[]step{{1500*time.Millisecond - 1, hit}, {1500 * time.Millisecond, "401-T expired by cache"}}},
		{"MaxTokenAge", func(c *jwks.Config) { c.MaxTokenAge = time.Minute }, func() object { return object{"iat": at(-10 * s)} },
			[]step{{50 * s, hit}, {50*s + 1, "401-T too_old by cache"}, {50*s + 1, "401-T too_old by nothing"}}},
		{"nbf within the skew", nil, func() object { return object{"nbf": at(20 * s)} },
			[]step{{0, hit}, {20 * s, hit}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			keys := parsed(t, all()...) // outside of bubbles, which share it
			synctest.Test(t, func(t *testing.T) {
				p := recalling(t, keys, row.change)
				token, began := ed().token(row.claims()), time.Now()
				p.is(t, token, "OK by signature", hit)
				for _, step := range row.steps {
					time.Sleep(step.at - time.Since(began))
					if got := p.verified(token); got != step.want {
						t.Errorf("after %v: %s, want %s", step.at, got, step.want)
					}
				}
			})
		})
	}
	t.Run("a token that was refused is not remembered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := recalling(t, parsed(t, all()...), nil)
			token := ed().token(object{"nbf": at(time.Minute)})
			p.is(t, token, "401-T not_yet_valid by nothing", "401-T not_yet_valid by nothing")
			time.Sleep(30 * time.Second)
			p.is(t, token, "OK by signature", "OK by cache")
		})
	})
}

// Who waits for keys is judged by the time that it is then, also where somebody
// else's request saw these keys first, and whether they came or not.
func TestRecallJudgesDatesAfterWaiting(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"and keys come": document(keySet(all()...)), "and none come": status(500),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				p := recallingFrom(t, s, jwks.RemoteOptions{}, func(c *jwks.Config) { c.ClockSkew = -1 })
				token := ed().token(object{"exp": at(16*time.Minute + 2*time.Second)})
				p.is(t, token, "OK by signature", "OK by cache")
				s.serve(keysURL, func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(3 * time.Second)
					answer(w, r)
				})
				time.Sleep(16 * time.Minute)
				var all sync.WaitGroup
				for range 5 {
					all.Go(func() {
						if d := took(func() { p.wants(t, token, "401-T expired") }); d != 3*time.Second {
							t.Errorf("waited %v", d)
						}
					})
				}
				all.Wait()
				if got := p.verdict(); got.Duration != 3*time.Second {
					t.Errorf("the event says %v", got.Duration)
				}
			})
		})
	}
}
