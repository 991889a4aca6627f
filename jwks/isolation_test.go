package jwks_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// neighbour is one of several issuers that share nothing but the API.
type neighbour struct {
	*issuertest.Issuer
	name string
	keys *jwks.KeySet
}

// newNeighbour starts an issuer for this bubble. All in-memory issuers call
// themselves the same, so the name is that in the tokens.
func newNeighbour(t *testing.T, name string) *neighbour {
	t.Helper()
	i := issuertest.NewInMemoryIssuer()
	keys, err := jwks.Remote(i.URL+issuertest.EndpointKeys, &jwks.RemoteOptions{HTTPClient: i.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return &neighbour{i, name, keys}
}

// token returns a token of n's, by a key with this ID; "" is its own.
func (n *neighbour) token(kid string) string {
	header := object{}
	if kid != "" {
		header["kid"] = kid
	}
	return n.Sign(header, object{"iss": n.name})
}

// One hung or hostile issuer changes no latency and no answer of another.
func TestIssuersAreIsolated(t *testing.T) {
	for _, weather := range []struct {
		name  string
		fault issuertest.Fault
	}{
		{"hangs", issuertest.Slow},
		{"is gone", issuertest.Outage},
		{"sends half of a document", issuertest.Corrupt},
		{"fails", issuertest.Status(500)},
		{"sends nothing and says it is fine", issuertest.Status(200)},
	} {
		for _, age := range []struct {
			name string
			of   time.Duration
		}{
			{"from the start", 0},
			{"when its keys are due", 6 * time.Minute},
			{"when its keys are stale", 16 * time.Minute},
			{"when its keys are too old", 25 * time.Hour},
		} {
			t.Run("one "+weather.name+" "+age.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					bad, good := newNeighbour(t, "https://bad.example"), newNeighbour(t, "https://good.example")
					defer bad.Close()
					defer good.Close()
					isolated(t, bad, good, weather.fault, age.of)
				})
			})
		}
	}
}

func isolated(t *testing.T, bad, good *neighbour, fault issuertest.Fault, age time.Duration) {
	verifiers := map[string]middleware.Verifier{}
	for _, n := range []*neighbour{bad, good} {
		verifiers[n.name] = verifier(t, func(c *jwks.Config) {
			c.Issuer, c.Audience, c.KeySet = n.name, []string{issuertest.Audience}, n.keys
		})
	}
	a := newAPI(middleware.ByIssuer(verifiers))
	if age > 0 {
		a.wants(t, bad.token(""), "OK")
		time.Sleep(age)
	}
	// The good issuer's keys are cold here, then of every age.
	restore := bad.Fail("", fault)
	var crowd sync.WaitGroup
	for _, pause := range []time.Duration{0, time.Second, 6 * time.Minute, 16 * time.Minute, 25 * time.Hour} {
		time.Sleep(pause)
		for i := range 20 {
			crowd.Go(func() { a.get(bad.token([]string{"", "made-up"}[i%2])) })
		}
		synctest.Wait() // they all wait for the bad issuer, or have their answer

		began := time.Now()
		for _, row := range []attempt{
			{"the other issuer's token", good.token(""), "OK"},
			{"its expired token", good.Token(object{"iss": good.name, "exp": 1}), "401-T expired"},
			{"its token by a key that only the bad issuer has", good.token(bad.KeyID("RS256")), "401-T"},
			{"nobody's token", good.Token(object{"iss": "https://other.example"}), "401-T unknown_issuer"},
		} {
			if got := a.get(row.token); !strings.HasPrefix(got, row.want) {
				t.Errorf("after %v, %s: got %s, want %s", pause, row.name, got, row.want)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("after %v the other issuer's tokens took %v", pause, took)
		}
	}
	crowd.Wait()
	if asked := good.Requests(issuertest.EndpointKeys); asked < 3 {
		t.Errorf("the other issuer was asked %d times, which is not once for each age of its keys", asked)
	}

	// A token that says bad is judged by bad's keys and by no others.
	restore()
	time.Sleep(2 * time.Minute) // longer than the backoff
	a.wants(t, bad.token(""), "OK")
	// R8725-02: the other issuer signed it, and gave it bad's kid.
	a.wants(t, good.Sign(object{"kid": bad.KeyID("RS256")}, object{"iss": bad.name}), "401-T bad_signature")
}
