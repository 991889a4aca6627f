package introspect_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// signer is a key that gives nothing away but signatures, as in hardware.
type signer struct {
	key    crypto.Signer
	signed atomic.Int32
	fails  bool
}

func (s *signer) Public() crypto.PublicKey { return s.key.Public() }

func (s *signer) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.signed.Add(1)
	if s.fails {
		return nil, errors.New(secret)
	}
	return s.key.Sign(r, digest, opts)
}

var rsaKey = sync.OnceValue(func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) })

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func ecKey(c elliptic.Curve) crypto.Signer { return must(ecdsa.GenerateKey(c, rand.Reader)) }

func edKey() crypto.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

// verified judges a signature by the standard library alone.
func verified(alg string, public crypto.PublicKey, input string, signature []byte) bool {
	digest := sha256.Sum256([]byte(input))
	switch alg {
	case "RS256":
		return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature) == nil
	case "PS256":
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		return rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature, opts) == nil
	case "ES256":
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return len(signature) == 64 && ecdsa.Verify(public.(*ecdsa.PublicKey), digest[:], r, s)
	}
	return ed25519.Verify(public.(ed25519.PublicKey), []byte(input), signature)
}

// claims are those of a client assertion (RFC 7523 §3).
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience any    `json:"aud"`
	ID       string `json:"jti"`
	IssuedAt int64  `json:"iat"`
	Expiry   int64  `json:"exp"`
}

// opened takes an assertion apart.
func opened(t *testing.T, assertion string) (header map[string]string, c claims, input string, signature []byte) {
	t.Helper()
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		t.Fatalf("%d segments", len(parts))
	}
	var raw [3][]byte
	for i, p := range parts {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(json.Unmarshal(raw[0], &header), json.Unmarshal(raw[1], &c)); err != nil {
		t.Fatal(err)
	}
	return header, c, parts[0] + "." + parts[1], raw[2]
}

func TestPrivateKeyJWT(t *testing.T) {
	for _, row := range []struct {
		alg, kid string
		key      crypto.Signer
	}{
		{"RS256", "k1", rsaKey()},
		{"PS256", "k1", rsaKey()},
		{"ES256", "k1", ecKey(elliptic.P256())},
		{"EdDSA", "k1", edKey()},
		{"ES256", "", &signer{key: ecKey(elliptic.P256())}},
		{"PS256", "", &signer{key: rsaKey()}},
	} {
		t.Run(fmt.Sprintf("R7662-03: %s of a %T", row.alg, row.key), func(t *testing.T) {
			c := authenticated(t, introspect.PrivateKeyJWT("notes-api", row.key, row.alg, row.kid))
			if got := c.form["client_assertion_type"]; len(got) != 1 || got[0] != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
				t.Errorf("client_assertion_type %q", got)
			}
			if got := c.form.Get("client_id"); got != "notes-api" || c.form.Has("client_secret") || c.header.Get("Authorization") != "" {
				t.Errorf("%q %q", c.form, c.header)
			}
			header, said, input, signature := opened(t, c.form.Get("client_assertion"))
			kid, has := header["kid"]
			if header["alg"] != row.alg || header["typ"] != "JWT" || kid != row.kid || has != (row.kid != "") {
				t.Errorf("header %q", header)
			}
			if said.Issuer != "notes-api" || said.Subject != "notes-api" || said.Audience != issuer {
				t.Errorf("claims %+v", said)
			}
			if now := time.Now().Unix(); said.IssuedAt > now || said.IssuedAt < now-5 || said.Expiry != said.IssuedAt+120 || len(said.ID) < 20 {
				t.Errorf("claims %+v", said)
			}
			if !verified(row.alg, row.key.Public(), input, signature) {
				t.Error("the signature is wrong")
			}
		})
	}
}

// One signature serves every call of a minute, and each is good for another
// minute at least.
func TestAssertionsAreSignedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := &signer{key: edKey()}
		s := newServer(func(r *http.Request) (*http.Response, error) {
			_, said, _, _ := opened(t, r.PostFormValue("client_assertion"))
			if left := said.Expiry - time.Now().Unix(); left < 60 {
				t.Errorf("only %d s are left", left)
			}
			return says(active(nil))(r)
		})
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
			c.CacheTTL = -1
		})
		const minutes = 5
		for range minutes {
			var all sync.WaitGroup
			for n := range 60 {
				all.Go(func() {
					time.Sleep(time.Duration(n) * time.Second)
					a.get(fmt.Sprint("token-", n)).is(t, ok)
				})
			}
			all.Wait()
			time.Sleep(time.Second)
		}
		if n := key.signed.Load(); n != minutes {
			t.Errorf("signed %d times in %d minutes", n, minutes)
		}
		ids := map[string]bool{}
		for _, c := range s.seen(endpoint) {
			_, said, _, _ := opened(t, c.form.Get("client_assertion"))
			ids[said.ID] = true
		}
		if len(ids) != minutes {
			t.Errorf("%d different jti", len(ids))
		}
	})
}

// Some issuers take each assertion once only (RFC 7523 §3): one call is made again,
// and each of the later ones has an assertion of its own.
func TestIssuersThatTakeEachAssertionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		used, refused := map[string]bool{}, 0
		s := newServer(func(r *http.Request) (*http.Response, error) {
			_, said, _, _ := opened(t, r.PostFormValue("client_assertion"))
			mu.Lock()
			again := used[said.ID]
			used[said.ID] = true
			if again {
				refused++
			}
			mu.Unlock()
			if again {
				return status(401)(r)
			}
			return says(active(nil))(r)
		})
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("rs", edKey(), "EdDSA", "")
			c.CacheTTL = -1
		})
		for n := range 5 {
			a.get(fmt.Sprint("token-", n)).is(t, ok)
		}
		if refused != 1 || s.count() != 6 {
			t.Errorf("%d refused of %d calls", refused, s.count())
		}
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() { a.get(fmt.Sprint("another-", n)).is(t, ok) })
		}
		all.Wait()
		if refused != 1 {
			t.Errorf("%d refused", refused)
		}
	})
	t.Run("credentials that are refused anyway are tried with a new assertion each time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(status(401))
			a := guarding(t, s, func(c *introspect.Config) {
				c.Authenticate = introspect.PrivateKeyJWT("rs", edKey(), "EdDSA", "")
			})
			for n := range 3 {
				a.get(fmt.Sprint("token-", n)).is(t, "503-U issuer_refused_us")
			}
			if s.count() != 1+2+2 { // the first is new
				t.Errorf("%d calls", s.count())
			}
		})
	})
}

// An issuer that answers 401 to a token that it does not know is no issuer that takes
// each assertion once: strangers do not make us sign for every call.
func TestStrangersDoNotMakeUsSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := &signer{key: edKey()}
		s := newServer(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.PostFormValue("token"), "junk") {
				return status(401)(r)
			}
			return says(active(nil))(r)
		})
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
		})
		for n := range 3 {
			a.get(fmt.Sprint("junk-", n)).is(t, "503-U issuer_refused_us")
		}
		before := key.signed.Load()
		for n := range 30 {
			a.get(fmt.Sprint("good-", n)).is(t, ok)
			a.get(fmt.Sprint("junk-after-", n)).is(t, "503-U issuer_refused_us")
		}
		if n := key.signed.Load() - before; n != 0 {
			t.Errorf("signed %d times for 60 calls in no time", n)
		}
	})
}

// stuck is a key whose device does not answer while it is away.
type stuck struct {
	crypto.Signer
	away  *atomic.Bool
	never chan struct{}
}

func (s stuck) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if s.away.Load() {
		<-s.never
	}
	return s.Signer.Sign(r, digest, opts)
}

// Signatures that never come are not the end: who comes later has another made.
func TestAKeyThatDoesNotReturn(t *testing.T) {
	for name, row := range map[string]struct {
		away  time.Duration
		every time.Duration
		once  bool // the issuer takes each assertion once
	}{
		"for five minutes":                         {5 * time.Minute, time.Second, false},
		"for hours":                                {5 * time.Hour, time.Second, false},
		"for seconds, of a busy API":               {3 * time.Second, 10 * time.Millisecond, false},
		"for seconds, where each call has its own": {3 * time.Second, 10 * time.Millisecond, true},
		"for hours, where each call has its own":   {3 * time.Hour, time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := stuck{edKey(), new(atomic.Bool), make(chan struct{})}
				defer close(key.never)
				var mu sync.Mutex
				used := map[string]bool{}
				s := newServer(func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					assertion := r.PostFormValue("client_assertion")
					if row.once && used[assertion] {
						return status(401)(r)
					}
					used[assertion] = true
					return says(active(nil))(r)
				})
				a := guarding(t, s, func(c *introspect.Config) {
					c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
				})
				for n := range 2 {
					a.get(fmt.Sprint("first-", n)).is(t, ok)
				}
				if !row.once {
					time.Sleep(2 * time.Minute) // until that assertion is spent
				}
				idle := runtime.NumGoroutine()
				key.away.Store(true)
				for n, began := 0, time.Now(); time.Since(began) < row.away; n++ {
					go func() {
						if got := a.get(fmt.Sprint("token-", n)); got.StatusCode != 503 {
							t.Error(got)
						}
					}()
					time.Sleep(row.every)
				}
				time.Sleep(3 * time.Second)
				most := 2*256 + 2*int(row.away/time.Minute) + 10
				if n := goroutines(idle + most); n > idle+most {
					t.Errorf("%d goroutines, and %d before", n, idle)
				}
				key.away.Store(false)
				time.Sleep(time.Minute)
				a.get("probe")
				time.Sleep(time.Minute)
				for n := range 10 {
					a.get(fmt.Sprint("good-", n)).is(t, ok)
				}
			})
		})
	}
}

// One lost signature is felt by nobody while the last assertion is good.
func TestASignatureThatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := stuck{edKey(), new(atomic.Bool), make(chan struct{})}
		defer close(key.never)
		s := newServer(says(active(nil)))
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
		})
		a.get("first").is(t, ok)
		time.Sleep(61 * time.Second)
		key.away.Store(true)
		for n := range 300 {
			if n == 5 {
				key.away.Store(false)
			}
			began := time.Now()
			a.get(fmt.Sprint("token-", n)).is(t, ok)
			if took := time.Since(began); took > 100*time.Millisecond {
				t.Errorf("answered after %v", took)
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// Nor does a signature for one call that is lost keep a place among the calls.
func TestSignaturesThatAreLostKeepNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := stuck{edKey(), new(atomic.Bool), make(chan struct{})}
		defer close(key.never)
		var mu sync.Mutex
		used := map[string]bool{}
		s := newServer(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			assertion := r.PostFormValue("client_assertion")
			if used[assertion] {
				return status(401)(r)
			}
			used[assertion] = true
			return says(active(nil))(r)
		})
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
			c.MaxConcurrent = 2
		})
		for n := range 2 {
			a.get(fmt.Sprint("first-", n)).is(t, ok)
		}
		for n := range 4 {
			key.away.Store(true)
			a.get(fmt.Sprint("lost-", n)).is(t, unavailable)
			key.away.Store(false)
			a.get(fmt.Sprint("found-", n)).is(t, ok)
		}
	})
}

// One stray 401 costs some seconds of signatures, for however many calls.
func TestAStrayRefusalCostsSeconds(t *testing.T) {
	for _, body := range []string{"", `{"error":"invalid_client"}`} {
		for _, quiet := range []time.Duration{time.Second, 30 * time.Second, 59 * time.Second} {
			t.Run(fmt.Sprint(body, quiet), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					key := &signer{key: edKey()}
					var stray atomic.Int32
					s := newServer(func(r *http.Request) (*http.Response, error) {
						if stray.Add(-1) >= 0 {
							return coded(401, body)(r)
						}
						return says(active(nil))(r)
					})
					a := guarding(t, s, func(c *introspect.Config) {
						c.Authenticate = introspect.PrivateKeyJWT("rs", key, "EdDSA", "")
					})
					a.get("first").is(t, ok)
					time.Sleep(quiet)
					const many = 10
					stray.Store(many)
					before := key.signed.Load()
					var all sync.WaitGroup
					for n := range many { // all at once
						all.Go(func() { a.get(fmt.Sprint("stray-", n)) })
					}
					all.Wait()
					for n := range 300 {
						a.get(fmt.Sprint("token-", n)).is(t, ok)
						time.Sleep(time.Second)
					}
					if n := key.signed.Load() - before; n > many+10+6 {
						t.Errorf("signed %d times in five minutes", n)
					}
				})
			})
		}
	}
}

// A key that fails is our fault, and may say anything.
func TestKeyThatCannotSign(t *testing.T) {
	w, s := new(witness), newServer(says(active(nil)))
	key := &signer{key: ecKey(elliptic.P256()), fails: true}
	a := newAPI(verifier(t, s, func(c *introspect.Config) {
		c.Authenticate = introspect.PrivateKeyJWT("rs", key, "ES256", "")
	}), w.options())
	a.get("x").is(t, unavailable)
	if s.count() != 0 || w.heard(secret) {
		t.Errorf("%d calls; %s", s.count(), w)
	}
	key.fails = false
	a.get("x").is(t, ok)
}

func TestKeysThatAreNotForTheAlgorithmPanic(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	for name, row := range map[string]struct {
		key crypto.Signer
		alg string
	}{
		"no key":             {nil, "ES256"},
		"RSA for ES256":      {rsaKey(), "ES256"},
		"EC for RS256":       {ecKey(elliptic.P256()), "RS256"},
		"P-384 for ES256":    {ecKey(elliptic.P384()), "ES256"},
		"Ed25519 for ES256":  {edKey(), "ES256"},
		"RSA of 1024 bits":   {small, "RS256"},
		"none":               {rsaKey(), "none"},
		"HS256":              {rsaKey(), "HS256"},
		"no algorithm":       {rsaKey(), ""},
		"RS512, not offered": {rsaKey(), "RS512"},
	} {
		t.Run(name, func(t *testing.T) {
			panics(t, name, func() { introspect.PrivateKeyJWT("rs", row.key, row.alg, "") })
		})
	}
}

// It needs a Verifier to say whom the assertion is for.
func TestPrivateKeyJWTWithoutAVerifier(t *testing.T) {
	auth := introspect.PrivateKeyJWT("rs", edKey(), "EdDSA", "")
	if err := auth(t.Context(), map[string][]string{}, nil); err == nil {
		t.Error("an assertion for nobody")
	}
}
