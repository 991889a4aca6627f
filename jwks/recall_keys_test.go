package jwks_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// R9111-07: a remembered token is good as long as the very key that verified it is
// in the set and still for its algorithm. A kid is only a name. What the set
// says next decides at the next refresh, however that comes about.
func TestRecallJudgesKeys(t *testing.T) {
	again := key{"rs", "RS256", other().private} // other material under the kid of rs
	const hit, unknown = "OK by cache", "401-T unknown_key by nothing"
	for _, row := range []struct {
		name   string
		header object
		first  object // the key as first published
		next   object // as published then; nil: withdrawn
		want   string
	}{
		{"the key stays", nil, nil, rs().jwk(nil), hit},
		{"the key is withdrawn", nil, nil, nil, unknown},
		{"new material under the old kid", nil, nil, again.jwk(nil), "401-T bad_signature by signature"},
		{"the same material under another kid", nil, nil, rs().jwk(object{"kid": "new"}), unknown},
		{"the same material without a kid", nil, nil, rs().jwk(object{"kid": nil}), unknown},
		{"the same material in another case of the kid", nil, nil, rs().jwk(object{"kid": "RS"}), unknown},
		{"another algorithm", nil, nil, rs().jwk(object{"alg": "PS256"}), "401-T algorithm_not_allowed by nothing"},
		{"an algorithm that is not accepted here", nil, nil, rs().jwk(object{"alg": "RS512"}), "401-T algorithm_not_allowed by nothing"},
		{"another use", nil, nil, rs().jwk(object{"use": "enc"}), unknown},
		{"key_ops without verify", nil, nil, rs().jwk(object{"use": nil, "key_ops": []string{"sign"}}), unknown},
		{"a private member beside it", nil, nil, rs().jwk(object{"d": "AQ"}), unknown},
		{"another exponent", nil, nil, rs().jwk(object{"e": "Aw"}), "401-T bad_signature by signature"},
		{"another type under the old kid", nil, nil, es().jwk(object{"kid": "rs"}), "401-T algorithm_not_allowed by nothing"},
		{"no algorithm any more, and the token's is the first that fits", nil, nil, rs().jwk(object{"alg": nil}), hit},
		{"no algorithm any more, and the token's is not the first that fits", object{"alg": "PS256"}, rs().jwk(object{"alg": "PS256"}),
			rs().jwk(object{"alg": nil}), "401-T algorithm_not_allowed by nothing"},
		{"an algorithm, where there was none", nil, rs().jwk(object{"alg": nil}), rs().jwk(nil), hit},
		{"another algorithm, where there was none", nil, rs().jwk(object{"alg": nil}), rs().jwk(object{"alg": "RS384"}), "401-T algorithm_not_allowed by nothing"},
		{"no kid, the key stays", object{"kid": nil}, nil, rs().jwk(nil), hit},
		{"no kid, the key has another", object{"kid": nil}, nil, rs().jwk(object{"kid": "new"}), hit},
		{"no kid, the key is withdrawn", object{"kid": nil}, nil, nil, "401-T bad_signature by signature"},
		{"no kid, new material", object{"kid": nil}, nil, again.jwk(nil), "401-T bad_signature by signature"},
		{"no kid, another algorithm", object{"kid": nil}, nil, rs().jwk(object{"alg": "PS256"}), "401-T bad_signature by signature"},
	} {
		for how, refresh := range map[string]func(t *testing.T, p process){
			"by Refresh": func(t *testing.T, p process) {
				if err := p.keys.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
			},
			"by a hit that waits":              func(*testing.T, process) { time.Sleep(16 * time.Minute) },
			"by a hit that does not":           func(t *testing.T, p process) { time.Sleep(6 * time.Minute); p.get(ed().token(nil)); synctest.Wait() },
			"by a key that nobody knew before": func(t *testing.T, p process) { p.wants(t, other().token(nil), "OK") },
		} {
			t.Run("R9111-07: "+row.name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					first := row.first
					if first == nil {
						first = rs().jwk(nil)
					}
					s := newServer(first, ed().jwk(nil))
					p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
					token := rs().tokenAs(row.header, nil)
					p.is(t, token, "OK by signature", "OK by cache")
					next := []object{ed().jwk(nil), other().jwk(nil)}
					if row.next != nil {
						next = append(next, row.next)
					}
					s.serve(keysURL, document(keySet(next...)))
					p.is(t, token, "OK by cache") // nobody has asked yet
					refresh(t, p)
					got := p.verified(token)
					if got != row.want {
						t.Errorf("%s, want %s", got, row.want)
					}
				})
			})
		}
	}
}

// A token that does not say which key signed it is good while few enough
// keys fit, remembered or not.
func TestRecallTriesNoMoreKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(rs().jwk(nil))
		p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
		token := rs().tokenAs(object{"kid": nil}, nil)
		p.is(t, token, "OK by signature", "OK by cache")
		keys := []object{rs().jwk(nil)}
		for _, row := range []struct {
			kid  string
			want string
		}{
			{"2", "OK by cache"}, {"3", "OK by cache"}, {"4", "OK by cache"}, {"5", "401-T unknown_key by nothing"},
		} {
			keys = append(keys, other().jwk(object{"kid": row.kid}))
			s.serve(keysURL, document(keySet(keys...)))
			if err := p.keys.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := p.verified(token); got != row.want {
				t.Errorf("%d keys: %s, want %s", len(keys), got, row.want)
			}
		}
	})
}

// A key that comes back verifies again. What was remembered when it left is gone.
func TestRecallForgetsWithTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
		seen, unseen := rs().token(nil), rs().token(nil)
		p.is(t, seen, "OK by signature", "OK by cache")
		p.is(t, unseen, "OK by signature", "OK by cache")
		publish := func(keys ...object) {
			s.serve(keysURL, document(keySet(keys...)))
			if err := p.keys.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		}
		publish(es().jwk(nil))
		if got := p.get(seen); got == "OK" {
			t.Error("accepted by a key that is gone")
		}
		publish(all()...)
		p.is(t, seen, "OK by signature", "OK by cache")
		p.is(t, unseen, "OK by cache") // nobody came with it in between
	})
}

// An issuer that says that nothing has changed, or says the same once more,
// costs no token its place.
func TestRecallOutlivesRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
		s.serve(keysURL, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") != "" && time.Now().Minute()%2 == 0 {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			document(keySet(all()...))(w, r)
		})
		token := es().token(object{"exp": at(24 * time.Hour)})
		p.is(t, token, "OK by signature")
		for range 100 {
			time.Sleep(7 * time.Minute)
			p.is(t, token, "OK by cache")
			synctest.Wait()
		}
		if n := s.count(keysURL); n < 50 {
			t.Errorf("%d fetches", n)
		}
		if n := len(p.events.of(middleware.OpVerify)); n != 101 {
			t.Errorf("%d verdicts", n)
		}
	})
}
