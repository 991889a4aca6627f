package jwks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// The age of the keys counts for remembered tokens as for all others, and hits
// alone keep keys fresh.
func TestRecallJudgesTheAgeOfKeys(t *testing.T) {
	for _, row := range []struct {
		name string
		run  func(t *testing.T, s *server, p process, token string)
	}{
		{"fresh: nothing is asked", func(t *testing.T, s *server, p process, token string) {
			for range 299 {
				time.Sleep(time.Second)
				p.is(t, token, "OK by cache")
			}
			if n := s.count(""); n != 1 {
				t.Errorf("%d requests to the issuer", n)
			}
		}},
		{"due: hits alone refresh, and wait for nothing", func(t *testing.T, s *server, p process, token string) {
			for range 60 {
				time.Sleep(time.Minute)
				if d := took(func() { p.is(t, token, "OK by cache") }); d != 0 {
					t.Errorf("waited %v", d)
				}
				synctest.Wait()
			}
			if n := s.count(""); n < 11 || n > 13 {
				t.Errorf("%d requests to the issuer in an hour", n)
			}
			if p.verdict().Stale {
				t.Error("they count as stale")
			}
		}},
		{"stale: a hit waits once and as long as Timeout, then nobody does", func(t *testing.T, s *server, p process, token string) {
			s.serve(keysURL, hang)
			time.Sleep(16 * time.Minute)
			if d := took(func() { p.is(t, token, "OK by cache") }); d != 5*time.Second || p.verdict().Duration != d {
				t.Errorf("waited %v and reported %v", d, p.verdict().Duration)
			}
			for range 100 {
				if d := took(func() { p.is(t, token, "OK by cache") }); d != 0 {
					t.Errorf("waited %v", d)
				}
				if e := p.verdict(); !e.Stale || e.Reason != middleware.ReasonOK {
					t.Errorf("%+v", e)
				}
				time.Sleep(time.Second)
			}
			s.serve(keysURL, document(keySet(all()...)))
			for range 3 {
				p.get(token)
				time.Sleep(time.Minute)
			}
			p.is(t, token, "OK by cache")
			if p.verdict().Stale {
				t.Error("they count as stale")
			}
		}},
		{"stale: retries keep their distance", func(t *testing.T, s *server, p process, token string) {
			s.serve(keysURL, status(500))
			time.Sleep(16 * time.Minute)
			for range 1000 {
				p.is(t, token, "OK by cache")
				time.Sleep(100 * time.Millisecond)
			}
			if n := s.count(keysURL); n < 5 || n > 14 {
				t.Errorf("%d fetches in 100 s", n)
			}
		}},
		{"from MaxStale on: 503, by nothing that is remembered", func(t *testing.T, s *server, p process, token string) {
			s.serve(keysURL, status(500))
			time.Sleep(24*time.Hour - time.Second)
			p.is(t, token, "OK by cache")
			time.Sleep(2 * time.Second)
			before := s.count(keysURL)
			for range 20 {
				p.is(t, token, "503-U keys_unavailable by nothing")
				time.Sleep(100 * time.Millisecond)
			}
			if n := s.count(keysURL) - before; n < 1 || n > 4 {
				t.Errorf("%d attempts in 2 s", n)
			}
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(time.Minute)
			p.is(t, token, "OK by cache")
		}},
		{"from MaxStale on: 503 also where the issuer hangs, as soon as for others", func(t *testing.T, s *server, p process, token string) {
			s.serve(keysURL, hang)
			time.Sleep(25 * time.Hour)
			if d := took(func() { p.is(t, token, "503-U keys_unavailable by nothing") }); d != 5*time.Second {
				t.Errorf("waited %v", d)
			}
			if d := p.verdict().Duration; d != 5*time.Second {
				t.Errorf("reported %v", d)
			}
		}},
		{"from MaxStale on, and the key is gone when the issuer is back", func(t *testing.T, s *server, p process, token string) {
			s.serve(keysURL, status(500))
			time.Sleep(25 * time.Hour)
			p.is(t, token, "503-U keys_unavailable by nothing")
			s.serve(keysURL, document(keySet(rs().jwk(nil))))
			time.Sleep(time.Minute)
			p.is(t, token, "401-T unknown_key by nothing", "401-T unknown_key by nothing")
		}},
	} {
		t.Run("R9111-06: "+row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
				token := ed().token(object{"exp": at(48 * time.Hour)})
				p.is(t, token, "OK by signature", "OK by cache")
				row.run(t, s, p, token)
				time.Sleep(6 * time.Second) // a fetch may be under way
			})
		})
	}
}

// A token whose time is over is that, whatever becomes of the keys, and costs
// nobody a call: seen before or not.
func TestRecallOfAnExpiredTokenAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		p := recallingFrom(t, s, jwks.RemoteOptions{}, nil)
		claims := object{"exp": at(time.Minute)}
		seen, unseen := ed().token(claims), ed().token(claims)
		p.is(t, seen, "OK by signature", "OK by cache")
		s.serve(keysURL, hang)
		time.Sleep(25 * time.Hour)
		before := s.count("")
		if d := took(func() {
			p.is(t, unseen, "401-T expired by nothing")
			p.is(t, seen, "401-T expired by cache", "401-T expired by nothing")
		}); d != 0 {
			t.Errorf("waited %v", d)
		}
		if n := s.count("") - before; n != 0 {
			t.Errorf("%d requests to the issuer", n)
		}
	})
}
