package jwks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// took returns how much of the bubble's time f took.
func took(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// A process starts while its issuer is down, and recovers by itself.
func TestColdOutage(t *testing.T) {
	for name, fault := range map[string]issuertest.Fault{
		"an outage":       issuertest.Outage,
		"a slow issuer":   issuertest.Slow,
		"half a document": issuertest.Corrupt,
		"status 500":      issuertest.Status(500),
		"status 429":      issuertest.Status(429),
		"an empty 200":    issuertest.Status(200),
	} {
		for _, endpoint := range []string{"", issuertest.EndpointKeys} {
			t.Run(name+" of "+endpoint, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					iss, a := inMemory(t, jwks.RemoteOptions{})
					restore := iss.Fail(endpoint, fault)
					token := iss.Token(nil)
					for range 40 { // never invalid_token, never later than Timeout
						if d := took(func() { a.wants(t, token, "503-U keys_unavailable") }); d > 5*time.Second {
							t.Errorf("answered after %v", d)
						}
						time.Sleep(70 * time.Millisecond)
					}
					restore()
					back := time.Now()
					for a.get(token) != "OK" {
						time.Sleep(50 * time.Millisecond)
						if time.Since(back) > 2*time.Second {
							t.Fatal("not recovered after two seconds")
						}
					}
				})
			})
		}
	}
}

func TestOneAttemptASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.serve(keysURL, status(503))
		a := remote(t, s, jwks.RemoteOptions{})
		token := rs().token(nil)
		for range 1000 { // 10 s
			a.wants(t, token, "503-U keys_unavailable")
			time.Sleep(10 * time.Millisecond)
		}
		if n := s.count(""); n != 10 {
			t.Errorf("%d attempts in 10 s", n)
		}
	})
}

// What a caller's transport can do to us.
func TestTransports(t *testing.T) {
	forever := make(chan struct{})
	for name, transport := range map[string]roundTripper{
		"panics":                 func(*http.Request) (*http.Response, error) { panic("at the transport") },
		"panics with nil":        func(*http.Request) (*http.Response, error) { panic(nil) },
		"ends its goroutine":     func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil },
		"returns nothing at all": func(*http.Request) (*http.Response, error) { return nil, nil },
		"returns an error":       func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("x") },
		"honours its context": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"hangs and ignores its context": func(*http.Request) (*http.Response, error) {
			<-forever
			return nil, context.Canceled
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				forever = make(chan struct{})
				set, err := jwks.Remote(keysURL, &jwks.RemoteOptions{HTTPClient: &http.Client{Transport: transport}, Timeout: 3 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))
				for n := range 4 {
					// One request finds out. The others are told what it found.
					d := took(func() { a.wants(t, rs().token(nil), "503-U keys_unavailable") })
					if d > 3*time.Second || d > 0 && n%2 == 1 {
						t.Errorf("request %d was answered after %v", n, d)
					}
					time.Sleep(time.Duration(n%2) * time.Second)
				}
				close(forever)
			})
		})
	}
}

// A transport that does not return takes no more from anybody than one Timeout.
func TestHungTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		a := remote(t, s, jwks.RemoteOptions{})
		a.wants(t, rs().token(nil), "OK")
		release := make(chan struct{})
		s.serve(keysURL, func(w http.ResponseWriter, r *http.Request) {
			<-release
			document(keySet(es().jwk(nil)))(w, r)
		})
		time.Sleep(16 * time.Minute)
		for n := range 10 {
			d := took(func() { each(10, func() { a.wants(t, rs().token(nil), "OK") }) })
			if n == 0 && d != 5*time.Second || n > 0 && d != 0 {
				t.Errorf("request %d waited %v", n, d)
			}
			if d := took(func() { a.wants(t, other().token(nil), "503-U keys_unavailable") }); d != 0 {
				t.Errorf("an unknown kid waited %v", d)
			}
		}
		if n := s.count(keysURL); n != 2 {
			t.Errorf("%d fetches", n)
		}
		s.serve(keysURL, document(keySet(other().jwk(nil))))
		close(release)
		synctest.Wait()
		time.Sleep(2 * time.Second)
		a.wants(t, other().token(nil), "OK")
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A document that is no good never takes the place of one that is, and is no
// verdict on a token.
func TestBrokenSets(t *testing.T) {
	for name, broken := range brokenSets() {
		t.Run("R7517-01, R9111-08: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				a := remote(t, s, jwks.RemoteOptions{})
				a.wants(t, rs().token(nil), "OK")
				s.serve(keysURL, broken)
				for range 15 {
					time.Sleep(2 * time.Minute)
					a.wants(t, rs().token(nil), "OK")
				}
				synctest.Wait()
				if n := s.count(keysURL); n < 5 {
					t.Errorf("only %d fetches", n)
				}
				if s.count("https://127.0.0.1/keys")+s.count("http://as.example/keys") != 0 {
					t.Error("followed a redirect to where none may lead")
				}
				// And what comes after it is taken.
				s.serve(keysURL, document(keySet(other().jwk(nil))))
				time.Sleep(10 * time.Minute)
				a.get(other().token(nil))
				synctest.Wait()
				a.wants(t, other().token(nil), "OK")
				a.wants(t, rs().token(nil), "401-T")

				cold := newServer()
				cold.serve(keysURL, broken)
				a = remote(t, cold, jwks.RemoteOptions{})
				a.wants(t, rs().token(nil), "503-U keys_unavailable")
				cold.serve(keysURL, document(keySet(all()...)))
				time.Sleep(time.Second)
				a.wants(t, rs().token(nil), "OK")
			})
		})
	}
}

func TestWaiters(t *testing.T) {
	slow := func(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			then(w, r)
		}
	}
	t.Run("R9111-08: a hundred requests before the first key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(time.Second, document(keySet(all()...))))
			a := remote(t, s, jwks.RemoteOptions{})
			token := rs().token(nil)
			d := took(func() { each(100, func() { a.wants(t, token, "OK") }) })
			if s.count("") != 1 || d != time.Second {
				t.Errorf("%d fetches, %v", s.count(""), d)
			}
		})
	})
	t.Run("R9111-08: a hundred requests and a server that hangs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, hang)
			a := remote(t, s, jwks.RemoteOptions{Timeout: 2 * time.Second})
			token := rs().token(nil)
			d := took(func() { each(100, func() { a.wants(t, token, "503-U keys_unavailable") }) })
			if s.count("") != 1 || d != 2*time.Second {
				t.Errorf("%d fetches, %v", s.count(""), d)
			}
		})
	})
	t.Run("the first waiter leaves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(time.Second, document(keySet(all()...))))
			a := remote(t, s, jwks.RemoteOptions{})
			token := rs().token(nil)
			ctx, leave := context.WithCancel(t.Context())
			left := make(chan string)
			go func() {
				r := httptest.NewRequest("GET", "/api/r", nil).WithContext(ctx)
				r.Header.Set("Authorization", "Bearer "+token)
				left <- a.silent(r)
			}()
			synctest.Wait()
			done := make(chan time.Duration)
			go func() { done <- took(func() { each(10, func() { a.wants(t, token, "OK") }) }) }()
			time.Sleep(time.Second / 2)
			leave()
			if got := <-left; got != "canceled" {
				t.Errorf("the one who left: %s", got)
			}
			if d := <-done; d != time.Second || s.count("") != 1 {
				t.Errorf("the others: %v, %d fetches", d, s.count(""))
			}
		})
	})
	t.Run("everybody leaves, and the keys are there for the next", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, slow(time.Second, document(keySet(all()...))))
			a := remote(t, s, jwks.RemoteOptions{})
			ctx, leave := context.WithTimeout(t.Context(), time.Second/2)
			defer leave()
			r := httptest.NewRequest("GET", "/api/r", nil).WithContext(ctx)
			r.Header.Set("Authorization", "Bearer "+rs().token(nil))
			if got, _ := a.do(r); got != "503-U keys_unavailable" { // our own deadline, not the client
				t.Error(got)
			}
			time.Sleep(time.Second / 2)
			synctest.Wait()
			if d := took(func() { a.wants(t, rs().token(nil), "OK") }); d != 0 || s.count("") != 1 {
				t.Errorf("%v, %d fetches", d, s.count(""))
			}
		})
	})
}

// silent returns the reason for which nothing was written, or what was.
func (a api) silent(r *http.Request) string {
	told := &reasons{last: map[middleware.Op]middleware.Reason{}}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), reasonKey{}, told)))
	told.mu.Lock()
	defer told.mu.Unlock()
	if told.last[middleware.OpVerify] != told.last[middleware.OpAuthenticate] {
		return fmt.Sprint(told.last)
	}
	if w.Body.Len() > 0 || len(w.Header()) > 0 || w.Flushed {
		return "wrote " + strconv.Itoa(w.Code)
	}
	return strings.TrimSpace(string(told.last[middleware.OpAuthenticate]))
}
