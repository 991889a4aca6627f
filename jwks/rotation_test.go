package jwks_test

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
)

// inMemory returns an issuer for a bubble, and an API that trusts it.
func inMemory(t *testing.T, opts jwks.RemoteOptions) (*issuertest.Issuer, api) {
	t.Helper()
	iss := issuertest.NewInMemoryIssuer()
	t.Cleanup(iss.Close)
	opts.HTTPClient = iss.Client()
	set, err := jwks.Discover(iss.URL, &opts)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}, KeySet: set})
	if err != nil {
		t.Fatal(err)
	}
	return iss, newAPI(v)
}

// madeUp returns a token whose kid nobody has, signed by another key.
func madeUp(iss string) string {
	return ed().tokenAs(object{"kid": rand.Text()}, object{"iss": iss, "aud": issuertest.Audience})
}

func fetches(iss *issuertest.Issuer) int { return iss.Requests(issuertest.EndpointKeys) }

// each calls f n times at once.
func each(n int, f func()) {
	var all sync.WaitGroup
	for range n {
		all.Go(f)
	}
	all.Wait()
}

func TestRotation(t *testing.T) {
	t.Run("R9111-05: the first token after a rotation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{})
			a.wants(t, iss.Token(nil), "OK")
			for range 3 {
				time.Sleep(31 * time.Second)
				old := iss.Token(nil)
				iss.Rotate()
				a.wants(t, iss.Token(nil), "OK")
				a.wants(t, old, "OK")
			}
			if n := fetches(iss); n != 4 {
				t.Errorf("%d fetches for a start and three rotations", n)
			}
		})
	})
	t.Run("R9111-05: a hundred tokens at once after a rotation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{})
			a.wants(t, iss.Token(nil), "OK")
			iss.Rotate()
			token := iss.Token(nil)
			each(100, func() { a.wants(t, token, "OK") })
			if n := fetches(iss); n != 2 {
				t.Errorf("%d fetches for a start and a rotation", n)
			}
		})
	})
	t.Run("R9111-05: the first token after a rotation while the Cooldown runs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{Cooldown: 10 * time.Second})
			a.wants(t, iss.Token(nil), "OK")
			a.wants(t, madeUp(iss.URL), "401-T")
			iss.Rotate()
			token := iss.Token(nil)
			time.Sleep(10*time.Second - 1)
			a.wants(t, token, "503-U cooldown") // nobody has looked for its key
			if n := fetches(iss); n != 2 {
				t.Errorf("%d fetches before the Cooldown is over", n)
			}
			time.Sleep(time.Nanosecond)
			a.wants(t, token, "OK")
			if n := fetches(iss); n != 3 {
				t.Errorf("%d fetches in all", n)
			}
		})
	})
	t.Run("R9111-07: a key that left the set", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{RefreshAfter: time.Minute, WaitAfter: -1})
			old := iss.Token(nil)
			a.wants(t, old, "OK")
			gone := iss.KeyID("RS256")
			iss.Rotate()
			iss.Withdraw(gone)
			time.Sleep(time.Minute - 1)
			a.wants(t, old, "OK")
			time.Sleep(time.Nanosecond)
			a.wants(t, old, "401-T")
			a.wants(t, iss.Token(nil), "OK")
		})
	})
	t.Run("R9111-07: a key that left the set, refreshed in the background", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{})
			old := iss.Token(nil)
			a.wants(t, old, "OK")
			gone := iss.KeyID("RS256")
			iss.Rotate()
			iss.Withdraw(gone)
			time.Sleep(5 * time.Minute)
			a.wants(t, old, "OK") // and starts the refresh
			synctest.Wait()
			a.wants(t, old, "401-T")
		})
	})
	t.Run("R9111-07: a key that left the set, seen for another key's sake", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{})
			old := iss.Token(nil)
			a.wants(t, old, "OK")
			gone := iss.KeyID("RS256")
			iss.Rotate()
			iss.Withdraw(gone)
			a.wants(t, iss.Token(nil), "OK")
			a.wants(t, old, "401-T")
		})
	})
	t.Run("a kid that now names another key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			again := other()
			again.kid = "rs"
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{})
			a.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, document(keySet(again.jwk(nil))))
			a.wants(t, again.token(nil), "OK") // one look for all bad signatures of a Cooldown
			a.wants(t, rs().token(nil), "401-T bad_signature")
		})
	})
}

// remote returns an API that fetches its keys from s.
func remote(t *testing.T, s *server, opts jwks.RemoteOptions) api {
	t.Helper()
	opts.HTTPClient = s.client()
	set, err := jwks.Remote(keysURL, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))
}

// What strangers can make an API do to its issuer.
func TestStorms(t *testing.T) {
	t.Run("R9111-05: a thousand made-up kids", func(t *testing.T) {
		for name, first := range map[string]string{"before any good token": "", "after a good token": "good"} {
			for how, run := range map[string]func(func()){
				"one by one": func(f func()) {
					for range 1000 {
						f()
					}
				},
				"at once": func(f func()) { each(1000, f) },
			} {
				t.Run(name+", "+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						iss, a := inMemory(t, jwks.RemoteOptions{})
						if first != "" {
							a.wants(t, iss.Token(nil), "OK")
						}
						run(func() { a.wantsNoKey(t, madeUp(iss.URL)) })
						if n := fetches(iss); n > 2 {
							t.Errorf("%d fetches", n)
						}
						a.wants(t, iss.Token(nil), "OK")
						// And so for every Cooldown.
						before := fetches(iss)
						time.Sleep(30 * time.Second)
						run(func() { a.wantsNoKey(t, madeUp(iss.URL)) })
						if n := fetches(iss) - before; n != 1 {
							t.Errorf("%d fetches in the next Cooldown", n)
						}
					})
				})
			}
		}
	})
	t.Run("a thousand made-up kids and a Cooldown that is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{Cooldown: -1})
			a.wants(t, iss.Token(nil), "OK")
			for range 1000 {
				a.wants(t, madeUp(iss.URL), "401-T")
				time.Sleep(time.Millisecond)
			}
			if n := fetches(iss); n != 1 {
				t.Errorf("%d fetches", n)
			}
		})
	})
	t.Run("a thousand forged signatures under a known kid", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss, a := inMemory(t, jwks.RemoteOptions{})
			token := iss.Token(nil)
			a.wants(t, token, "OK")
			before := iss.Requests("")
			input := token[:strings.LastIndexByte(token, '.')+1]
			for range 1000 {
				junk := make([]byte, 256)
				rand.Read(junk)
				junk[0] = 0 // below the modulus
				a.wants(t, input+b64(junk), "401-T bad_signature")
				time.Sleep(100 * time.Millisecond)
			}
			if n := iss.Requests(issuertest.EndpointKeys); n > 1+100/30+1 { // one a Cooldown
				t.Errorf("%d fetches in 100 s", n)
			}
			if n := iss.Requests("") - before; n > 8 { // and the metadata once a minute
				t.Errorf("%d requests to the issuer", n)
			}
			a.wants(t, token, "OK")
		})
	})
	t.Run("tokens that nothing needs a key for", func(t *testing.T) {
		s := newServer(all()...)
		a := remote(t, s, jwks.RemoteOptions{})
		for name, token := range map[string]string{
			"expired":                 rs().token(object{"exp": 1}),
			"not yet valid":           rs().token(object{"nbf": 4102444800}),
			"another audience":        rs().token(object{"aud": "x"}),
			"another issuer":          rs().token(object{"iss": "https://x"}),
			"no subject":              rs().token(object{"sub": nil}),
			"a claim of a wrong type": rs().token(object{"sub": 1}),
			"another type":            rs().tokenAs(object{"typ": "JWT"}, nil),
			"none":                    rs().tokenAs(object{"alg": "none"}, nil),
			"HS256":                   hs256("rs", []byte("x")),
			"another algorithm":       rs().tokenAs(object{"alg": "RS384"}, nil),
			"crit":                    rs().tokenAs(object{"crit": []string{"x"}}, nil),
			"no JSON":                 rs().sign("RS256", "{", "{"),
			"no JWT":                  "abc",
			"a bad encoding":          rs().token(nil) + "==",
			"a line break":            "\n" + rs().token(nil),
		} {
			if got := a.get(token); !strings.HasPrefix(got, "401-T ") && !strings.HasPrefix(got, "400-R ") {
				t.Errorf("%s: %s", name, got)
			}
		}
		if n := s.count(""); n != 0 {
			t.Errorf("%d requests to the issuer", n)
		}
	})
}
