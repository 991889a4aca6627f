package jwks_test

import (
	"crypto/elliptic"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
)

// Four rotations under load: the new key is published, signs, and a refresh
// later the old one is withdrawn. No answer is wrong, whoever else asks.
func TestRotationUnderLoad(t *testing.T) {
	const (
		each     = 500 // requests of a worker
		pause    = 4 * time.Second
		every    = 400 * time.Second // 4 rotations in 2000 s
		overlap  = 330 * time.Second // RefreshAfter, and a Cooldown
		cooldown = 30 * time.Second
	)
	for name, row := range map[string]struct {
		workers    int
		signsAfter time.Duration // that a key was published
		strangers  bool          // whose tokens have made-up kids
		keepFresh  bool
	}{
		"that signs at once":                                       {40, 0, false, false}, // 20,000 requests
		"that signs at once, with KeepFresh":                       {2, 0, false, true},
		"that signs one Cooldown later, among made-up kids":        {2, cooldown, true, false},
		"that signs one Cooldown later, among them, and KeepFresh": {2, cooldown, true, true},
	} {
		t.Run("R9111-05, R9111-07: a new key "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var keys []key
				var tokens []string
				for n := range 6 {
					k := newEC(fmt.Sprint("k", n), "ES256", elliptic.P256())
					keys = append(keys, k)
					tokens = append(tokens, k.token(object{"exp": at(2 * time.Hour)}))
				}
				s := newServer()
				s.serve(keysURL, document(keySet(keys[0].jwk(nil))))
				p := started(t, s, false, jwks.RemoteOptions{})
				if row.keepFresh {
					p.keptFresh(t)
				}
				begun := time.Now()
				for n := range 4 {
					at := time.Duration(n+1)*every - time.Second/2
					time.AfterFunc(at, func() { s.serve(keysURL, document(keySet(keys[n].jwk(nil), keys[n+1].jwk(nil)))) })
					time.AfterFunc(at+overlap, func() { s.serve(keysURL, document(keySet(keys[n+1].jwk(nil)))) })
				}
				// good returns the tokens that are good now.
				good := func(since time.Duration) (signing int, old bool) {
					signing = int((since - row.signsAfter) / every)
					if since < row.signsAfter {
						signing = 0
					}
					signing = min(signing, 4)
					return signing, signing > 0 && since-time.Duration(signing)*every < overlap-time.Second
				}
				var wrong, asked atomic.Int32
				var all sync.WaitGroup
				for worker := range row.workers {
					all.Go(func() {
						time.Sleep(time.Duration(worker) * pause / time.Duration(row.workers))
						for n := range each {
							now, old := good(time.Since(begun))
							use := now
							if old && (n+worker)%3 == 0 {
								use-- // one that was issued before
							}
							asked.Add(1)
							if got := p.get(tokens[use]); got != "OK" {
								if wrong.Add(1) < 5 {
									t.Errorf("after %v: a token of key %d: %s", time.Since(begun), use, got)
								}
							}
							if row.strangers && worker < 2 {
								if got := p.get(unsigned(fmt.Sprint("x", worker, n))); !strings.HasPrefix(got, "401-T") && got != "503-U cooldown" {
									t.Errorf("a made-up kid: %s", got)
								}
							}
							time.Sleep(pause)
						}
					})
				}
				all.Wait()
				synctest.Wait()
				if wrong.Load() != 0 || int(asked.Load()) != row.workers*each {
					t.Errorf("%d wrong answers of %d", wrong.Load(), asked.Load())
				}
				// Keys that are gone are gone.
				time.Sleep(6 * time.Minute)
				p.get(tokens[4])
				synctest.Wait()
				for n, token := range tokens {
					want := "401-T"
					if n == 4 {
						want = "OK"
					}
					if n == 5 { // it was never published
						p.wantsNoKey(t, token)
						continue
					}
					p.wants(t, token, want)
				}
				most := 2000/300 + 4 + 2
				if row.strangers {
					most += 2000/30 + 1
				}
				if n := s.count(keysURL); n > most+2 {
					t.Errorf("%d fetches", n)
				}
			})
		})
	}
}

// unsigned returns a token that is good but for its kid, which is this, and
// its signature, which is none.
func unsigned(kid string) string {
	return b64(`{"alg":"ES256","typ":"at+jwt","kid":"`+kid+`"}`) + "." + payload() + ".AAAA"
}

// payload is that of good claims for as long as a test needs.
var payload = sync.OnceValue(func() string {
	return b64(encode(changed(claims(), object{"iat": 946684800, "exp": 4102444800})))
})

// R9111-06: an issuer that hangs costs requests with fresh keys no time.
func TestRotationWhileTheIssuerHangs(t *testing.T) {
	for name, row := range map[string]struct {
		keepFresh bool
		until     time.Duration
	}{
		"keys that are fresh or due":      {false, 14 * time.Minute},
		"keys of any age, with KeepFresh": {true, 23 * time.Hour},
	} {
		t.Run("R9111-06: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss := issuertest.NewInMemoryIssuer()
				t.Cleanup(iss.Close)
				set, err := jwks.Discover(iss.URL, &jwks.RemoteOptions{HTTPClient: iss.Client()})
				must(err)
				v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}, KeySet: set})
				must(err)
				p := process{api: newAPI(v), keys: set}
				token := iss.Token(object{"exp": at(48 * time.Hour)})
				p.wants(t, token, "OK")
				restore := iss.Fail(issuertest.EndpointKeys, issuertest.Slow)
				iss.Rotate() // nobody can know
				next := iss.Token(object{"exp": at(48 * time.Hour)})
				if row.keepFresh {
					p.keptFresh(t)
				}
				for begun := time.Now(); time.Since(begun) < row.until; time.Sleep(row.until / 200) {
					if d := took(func() { p.wants(t, token, "OK") }); d != 0 {
						t.Fatalf("waited %v", d)
					}
				}
				if d := took(func() { p.wants(t, next, "503-U keys_unavailable") }); d > 5*time.Second {
					t.Errorf("waited %v", d)
				}
				restore()
				time.Sleep(time.Minute)
				p.wants(t, next, "OK")
				p.wants(t, token, "OK")
				synctest.Wait()
			})
		})
	}
}
