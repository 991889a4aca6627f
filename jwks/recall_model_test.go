package jwks_test

import (
	"crypto/elliptic"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// model is an issuer that does whatever issuers do, and tokens of it: by chance,
// and equal for equal seeds.
type model struct {
	*rand.Rand
	keys   []key // that sign, whatever they are published as
	sets   int   // that were published
	answer http.HandlerFunc
}

// modelKeys are shared by all seeds: making RSA keys is slow.
var modelKeys = sync.OnceValue(func() []key {
	return []key{
		rs(), other(), newEC("", "ES256", elliptic.P256()), newEC("", "ES384", elliptic.P384()),
		newEd("", "a fixed seed of 32 bytes for no1"), newEd("", "a fixed seed of 32 bytes for no2"),
	}
})

func one[T any](m *model, of ...T) T                { return of[m.IntN(len(of))] }
func (m *model) upTo(d time.Duration) time.Duration { return time.Duration(m.Int64N(int64(d))) }

// kid is one of a few, which keys of all types share, or none.
func (m *model) kid() any { return one[any](m, "a", "a", "a", "a", "b", nil) }

// publish makes a new set of most keys, under other names than before. Some are not
// for our tokens, some are there twice, and some cannot be used.
func (m *model) publish() {
	set := []object{newEd("stays", "a fixed seed of 32 bytes for no0").jwk(nil)} // it is never empty
	for _, k := range m.keys {
		if m.IntN(5) == 0 {
			continue
		}
		changes := object{"kid": m.kid()}
		switch m.IntN(16) {
		case 0:
			changes["alg"] = nil
		case 1:
			changes["alg"] = one(m, "RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
		case 2:
			changes["use"] = "enc"
		case 3:
			changes["use"], changes["key_ops"] = nil, []string{one(m, "verify", "sign")}
		case 4:
			changes["d"] = "AQ"
		}
		set = append(set, k.jwk(changes))
		if m.IntN(6) == 0 {
			set = append(set, k.jwk(object{"kid": m.kid(), "alg": nil}))
		}
	}
	m.sets++
	doc, etag, lifetime := document(keySet(set...)), fmt.Sprintf(`"%d"`, m.sets), m.sets%3 == 0
	m.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if lifetime {
			w.Header().Set("Cache-Control", "max-age=90")
		}
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		doc(w, r)
	}
}

// trouble is an answer other than that of a good day.
func (m *model) trouble() http.HandlerFunc {
	answer := m.answer
	slowly := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * time.Second)
		answer(w, r)
	}
	return one(m, status(500), status(304), document([]byte(`{"keys":[]}`)), slowly, hang)
}

// token is one of any key, of the past, of now or of later.
func (m *model) token() string {
	k, header := one(m, m.keys...), object{"kid": m.kid()}
	if k.alg == "RS256" {
		header["alg"] = one(m, "RS256", "RS256", "RS256", "PS256", "RS384")
	} else if k.alg == "EdDSA" {
		header["alg"] = one(m, "EdDSA", "Ed25519")
	}
	claims := object{"exp": at(m.upTo(24 * time.Hour)), "iat": at(-m.upTo(26 * time.Hour))}
	if m.IntN(6) == 0 {
		claims["nbf"] = at(m.upTo(3 * time.Hour))
	}
	claims["aud"] = one[any](m, resource, resource, []string{"https://other.example", resource})
	return k.tokenAs(header, claims)
}

// Whatever the issuer publishes, however it fails and however time passes: a
// verifier that remembers answers as one that does not and that has the same keys.
func TestRecallChangesNoOutcome(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				(&model{Rand: rand.New(rand.NewPCG(seed, 7)), keys: modelKeys()}).run(t, seen)
				time.Sleep(time.Minute) // a fetch may be under way
			})
		})
	}
	for outcome, least := range map[string]int{
		"OK by cache": 100, "OK by signature": 100, "OK by stale keys": 5, "401-T by cache": 3, "401-T by signature": 50, "503-U by nothing": 50,
	} {
		if seen[outcome] < least {
			t.Errorf("nothing much happened: %s in %v", outcome, seen)
		}
	}
}

// run has tokens judged by both verifiers, and counts in seen how the one that
// remembers came to what.
func (m *model) run(t *testing.T, seen map[string]int) {
	s := newServer()
	m.publish()
	s.serve(keysURL, m.answer)
	opts := jwks.RemoteOptions{
		RefreshAfter: one(m, time.Minute, 3*time.Minute, 5*time.Minute),
		WaitAfter:    one(m, -1, time.Minute, 4*time.Minute),
		MaxStale:     one(m, -1, 0, 10*time.Minute, 3*time.Hour),
		Cooldown:     one[time.Duration](m, -1, 0, 0),
		Snapshot:     snapshotFile(t),
		HTTPClient:   s.client(),
	}
	skew, age := one(m, -1, 0, 4*time.Minute), one(m, 0, 25*time.Hour)
	algorithms := one(m, nil, []string{"PS256", "RS256", "RS384", "ES384", "ES256", "Ed25519"}, []string{"RS256", "EdDSA", "ES384"})
	var remembers, doesNot process
	restart := func() {
		keys, err := jwks.Remote(keysURL, &opts)
		must(err)
		with := func(size int) process {
			return recalling(t, keys, func(c *jwks.Config) {
				c.CacheSize, c.ClockSkew, c.MaxTokenAge, c.Algorithms = size, skew, age, algorithms
			})
		}
		remembers, doesNot = with(one(m, 0, 5)), with(-1)
	}
	restart()
	tokens := make([]string, 50)
	for i := range tokens {
		tokens[i] = m.token()
	}
	judged := func(p process, token string) string {
		code, _, _ := strings.Cut(p.get(token), " ")
		return code // what is wrong in two ways may be refused for either
	}
	for step := range 500 {
		synctest.Wait() // for refreshes in the background
		switch chance := m.IntN(180); {
		case chance < 6:
			m.publish()
			s.serve(keysURL, m.answer)
		case chance < 12:
			s.serve(keysURL, m.trouble())
		case chance < 20:
			s.serve(keysURL, m.answer)
		case chance < 25:
			_ = remembers.keys.Refresh(t.Context()) // may fail
		case chance < 31:
			time.Sleep(m.upTo(12 * time.Minute))
		case chance == 36:
			restart()
		case chance == 37:
			time.Sleep(m.upTo(4 * time.Hour))
		default:
			time.Sleep(m.upTo(20 * time.Second))
		}
		token := tokens[m.IntN(one(m, 8, 8, len(tokens)))] // some come often
		// Keys may come at any moment: it is as before or as after.
		before := judged(doesNot, token)
		got, e := judged(remembers, token), remembers.last()
		if after := judged(doesNot, token); got != before && got != after {
			t.Fatalf("step %d: %s by %s, and %s, then %s, by the one that does not remember", step, got, by(e), before, after)
		}
		if by(doesNot.last()) == "cache" {
			t.Fatal("the one that does not remember does")
		}
		if e.Stale {
			seen[got+" by stale keys"]++
		}
		seen[got+" by "+by(e)]++
	}
}
