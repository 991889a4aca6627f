package jwks_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// slow answers after d.
func slow(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		then(w, r)
	}
}

func TestRefresh(t *testing.T) {
	t.Run("fetches though the keys are fresh", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			for n := range 5 {
				must(p.keys.Refresh(t.Context()))
				if got := s.count(keysURL); got != n+1 {
					t.Errorf("%d fetches by %d calls", got, n+1)
				}
			}
		})
	})
	t.Run("R9111-07: a key that left is refused from then on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{})
			token := rs().token(nil)
			p.wants(t, token, "OK")
			s.serve(keysURL, document(keySet(es().jwk(nil))))
			must(p.keys.Refresh(t.Context()))
			p.wants(t, token, "401-T unknown_key")
			p.wants(t, es().token(nil), "OK")
		})
	})
	t.Run("heeds no Cooldown and starts none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(rs().jwk(nil))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			must(p.keys.Refresh(t.Context()))
			s.serve(keysURL, document(keySet(rs().jwk(nil), es().jwk(nil))))
			p.wants(t, es().token(nil), "OK") // forced: the Cooldown begins
			s.serve(keysURL, document(keySet(all()...)))
			p.wants(t, ed().token(nil), "503-U cooldown")
			must(p.keys.Refresh(t.Context()))
			p.wants(t, ed().token(nil), "OK")
		})
	})
	t.Run("heeds no backoff, and ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, status(500))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "503-U keys_unavailable")
			for range 3 {
				if p.keys.Refresh(t.Context()) == nil {
					t.Error("no error")
				}
			}
			if n := s.count(keysURL); n != 4 {
				t.Errorf("%d fetches", n)
			}
			s.serve(keysURL, document(keySet(all()...)))
			p.wants(t, rs().token(nil), "503-U keys_unavailable")
			must(p.keys.Refresh(t.Context()))
			p.wants(t, rs().token(nil), "OK")
		})
	})
	t.Run("joins the fetch that is under way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(2*time.Second, document(keySet(all()...))))
			p := started(t, s, false, jwks.RemoteOptions{})
			go p.get(rs().token(nil))
			time.Sleep(time.Second)
			d := took(func() { each(10, func() { must(p.keys.Refresh(t.Context())) }) })
			if n := s.count(keysURL); d != time.Second || n != 1 {
				t.Errorf("%v, %d fetches", d, n)
			}
		})
	})
	t.Run("ends with its context, and the fetch stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(2*time.Second, document(keySet(all()...))))
			p := started(t, s, false, jwks.RemoteOptions{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if d := took(func() {
				if p.keys.Refresh(ctx) == nil {
					t.Error("no error")
				}
			}); d != time.Second {
				t.Errorf("waited %v", d)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 || s.count(keysURL) != 1 {
				t.Errorf("%v, %d fetches", d, s.count(keysURL))
			}
		})
	})
	t.Run("takes Timeout at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			s.serve(keysURL, hang)
			p := started(t, s, true, jwks.RemoteOptions{Timeout: 3 * time.Second})
			if d := took(func() {
				err := p.keys.Refresh(t.Context())
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "jwks: ") {
					t.Errorf("the error is %v", err)
				}
			}); d != 3*time.Second {
				t.Errorf("waited %v", d)
			}
			synctest.Wait()
		})
	})
	t.Run("R7517-01: keys remain as they were after an error", func(t *testing.T) {
		for name, broken := range brokenSets() {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(all()...)
					p := started(t, s, false, jwks.RemoteOptions{})
					p.wants(t, rs().token(nil), "OK")
					s.serve(keysURL, broken)
					err := p.keys.Refresh(t.Context())
					var e *middleware.Error
					if !errors.As(err, &e) || e.Code != "" || e.Reason != middleware.ReasonKeysUnavailable {
						t.Errorf("the error is %v", err)
					}
					p.wants(t, rs().token(nil), "OK")
					p.wants(t, ed().token(nil), "OK")
				})
			})
		}
	})
	t.Run("a parsed set has nothing to fetch", func(t *testing.T) {
		if err := parsed(t, all()...).Refresh(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What an error or an event says of a URL is its host.
func TestRefreshTellsNoSecret(t *testing.T) {
	const query = "?code=" + marker
	for name, answer := range map[string]http.HandlerFunc{
		"status 500":       status(500),
		"status 404":       status(404),
		"status 429":       status(429),
		"nonsense":         typed("text/html", marker),
		"a bad key":        document([]byte(`{"keys":[{"kty":"` + marker + `"}]}`)),
		"a redirect":       redirect("http://" + marker + ".example/"),
		"a redirect loop":  redirect(keysURL + query),
		"a redirect to /b": redirect("https://" + marker + ".example/"),
		"a hang":           hang,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.serve(keysURL+query, answer)
				s.serve(rfcURL+query, answer)
				told := &witness{}
				opts := jwks.RemoteOptions{HTTPClient: s.client(), Observe: told.observe}
				remote, err := jwks.Remote(keysURL+query, &opts)
				must(err)
				opts.MetadataURL = rfcURL + query
				discovered, err := jwks.Discover(issuer, &opts)
				must(err)
				for _, set := range []*jwks.KeySet{remote, discovered} {
					err := set.Refresh(t.Context())
					if err == nil {
						t.Fatal("no error")
					}
					told.observe(t.Context(), middleware.Event{Err: err})
					told.observe(t.Context(), middleware.Event{Err: set.Ready(t.Context())})
				}
				synctest.Wait()
				if s.count("") < 2 {
					t.Error("nobody was asked")
				}
				text := told.told.String()
				if piece := leaked(text, 10, marker, query); piece != "" {
					t.Errorf("%q in %s", piece, text)
				}
				if !strings.Contains(text, "jwks: ") {
					t.Error("the errors say nothing of their cause")
				}
			})
		})
	}
}
