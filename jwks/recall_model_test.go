package jwks_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// Whatever the issuer publishes and however time passes: an API that remembers
// answers as one that does not.
func TestRecallChangesNoOutcome(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 7))
				var material []key
				for n := range 4 {
					material = append(material, newEd("", fmt.Sprintf("a fixed seed of 32 bytes for no%d", n)))
				}
				kids := []string{"a", "b"}
				published := func() []byte {
					keys := []object{material[0].jwk(object{"kid": "stays"})} // a set is never empty
					for _, k := range material {
						if random.IntN(2) == 0 {
							changes := object{"kid": kids[random.IntN(len(kids))]}
							if random.IntN(4) == 0 {
								changes["alg"] = []any{"Ed25519", nil}[random.IntN(2)]
							}
							if random.IntN(8) == 0 {
								changes["kid"] = nil
							}
							keys = append(keys, k.jwk(changes))
						}
					}
					return keySet(keys...)
				}
				var tokens []string
				for range 60 {
					header := object{"kid": kids[random.IntN(len(kids))], "alg": []string{"EdDSA", "EdDSA", "Ed25519"}[random.IntN(3)]}
					if random.IntN(6) == 0 {
						header["kid"] = nil
					}
					tokens = append(tokens, material[random.IntN(len(material))].tokenAs(header, object{
						"exp": at(time.Duration(random.IntN(48)) * time.Hour), "iat": at(-time.Duration(random.IntN(48)) * time.Hour),
					}))
				}
				s, opts := newServer(), jwks.RemoteOptions{RefreshAfter: 3 * time.Minute, WaitAfter: 3 * time.Minute}
				s.serve(keysURL, document(published()))
				config := func(size int) func(*jwks.Config) {
					return func(c *jwks.Config) { c.MaxTokenAge, c.CacheSize = 60*time.Hour, size }
				}
				remembers, doesNot := recallingFrom(t, s, opts, config(0)), recallingFrom(t, s, opts, config(-1))
				outcomes, vias := map[string]int{}, map[string]int{}
				for step := range 1000 {
					switch random.IntN(20) {
					case 0:
						s.serve(keysURL, document(published()))
					case 1:
						time.Sleep(time.Duration(random.IntN(int(12 * time.Minute))))
					default:
						time.Sleep(time.Duration(random.IntN(int(30 * time.Second))))
					}
					token := tokens[random.IntN(len(tokens))]
					got, want := remembers.get(token), doesNot.get(token)
					outcomes[want]++
					// What is wrong in two ways may be refused for either.
					got, _, _ = strings.Cut(got, " ")
					want, _, _ = strings.Cut(want, " ")
					if got != want {
						t.Fatalf("step %d: %s and %s", step, got, want)
					}
					vias[by(remembers.verdict())]++
					if v := by(doesNot.verdict()); v == "cache" {
						t.Fatal("the one that does not remember does")
					}
					synctest.Wait() // for refreshes in the background
				}
				if vias["cache"] < 50 || vias["signature"] < 50 || len(outcomes) < 4 {
					t.Errorf("nothing much happened: %v, %v", outcomes, vias)
				}
			})
		})
	}
}
