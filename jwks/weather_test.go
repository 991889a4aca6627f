package jwks_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// weather is a way in which a network and an issuer fail. The zero one is good.
type weather func(*http.Request) (*http.Response, error)

// weathers are those of a bubble; the ones with sockets are in another file.
func weathers() map[string]weather {
	ws := map[string]weather{
		"a name that does not resolve": failing(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}),
		"a refused connection":         failing(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}),
		"a bad certificate":            failing(&tls.CertificateVerificationError{Err: errors.New("x")}),
		"a cut connection":             failing(io.ErrUnexpectedEOF),
		"a slow drip":                  body(func(ctx context.Context) io.Reader { return &drip{ctx} }),
		"10 MB":                        body(func(context.Context) io.Reader { return io.LimitReader(spaces{}, 10<<20) }),
		"a cut body":                   body(func(context.Context) io.Reader { return cut{} }),
		"a hang":                       func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
	}
	for name, h := range map[string]http.HandlerFunc{
		"status 500":                    status(500),
		"status 404":                    status(404),
		"status 429":                    status(429),
		"status 429 with Retry-After":   tooManyRequests("20"),
		"status 429, come back in 2099": tooManyRequests("Thu, 31 Dec 2099 23:59:59 GMT"),
		"an HTML page":                  typed("text/html", "<!DOCTYPE html><title>Maintenance</title>"),
		"an empty set":                  document([]byte(`{"keys":[]}`)),
		"half a set":                    document(keySet(all()...)[:200]),
		"a redirect loop":               func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
		"a redirect to http":            redirect("http://as.example/keys"),
	} {
		ws[name] = func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			h(w, r)
			return w.Result(), nil
		}
	}
	return ws
}

func failing(err error) weather {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func body(of func(context.Context) io.Reader) weather {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, ContentLength: -1, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(of(r.Context())),
		}, nil
	}
}

// drip is a body of which a byte comes every second.
type drip struct{ ctx context.Context }

func (d *drip) Read(b []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(time.Second):
		b[0] = ' '
		return 1, nil
	}
}

type spaces struct{}

var manySpaces = strings.Repeat(" ", 64<<10)

func (spaces) Read(b []byte) (int, error) { return copy(b, manySpaces), nil }

type cut struct{}

func (cut) Read(b []byte) (int, error) { return copy(b, `{"keys":[`), io.ErrUnexpectedEOF }

// sky is a network to a server, with a weather in between.
type sky struct {
	server  *server
	mu      sync.Mutex
	weather weather
	all     bool // metadata too, not the keys alone
}

func (s *sky) turn(w weather) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weather = w
}

func (s *sky) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	w := s.weather
	s.mu.Unlock()
	if w == nil || !s.all && r.URL.Path != "/keys" {
		return s.server.RoundTrip(r)
	}
	return w(r)
}

// requests are what arrives in any weather. Every bubble begins at the same
// time, so all share the tokens.
var requests = sync.OnceValue(func() (tokens struct{ known, next, unknown, forged, expired string }) {
	long := object{"iat": 946684800, "exp": 4102444800}
	tokens.known = rs().token(long)
	tokens.next = es().token(long)
	tokens.unknown = key{"unknown", "RS256", other().private}.token(long)
	tokens.forged = key{"rs", "RS256", other().private}.token(long)
	tokens.expired = rs().token(object{"iat": 1, "exp": 1})
	return tokens
})

// patience is what an answer may take.
type patience struct {
	timeout time.Duration // Timeout of the keys
	own     time.Duration // deadline of a request that has one
	late    time.Duration // where time is real
	pause   func()        // before another try
}

// fakeTime is that of a bubble, with the default of Timeout.
var fakeTime = patience{timeout: 5 * time.Second, own: time.Second, pause: func() { time.Sleep(time.Second) }}

// weathered sends one of each request at once, in a weather that brings no
// keys, and shows that every answer is the right one in time.
func (p process) weathered(t *testing.T, haveKeys bool, a patience) {
	t.Helper()
	type row struct {
		name, token string
		withKeys    string // the answers that are right, with keys and without
		without     string
	}
	var all sync.WaitGroup
	for _, row := range []row{
		{"a good token", requests().known, "OK", "503-U"},
		{"a good token of a key published a Cooldown ago", requests().next, "503-U", "503-U"},
		{"a token of a key that never was", requests().unknown, "503-U", "503-U"},
		{"a forged token", requests().forged, "401-T", "503-U"},
		{"an expired token", requests().expired, "401-T", "401-T"},
	} {
		want := row.without
		if haveKeys {
			want = row.withKeys
		}
		all.Go(func() {
			if d := took(func() { p.wants(t, row.token, want) }); d > a.timeout+a.late {
				t.Errorf("%s was answered after %v", row.name, d)
			}
		})
		all.Go(func() { // with its own deadline
			ctx, cancel := context.WithTimeout(t.Context(), a.own)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, "GET", "/api/r", nil)
			r.Header.Set("Authorization", "Bearer "+row.token)
			var got string
			d := took(func() { got, _ = p.do(r) })
			if d > a.own+a.late || !strings.HasPrefix(got, want) && !strings.HasPrefix(got, "503-U") {
				t.Errorf("%s with a deadline was answered %s after %v", row.name, got, d)
			}
		})
	}
	all.Wait()
}

// recovers shows that p does, by itself, once the weather is good.
func (p process) recovers(t *testing.T, a patience) {
	t.Helper()
	begun := time.Now()
	for {
		known, next := p.get(requests().known), p.get(requests().next)
		if known == "OK" && next == "OK" {
			break
		}
		for _, got := range []string{known, next} {
			if got != "OK" && !strings.HasPrefix(got, "503-U") {
				t.Fatalf("a good token, after the weather: %s", got)
			}
		}
		if time.Since(begun) > 61*time.Second {
			t.Fatalf("not recovered after %v: %s, %s", time.Since(begun), known, next)
		}
		a.pause()
	}
	p.wantsNoKey(t, requests().unknown)
	p.wants(t, requests().forged, "401-T bad_signature")
}

func TestWeather(t *testing.T) {
	for _, state := range []struct {
		name string
		age  time.Duration // of the keys when they are asked for; 0: there are none
		keys bool
	}{
		{"cold", 0, false},
		{"fresh", time.Minute, true},
		{"due", 6 * time.Minute, true},
		{"stale", 20 * time.Minute, true},
		{"expired", 25 * time.Hour, false},
	} {
		for name, w := range weathers() {
			for scope, all := range map[string]bool{"the keys": false, "everything": true} {
				t.Run("R9111-06, R9111-08, R7517-01: "+state.name+", "+name+" for "+scope, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &sky{server: newServer(rs().jwk(nil)), all: all}
						p := started(t, nil, all, jwks.RemoteOptions{HTTPClient: &http.Client{Transport: s}})
						if state.age > 0 {
							p.wants(t, requests().known, "OK")
							time.Sleep(state.age - 30*time.Second)
						}
						s.turn(w)
						// Nobody can know that there is a new key now.
						s.server.serve(keysURL, document(keySet(rs().jwk(nil), es().jwk(nil))))
						time.Sleep(30 * time.Second)
						for range 3 {
							p.weathered(t, state.keys, fakeTime)
							time.Sleep(700 * time.Millisecond)
						}
						s.turn(nil)
						p.recovers(t, fakeTime)

						// The clock jumps, by as much as no key survives.
						s.turn(w)
						for range 2 {
							time.Sleep(30 * time.Hour)
							p.weathered(t, false, fakeTime)
						}
						s.turn(nil)
						p.recovers(t, fakeTime)
						synctest.Wait()
					})
				})
			}
		}
	}
}

// However many fetches a request waits for, it waits for Timeout in all.
func TestWeatherOfTwoFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(rs().jwk(nil))
		p := started(t, s, false, jwks.RemoteOptions{})
		p.wants(t, requests().known, "OK")
		s.serve(keysURL, slow(4*time.Second, document(keySet(rs().jwk(nil)))))
		time.Sleep(20 * time.Minute)
		go p.get(requests().known)
		time.Sleep(2 * time.Second)
		// The fetch under way began before this came, and may have missed its
		// key: there is another, of which three seconds are left.
		if d := took(func() { p.wants(t, requests().next, "503-U keys_unavailable") }); d != 5*time.Second {
			t.Errorf("waited %v", d)
		}
		if n := s.count(keysURL); n != 3 {
			t.Errorf("%d fetches", n)
		}
		time.Sleep(5 * time.Second)
	})
}
