package jwks_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// keptFresh runs KeepFresh until the test ends.
func (p process) keptFresh(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		p.keys.KeepFresh(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

func TestKeepFresh(t *testing.T) {
	t.Run("fetches before the first request and on schedule", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			synctest.Wait()
			if n := s.count(keysURL); n != 1 {
				t.Fatalf("%d fetches", n)
			}
			for want := 1; want < 13; want++ {
				time.Sleep(5*time.Minute - 1)
				synctest.Wait()
				if n := s.count(keysURL); n != want {
					t.Fatalf("%d fetches just before number %d", n, want+1)
				}
				time.Sleep(time.Nanosecond)
			}
		})
	})
	t.Run("no request ever waits", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(4*time.Second, document(keySet(all()...))))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			time.Sleep(4 * time.Second)
			for range 100 {
				if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
					t.Errorf("waited %v", d)
				}
				time.Sleep(20 * time.Minute)
				synctest.Wait()
			}
		})
	})
	t.Run("R9111-07: sees keys that came and went without any request", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{Cooldown: -1})
			p.keptFresh(t)
			synctest.Wait()
			s.serve(keysURL, document(keySet(other().jwk(nil))))
			p.wants(t, rs().token(nil), "OK")
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			p.wants(t, rs().token(nil), "401-T")
			p.wants(t, other().token(nil), "OK")
		})
	})
	for name, row := range map[string]struct {
		fields string
		want   int // fetches in an hour
	}{
		"max-age of 2 min":  {"Cache-Control: max-age=120", 30},
		"no-store":          {"Cache-Control: no-store", 60},
		"max-age of a year": {"Cache-Control: max-age=31536000", 1},
	} {
		t.Run("R9111-03: heeds "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.serve(keysURL, stating(row.fields, keySet(all()...)))
				p := started(t, s, false, jwks.RemoteOptions{})
				p.keptFresh(t)
				time.Sleep(time.Hour - 1)
				synctest.Wait()
				if n := s.count(keysURL); n != row.want {
					t.Errorf("%d fetches in an hour", n)
				}
			})
		})
	}
	t.Run("a lifetime as long as MaxStale does not let keys expire", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(4*time.Second, stating("Cache-Control: max-age=3600", keySet(all()...)).ServeHTTP))
			p := started(t, s, false, jwks.RemoteOptions{MaxStale: 30 * time.Minute})
			p.keptFresh(t)
			time.Sleep(5 * time.Second)
			for range 120 {
				if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
					t.Errorf("waited %v", d)
				}
				time.Sleep(time.Minute)
			}
			time.Sleep(5 * time.Second) // one may be under way
		})
	})
	t.Run("backs off while there are keys", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			synctest.Wait()
			s.serve(keysURL, status(500))
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			n := s.count(keysURL)
			time.Sleep(time.Minute) // 1, 2, 4, 8, 16, 32 s, each halved at most
			synctest.Wait()
			if n := s.count(keysURL) - n; n < 5 || n > 8 {
				t.Errorf("%d attempts in the first minute", n)
			}
			time.Sleep(9 * time.Minute)
			n = s.count(keysURL)
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := s.count(keysURL) - n; n < 55 || n > 125 { // 30 to 60 s
				t.Errorf("%d attempts in an hour of outage", n)
			}
			s.serve(keysURL, document(keySet(other().jwk(nil))))
			time.Sleep(time.Minute)
			synctest.Wait()
			p.wants(t, other().token(nil), "OK")
		})
	})
	t.Run("tries every second without keys", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, status(500))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			time.Sleep(100 * time.Second)
			synctest.Wait()
			if n := s.count(keysURL); n < 100 || n > 101 {
				t.Errorf("%d attempts in 100 s", n)
			}
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(time.Second)
			synctest.Wait()
			before := s.count(keysURL)
			p.wants(t, rs().token(nil), "OK")
			if s.count(keysURL) != before {
				t.Error("it was the request that fetched")
			}
		})
	})
	t.Run("honours Retry-After", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, tooManyRequests("30"))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.keptFresh(t)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if n := s.count(keysURL); n < 10 || n > 11 {
				t.Errorf("%d attempts in 5 min", n)
			}
		})
	})
	t.Run("ends with its context", func(t *testing.T) {
		for _, pause := range []time.Duration{0, time.Second, 5*time.Minute + time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				s.serve(keysURL, hang)
				if pause > time.Minute {
					s.serve(keysURL, document(keySet(all()...)))
				}
				p := started(t, s, false, jwks.RemoteOptions{})
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() {
					p.keys.KeepFresh(ctx)
					close(ended)
				}()
				time.Sleep(pause)
				cancel()
				if d := took(func() { <-ended }); d != 0 {
					t.Errorf("ended after %v", d)
				}
				time.Sleep(5 * time.Second) // one fetch may be under way
				before := s.count("")
				time.Sleep(24 * time.Hour)
				if n := s.count("") - before; n != 0 {
					t.Errorf("%d requests afterwards", n)
				}
			})
		}
	})
	t.Run("many at once are as one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			for range 50 {
				p.keptFresh(t)
			}
			time.Sleep(time.Hour - 1)
			synctest.Wait()
			if n := s.count(keysURL); n != 12 {
				t.Errorf("%d fetches in an hour", n)
			}
			s.serve(keysURL, status(500))
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := s.count(keysURL) - 12; n > 125 {
				t.Errorf("%d fetches in an hour of outage", n)
			}
		})
	})
	t.Run("at most once a second, whatever the options say", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{RefreshAfter: time.Millisecond})
			p.keptFresh(t)
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := s.count(keysURL); n > 61 {
				t.Errorf("%d fetches in a minute", n)
			}
		})
	})
	t.Run("RefreshAfter is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{RefreshAfter: -1})
			p.keptFresh(t)
			time.Sleep(1000 * time.Hour)
			synctest.Wait()
			if n := s.count(keysURL); n != 1 {
				t.Errorf("%d fetches", n)
			}
		})
	})
	t.Run("a parsed set: until its context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			set := parsed(t, all()...)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if d := took(func() { set.KeepFresh(ctx) }); d != time.Hour {
				t.Errorf("ended after %v", d)
			}
		})
	})
	t.Run("uses a snapshot file", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			s.serve(keysURL, hang)
			p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
			p.keptFresh(t)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if got := p.events.reasonsOf(middleware.OpSnapshot); got != "ok" {
				t.Errorf("told of the snapshot: %q", got)
			}
			if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
				t.Errorf("waited %v", d)
			}
		})
	})
}

// tooManyRequests answers 429 and when to come back.
func tooManyRequests(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}
