package jwks_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func TestStaleKeys(t *testing.T) {
	t.Run("R9111-06: served until MaxStale and refused from then on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{MaxStale: time.Hour})
			token := rs().token(object{"exp": at(24 * time.Hour)})
			a.wants(t, token, "OK")
			s.serve(keysURL, status(500))
			start := time.Now()
			for time.Since(start) < time.Hour {
				if d := took(func() { a.wants(t, token, "OK") }); d != 0 {
					t.Errorf("after %v: answered after %v", time.Since(start), d)
				}
				time.Sleep(time.Minute)
			}
			for range 10 {
				a.wants(t, token, "503-U keys_unavailable")
				time.Sleep(time.Second)
			}
			s.serve(keysURL, document(keySet(all()...)))
			time.Sleep(2 * time.Second)
			a.wants(t, token, "OK")
		})
	})
	t.Run("R9111-06: a request after a long pause, the issuer down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{})
			token := rs().token(object{"exp": at(48 * time.Hour)})
			a.wants(t, token, "OK")
			s.serve(keysURL, status(500))
			time.Sleep(24*time.Hour - 1)
			a.wants(t, token, "OK")
			time.Sleep(time.Minute)
			a.wants(t, token, "503-U keys_unavailable")
		})
	})
	t.Run("MaxStale is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{RefreshAfter: time.Minute, WaitAfter: time.Minute, MaxStale: -1})
			a.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, status(500))
			time.Sleep(2*time.Minute - 1)
			a.wants(t, rs().token(nil), "OK")
			time.Sleep(2 * time.Second)
			a.wants(t, rs().token(nil), "503-U keys_unavailable")
		})
	})
	t.Run("RefreshAfter is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{RefreshAfter: -1})
			a.wants(t, rs().token(nil), "OK")
			time.Sleep(1000 * time.Hour)
			a.wants(t, rs().token(nil), "OK")
			if n := s.count(keysURL); n != 1 {
				t.Errorf("%d fetches", n)
			}
		})
	})
	t.Run("a failed refresh that a request waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{})
			a.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, hang)
			time.Sleep(16 * time.Minute)
			token := rs().token(nil)
			if d := took(func() { a.wants(t, token, "OK") }); d != 5*time.Second {
				t.Errorf("waited %v, not Timeout", d)
			}
			// From now on nobody waits.
			for range 300 {
				if d := took(func() { a.wants(t, rs().token(nil), "OK") }); d != 0 {
					t.Errorf("waited %v", d)
				}
				time.Sleep(time.Second)
			}
			time.Sleep(5 * time.Second) // one may be under way
		})
	})
	t.Run("a kid that stale keys lack is the issuer's to tell, not an invalid token", func(t *testing.T) {
		for name, down := range map[string]http.HandlerFunc{"hangs": hang, "fails": status(500)} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(all()...)
					a := remote(t, s, jwks.RemoteOptions{})
					a.wants(t, rs().token(nil), "OK")
					s.serve(keysURL, down)
					time.Sleep(16 * time.Minute)
					for range 5 {
						a.wants(t, other().token(nil), "503-U keys_unavailable")
						a.wants(t, rs().token(nil), "OK")
					}
					time.Sleep(5 * time.Second) // one may be under way
				})
			})
		}
	})
	t.Run("a kid that fresh keys lack, the issuer down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{})
			a.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, status(500))
			for range 20 {
				a.wants(t, other().token(nil), "503-U keys_unavailable")
				if d := took(func() { a.wants(t, rs().token(nil), "OK") }); d != 0 {
					t.Errorf("a known kid waited %v", d)
				}
				time.Sleep(time.Second)
			}
			if n := s.count(keysURL); n < 4 || n > 9 { // 1 s, 2 s, 4 s, 8 s, each halved at most
				t.Errorf("%d attempts in 20 s", n)
			}
			s.serve(keysURL, document(keySet(other().jwk(nil))))
			time.Sleep(time.Minute)
			a.wants(t, other().token(nil), "OK")
		})
	})
}

func TestBackgroundRefresh(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a slow one": func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			document(keySet(all()...))(w, r)
		},
		"one that hangs": hang,
		"one that fails": status(500),
	} {
		t.Run("R9111-06: requests do not wait for "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				a := remote(t, s, jwks.RemoteOptions{})
				a.wants(t, rs().token(nil), "OK")
				s.serve(keysURL, answer)
				time.Sleep(5 * time.Minute)
				token := rs().token(nil)
				for range 60 {
					if d := took(func() { each(10, func() { a.wants(t, token, "OK") }) }); d != 0 {
						t.Errorf("waited %v", d)
					}
					time.Sleep(9 * time.Second)
				}
				if n := s.count(keysURL); n < 2 || n > 40 {
					t.Errorf("%d fetches", n)
				}
				time.Sleep(5 * time.Second) // one may be under way
			})
		})
	}
	t.Run("nothing is fetched while no request comes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			a := remote(t, s, jwks.RemoteOptions{})
			a.wants(t, rs().token(nil), "OK")
			time.Sleep(23 * time.Hour)
			if n := s.count(keysURL); n != 1 {
				t.Errorf("%d fetches", n)
			}
		})
	})
}

// One issuer's weather is not another's.
func TestIsolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuerB = "https://b.example"
		down, up := newServer(), newServer()
		down.serve(rfcURL, hang)
		up.serve("https://b.example/.well-known/oauth-authorization-server", document(encode(object{"issuer": issuerB, "jwks_uri": "https://b.example/keys"})))
		up.serve("https://b.example/keys", document(keySet(other().jwk(nil))))
		a := newAPI(middleware.ByIssuer(map[string]middleware.Verifier{
			issuer:  verifier(t, func(c *jwks.Config) { c.HTTPClient = down.client() }),
			issuerB: verifier(t, func(c *jwks.Config) { c.Issuer, c.HTTPClient = issuerB, up.client() }),
		}))
		good := other().token(object{"iss": issuerB})
		tokenA := rs().token(nil)
		waiting := make(chan struct{})
		go func() {
			each(50, func() { a.wants(t, tokenA, "503-U keys_unavailable") })
			close(waiting)
		}()
		synctest.Wait()
		if d := took(func() { a.wants(t, good, "OK") }); d != 0 {
			t.Errorf("B waited %v for A", d)
		}
		<-waiting
		down.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": keysURL})))
		down.serve(keysURL, document(keySet(all()...)))
		time.Sleep(time.Second)
		a.wants(t, tokenA, "OK")

		// A's Cooldown is not B's.
		for range 10 {
			a.wants(t, madeUp(issuer), "401-T")
		}
		next := newServer(es().jwk(nil))
		up.serve("https://b.example/keys", next.urls[keysURL])
		a.wants(t, es().token(object{"iss": issuerB}), "OK")
	})
}

// A client that leaves is told nothing, and is no outage.
func TestCanceledClient(t *testing.T) {
	for name, warm := range map[string]bool{"without keys": false, "for an unknown key": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				a := remote(t, s, jwks.RemoteOptions{})
				if warm {
					a.wants(t, rs().token(nil), "OK")
				}
				s.serve(keysURL, hang)
				ctx, leave := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, leave)
				r := httptest.NewRequest("GET", "/api/r", nil).WithContext(ctx)
				r.Header.Set("Authorization", "Bearer "+other().token(nil))
				var got string
				if d := took(func() { got = a.silent(r) }); d != time.Second || got != string(middleware.ReasonCanceled) {
					t.Errorf("after %v: %s", d, got)
				}
				time.Sleep(5 * time.Second) // the fetch stays, for others
			})
		})
	}
}
