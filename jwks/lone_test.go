package jwks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// A set whose only key has no kid says which key it is all the same.
func TestTheOnlyKeyHasNoID(t *testing.T) {
	nameless := func(k key) object { return k.jwk(object{"kid": nil}) }
	named := func(k key, kid string) string { return k.tokenAs(object{"kid": kid}, nil) }
	t.Run("a fixed set", func(t *testing.T) {
		a := knowing(t, nameless(rs()))
		a.try(t, []attempt{
			{"a token with a kid", named(rs(), "2026-11"), "OK"},
			{"a token without", rs().tokenAs(object{"kid": nil}, nil), "OK"},
			{"a forgery with a kid", named(other(), "2026-11"), "401-T bad_signature"},
			{"a forgery without", other().tokenAs(object{"kid": nil}, nil), "401-T bad_signature"},
		})
		knowing(t, nameless(rs()), nameless(es())).try(t, []attempt{
			{"two nameless keys and a kid", named(rs(), "2026-11"), "401-T unknown_key"},
		})
		broken := es().jwk(object{"use": "enc"})
		a = knowing(t, nameless(rs()), broken)
		a.try(t, []attempt{
			{"another kid, beside a key that cannot be used", named(rs(), "2026-11"), "OK"},
			{"the kid of the key that cannot be used", named(rs(), "es"), "401-T unknown_key"},
		})
		knowing(t, nameless(rs()), es().jwk(nil)).try(t, []attempt{
			{"a nameless key beside one with another kid", named(rs(), "2026-11"), "401-T unknown_key"},
			{"the one with a kid", es().token(nil), "OK"},
		})
	})
	t.Run("an issuer that replaces it: one fetch, and the new key is good", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(nameless(rs()))
			a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() }))
			token := named(rs(), "a")
			a.wants(t, token, "OK")
			a.wants(t, token, "OK") // remembered
			time.Sleep(time.Second)
			s.serve(keysURL, document(keySet(nameless(other()))))
			a.wants(t, named(other(), "b"), "OK")
			a.wants(t, token, "401-T bad_signature")
			for range 100 {
				a.wants(t, named(es(), "x"), "401-T bad_signature")
				a.wants(t, named(rs(), "x"), "401-T bad_signature")
			}
			if n := s.count(keysURL); n != 2 {
				t.Errorf("%d fetches", n)
			}
		})
	})
}

// Whoever misses a key that is there and cannot be used is told why: by the fetch, by
// the refusal, and by Refresh where no other key is left.
func TestUnusableKeysAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := rs().jwk(nil)
		broken["n"] = "AA" + broken["n"].(string) // a leading zero octet, more or less
		s := newServer(es().jwk(nil), broken)
		told := &events{}
		var refusal *middleware.Error
		a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() }), middleware.Options{
			Observe: func(ctx context.Context, e middleware.Event) {
				told.observe(ctx, e)
				if e.Op == middleware.OpAuthenticate {
					errors.As(e.Err, &refusal)
				}
			},
		})
		a.wants(t, es().token(nil), "OK")
		fetches := told.of(middleware.OpFetch)
		if len(fetches) != 1 || len(fetches[0].Unusable) != 1 || fetches[0].Keys != 1 ||
			!strings.HasPrefix(fetches[0].Unusable[0].Error(), `key 2 (kid "rs"): `) {
			t.Errorf("%+v", fetches)
		}
		time.Sleep(time.Second)
		for range 2 { // looking for it, and not
			a.wants(t, rs().token(nil), "401-T unknown_key")
			if refusal == nil || !strings.Contains(refusal.Err.Error(), "key 2 of the issuer's set has the token's kid and cannot be used: ") {
				t.Errorf("%v", refusal)
			}
		}

		s.serve(keysURL, document(keySet(broken, rs().jwk(object{"use": "enc", "kid": "e"}))))
		var own struct{ n int }
		keys, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: s.client(), Observe: func(_ context.Context, e middleware.Event) {
			own.n = len(e.Unusable)
		}})
		must(err)
		for _, err := range []error{keys.Refresh(t.Context()), keys.Ready(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), `key 1 (kid "rs"): `) && !strings.Contains(err.Error(), "last fetch failed") {
				t.Errorf("%v", err)
			}
		}
		if own.n != 2 {
			t.Errorf("the event tells of %d unusable keys", own.n)
		}
		if err := keys.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), `key 2 (kid "e"): jose: JWK is not for verifying signatures`) {
			t.Errorf("%v", err)
		}
	})
}

// An issuer that is only compared may have any name.
func TestNamesOfIssuers(t *testing.T) {
	for _, name := range []string{"acme.com", "stytch.com/project-live-1", "http://keycloak:8080/realms/notes", "urn:example:as", "kubernetes/serviceaccount"} {
		v, err := jwks.NewVerifier(jwks.Config{Issuer: name, Audience: []string{resource}, KeySet: parsed(t, rs().jwk(nil))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		newAPI(v).try(t, []attempt{
			{name, rs().token(object{"iss": name}), "OK"},
			{name + " and a slash", rs().token(object{"iss": name + "/"}), "401-T unknown_issuer"},
			{"another issuer than " + name, rs().token(nil), "401-T unknown_issuer"},
		})
		if _, err := jwks.NewVerifier(jwks.Config{Issuer: name, Audience: []string{resource}}); err == nil {
			t.Errorf("%s: where are its keys?", name)
		}
	}
}
