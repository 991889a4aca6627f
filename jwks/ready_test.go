package jwks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// probe returns the answer of ReadyHandler.
func (p process) probe(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	p.keys.ReadyHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the answer of a probe may be stored")
	}
	return fmt.Sprint(w.Code, " ", w.Body)
}

const (
	green = "200 ready\n"
	amber = "200 ready, with stale keys: the issuer does not answer\n"
	red   = "503 not ready: no keys of the issuer\n"
)

func (p process) isReady(t *testing.T, want string) {
	t.Helper()
	if got := p.probe(t); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := p.keys.Ready(t.Context()); err == nil == (want == red) {
		t.Errorf("Ready says %v, ReadyHandler %q", err, want)
	}
}

func TestReady(t *testing.T) {
	t.Run("fetches where there are no keys, so that a process that is probed only becomes ready", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			s.serve(rfcURL, status(500))
			p := started(t, s, true, jwks.RemoteOptions{})
			for range 100 {
				p.isReady(t, red)
				time.Sleep(100 * time.Millisecond)
			}
			if n := s.count(rfcURL); n != 10 {
				t.Errorf("%d attempts in 10 s", n)
			}
			s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": keysURL})))
			p.isReady(t, green)
			if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
				t.Errorf("the first request waits %v", d)
			}
		})
	})
	t.Run("green, amber, red, and green again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			p.isReady(t, green)
			s.serve(keysURL, status(500))
			for range 15 {
				p.isReady(t, green) // within bound, whatever the issuer does
				time.Sleep(time.Minute)
			}
			for range 23 {
				p.isReady(t, amber)
				time.Sleep(time.Hour)
			}
			time.Sleep(45 * time.Minute)
			p.isReady(t, red)
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(time.Minute)
			p.isReady(t, green)
			// The outage is forgotten: the next long pause ends with a question.
			time.Sleep(20 * time.Hour)
			p.isReady(t, green)
			synctest.Wait()
		})
	})
	t.Run("after a long pause it asks before it says so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			p.isReady(t, green)
			time.Sleep(20 * time.Hour)
			p.isReady(t, green)
			if n := s.count(keysURL); n != 2 {
				t.Errorf("%d fetches", n)
			}
			s.serve(keysURL, hang)
			time.Sleep(20 * time.Hour)
			if d := took(func() { p.isReady(t, amber) }); d != 5*time.Second {
				t.Errorf("answered after %v", d)
			}
			if d := took(func() { p.isReady(t, amber) }); d != 0 {
				t.Errorf("answered after %v", d)
			}
			time.Sleep(5 * time.Second) // one may be under way
		})
	})
	t.Run("from a snapshot file it is amber", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			s.serve(keysURL, status(500))
			time.Sleep(time.Minute)
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
			p.isReady(t, amber)
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(2 * time.Second)
			p.isReady(t, amber) // and asks
			synctest.Wait()
			p.isReady(t, green)
		})
	})
	t.Run("a prober that leaves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, hang)
			p := started(t, s, false, jwks.RemoteOptions{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if d := took(func() {
				if p.keys.Ready(ctx) == nil {
					t.Error("ready without keys")
				}
			}); d != time.Second {
				t.Errorf("waited %v", d)
			}
			time.Sleep(5 * time.Second)
		})
	})
	t.Run("a parsed set is ready, the zero one is not", func(t *testing.T) {
		process{keys: parsed(t, all()...)}.isReady(t, green)
		process{keys: new(jwks.KeySet)}.isReady(t, red)
	})
}

// The issuer moves its keys, and its metadata says so.
func TestRefreshOfMovedKeys(t *testing.T) {
	const moved = "https://as.example/moved"
	move := func(s *server, next ...object) {
		s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": moved})))
		s.serve(moved, document(keySet(next...)))
	}
	t.Run("R8414: nothing at the old place: found in the same attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(rs().jwk(nil))
			p := started(t, s, true, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(time.Minute)
			move(s, rs().jwk(nil), es().jwk(nil))
			s.serve(keysURL, status(404))
			if d := took(func() { p.wants(t, es().token(nil), "OK") }); d != 0 || s.count(rfcURL) != 2 || s.count(moved) != 1 {
				t.Errorf("%v, asked %v", d, s.asked())
			}
			p.wants(t, rs().token(nil), "OK")
		})
	})
	t.Run("a hang at the old place: found by the next attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(rs().jwk(nil))
			p := started(t, s, true, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			move(s, rs().jwk(nil), es().jwk(nil))
			s.serve(keysURL, hang)
			p.wants(t, es().token(nil), "503-U")
			time.Sleep(2 * time.Second)
			if d := took(func() { p.wants(t, es().token(nil), "OK") }); d != 0 {
				t.Errorf("waited %v", d)
			}
			synctest.Wait()
		})
	})
	t.Run("metadata that is down is not asked for with every refresh", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, true, jwks.RemoteOptions{RefreshAfter: 10 * time.Second})
			p.keptFresh(t)
			synctest.Wait()
			s.serve(rfcURL, status(500))
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if keys, metadata := s.count(keysURL), s.count(rfcURL); keys < 700 || metadata > 65 {
				t.Errorf("asked for keys %d times, for metadata %d times", keys, metadata)
			}
		})
	})
	t.Run("old keys still at the old place: found after an hour", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(rs().jwk(nil))
			p := started(t, s, true, jwks.RemoteOptions{})
			p.keptFresh(t)
			synctest.Wait()
			move(s, es().jwk(nil))
			time.Sleep(time.Hour - time.Minute)
			p.wants(t, rs().token(nil), "OK")
			if n := s.count(rfcURL); n != 1 {
				t.Errorf("metadata was read %d times", n)
			}
			time.Sleep(2 * time.Minute)
			p.wants(t, es().token(nil), "OK")
			p.wants(t, rs().token(nil), "401-T")
			if n := s.count(rfcURL); n < 2 || n > 3 { // and once for the missing key
				t.Errorf("metadata was read %d times", n)
			}
		})
	})
	t.Run("metadata that is down costs no keys that are up", func(t *testing.T) {
		for name, down := range map[string]http.HandlerFunc{"fails": status(500), "hangs": hang, "talks nonsense": typed("text/html", "<p>")} {
			t.Run("it "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(all()...)
					p := started(t, s, true, jwks.RemoteOptions{})
					p.keptFresh(t)
					synctest.Wait()
					for _, url := range []string{rfcURL, oidcURL, bothURL} {
						s.serve(url, down)
					}
					// Keys that take most of Timeout have the time.
					s.serve(keysURL, slow(3*time.Second, document(keySet(all()...))))
					for range 30 {
						time.Sleep(time.Hour)
						p.wants(t, rs().token(nil), "OK")
					}
					s.serve(keysURL, document(keySet(other().jwk(nil))))
					time.Sleep(6 * time.Minute)
					p.wants(t, other().token(nil), "OK")
					for _, e := range p.events.of(middleware.OpFetch) {
						if e.Reason != middleware.ReasonOK {
							t.Errorf("told of a fetch: %v", e.Err)
						}
					}
				})
			})
		}
	})
	t.Run("metadata of another issuer moves nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(rs().jwk(nil))
			p := started(t, s, true, jwks.RemoteOptions{})
			p.keptFresh(t)
			synctest.Wait()
			s.serve(rfcURL, document(encode(object{"issuer": issuer + "/", "jwks_uri": moved})))
			s.serve(moved, document(keySet(es().jwk(nil))))
			time.Sleep(3 * time.Hour)
			p.wants(t, rs().token(nil), "OK")
			p.wants(t, es().token(nil), "401-T")
			if n := s.count(moved); n != 0 {
				t.Errorf("asked there %d times", n)
			}
		})
	})
}
