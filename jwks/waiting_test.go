package jwks_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// What changes while somebody waits for keys.
func TestWaiting(t *testing.T) {
	slow := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			document(keySet(all()...))(w, r)
		}
	}
	t.Run("R7519-03: a token that expires meanwhile", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			s.serve(keysURL, slow(4*time.Second))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(object{"exp": time.Now().Add(-29 * time.Second).Unix()}), "401-T expired")
			synctest.Wait()
		})
	})
	t.Run("metadata that hangs leaves the keys their time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, true, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			for _, l := range locationsOfIssuer {
				s.serve(l, hang)
			}
			s.serve(keysURL, slow(700*time.Millisecond))
			for range 3 {
				time.Sleep(2 * time.Hour) // beyond the metadata's hour, and WaitAfter
				began := time.Now()
				p.wants(t, rs().tokenAs(object{"kid": "made up"}, nil), "401-T")
				p.wants(t, rs().token(nil), "OK")
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("waited %v", took)
				}
			}
			synctest.Wait()
		})
	})
	t.Run("keys that are stale say nothing of new ones, Cooldown or not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{Cooldown: -1})
			p.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, status(500))
			for range 2 {
				time.Sleep(time.Hour)
				p.wants(t, rs().tokenAs(object{"kid": "published during the outage"}, nil), "503-U keys_unavailable")
			}
			synctest.Wait()
		})
	})
	t.Run("Refresh does not take a snapshot file for an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			s.serve(keysURL, func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(time.Second)
				w.WriteHeader(http.StatusInternalServerError)
			})
			time.Sleep(time.Minute)
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
			done := make(chan error, 1)
			go func() { done <- p.keys.Refresh(t.Context()) }()
			time.Sleep(100 * time.Millisecond)
			p.wants(t, rs().token(nil), "OK")
			if err := <-done; err == nil {
				t.Error("nil, though every fetch failed")
			}
			synctest.Wait()
		})
	})
}

// A Remote set learns whose keys it holds from NewVerifier. Before that, its
// snapshot file is neither read nor written.
func TestSnapshotWithoutOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		s.serve(keysURL, status(500))
		time.Sleep(time.Minute)
		p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
		keys, err := jwks.Remote(keysURL, &jwks.RemoteOptions{Snapshot: file, HTTPClient: s.client()})
		must(err)
		if err := keys.Ready(t.Context()); err == nil {
			t.Error("ready by the keys of nobody knows whom")
		}
		v := verifier(t, func(c *jwks.Config) { c.KeySet = keys })
		time.Sleep(time.Minute)
		newAPI(v).wants(t, rs().token(nil), "OK")
		p.wants(t, rs().token(nil), "OK")
		synctest.Wait()
	})
}

// A discovered address is read by whoever looks at the snapshot file while a
// fetch may write it: the race detector judges.
func TestSnapshotBesideDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, true)
		for range 20 {
			p := started(t, s, true, jwks.RemoteOptions{Snapshot: file})
			var both sync.WaitGroup
			both.Go(func() { _ = p.keys.Refresh(t.Context()) })
			both.Go(func() { _ = p.keys.Ready(t.Context()) })
			both.Wait()
			p.wants(t, rs().token(nil), "OK")
			synctest.Wait()
		}
	})
}

var locationsOfIssuer = []string{
	rfcURL,
	"https://as.example/.well-known/openid-configuration/t1",
	"https://as.example/t1/.well-known/openid-configuration",
}
