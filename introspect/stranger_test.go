package introspect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
)

// Tokens that make something in front of the issuer fail, as strangers can
// choose them, cost good tokens nothing.
func TestTokensThatFailAlone(t *testing.T) {
	for name, junk := range map[string]reply{
		"a connection that breaks": broken,
		"status 502":               status(502),
		"status 503":               status(503),
		"status 401":               status(401),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := says(active(nil))
				s := newServer(nil)
				s.serve(endpoint, knowing("junk", junk, good))
				a := guarding(t, s, nil)
				for second := range 60 {
					for n := range 5 {
						a.get(fmt.Sprint("junk-", second, "-", n))
					}
					time.Sleep(500 * time.Millisecond)
					a.get(fmt.Sprint("good-", second)).is(t, ok)
					time.Sleep(500 * time.Millisecond)
				}
			})
		})
	}
}

// A source of credentials that does not return costs its own call. As a probe,
// it does not keep the breaker open.
func TestHungCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(refused)
		release := make(chan struct{})
		var hangs atomic.Bool
		a := guarding(t, s, func(c *introspect.Config) {
			c.Authenticate = introspect.Bearer(func(context.Context) (string, error) {
				if hangs.CompareAndSwap(true, false) {
					<-release
				}
				return "x", nil
			})
		})
		a.ask(6)
		time.Sleep(2 * time.Second)
		hangs.Store(true)
		began := time.Now()
		a.get("probe").is(t, unavailable)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("answered after %v", took)
		}
		s.serve(endpoint, says(active(nil)))
		time.Sleep(5 * time.Second)
		a.get("good").is(t, ok)
		close(release)
		synctest.Wait()
	})
}

// A token that is refused for what the issuer says of it is not asked about
// again at once, expired or not.
func TestRefusedTokensAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(says(active(object{"exp": in(-time.Hour)})))
		a := guarding(t, s, nil)
		for range 100 {
			a.get("the-same").is(t, "401-T expired")
		}
		if n := s.count(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// knowing answers tokens with this prefix by junk and all others by good.
func knowing(prefix string, junk, good reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.PostFormValue("token"), prefix) {
			return junk(r)
		}
		return good(r)
	}
}
