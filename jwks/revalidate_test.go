package jwks_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// validating serves a document with these fields, and 304 with others to who
// shows a validator. It keeps what it was shown.
type validating struct {
	mu              sync.Mutex
	with, unchanged string // fields
	shown           []string
}

func (v *validating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	shown := r.Header.Get("If-None-Match") + r.Header.Get("If-Modified-Since")
	v.shown = append(v.shown, shown)
	if shown != "" {
		state(w.Header(), v.unchanged)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	state(w.Header(), v.with)
	w.Write(keySet(all()...))
}

func (v *validating) last() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.shown[len(v.shown)-1]
}

func TestLifetimeRenewed(t *testing.T) {
	const old = "Sat, 01 Jan 2000 00:00:00 GMT" // when a bubble begins
	for _, row := range []struct {
		name, with, unchanged string
		shown                 string
		first, second         time.Duration // how long each answer is used
	}{
		{"R9111-04: an ETag", `ETag: "1"`, `ETag: "1"`, `"1"`, 5 * time.Minute, 5 * time.Minute},
		{"R9111-04: a weak ETag", `ETag: W/"1"`, "", `W/"1"`, 5 * time.Minute, 5 * time.Minute},
		{"R9111-04: Last-Modified", "Last-Modified: " + old + "\nDate: DATE", "", old, 5 * time.Minute, 5 * time.Minute},
		{"R9111-04: an ETag before Last-Modified", "Last-Modified: " + old + "\nDate: DATE\nETag: \"1\"", "", `"1"`, 5 * time.Minute, 5 * time.Minute},
		{"R9111-04: a 304 states a lifetime", "Cache-Control: max-age=100\nETag: \"1\"", "Cache-Control: max-age=200", `"1"`, 100 * time.Second, 200 * time.Second},
		{"R9111-04: a 304 repeats no lifetime", "Cache-Control: max-age=100\nETag: \"1\"", "", `"1"`, 100 * time.Second, 100 * time.Second},
		{"Last-Modified, which may change within its second", "Last-Modified: DATE\nDate: DATE", "", "", 5 * time.Minute, 5 * time.Minute},
		{"Last-Modified that is no date", "Last-Modified: today\nDate: DATE", "", "", 5 * time.Minute, 5 * time.Minute},
		{"neither", "", "", "", 5 * time.Minute, 5 * time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour)
				s := newServer()
				v := &validating{with: row.with, unchanged: row.unchanged}
				s.serve(keysURL, v.ServeHTTP)
				p := started(t, s, false, jwks.RemoteOptions{})
				p.wants(t, rs().token(nil), "OK")
				if v.last() != "" {
					t.Errorf("the first request shows %s", v.last())
				}
				p.refetchedAfter(t, s, row.first)
				if got := v.last(); got != row.shown {
					t.Errorf("shown %q, want %q", got, row.shown)
				}
				// The timer began anew, a second ago.
				p.refetchedAfter(t, s, row.second)
				for _, e := range p.events.of(middleware.OpFetch) {
					if e.Reason != middleware.ReasonOK || e.Keys != 3 {
						t.Errorf("told of a fetch: %v, %d keys", e.Reason, e.Keys)
					}
				}
			})
		})
	}
	t.Run("R9111-04: a 304 keeps keys past MaxStale", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, tagged(`"1"`, keySet(all()...)))
			p := started(t, s, false, jwks.RemoteOptions{MaxStale: 20 * time.Minute})
			for range 20 {
				p.wants(t, rs().token(nil), "OK")
				time.Sleep(6 * time.Minute)
			}
			synctest.Wait()
		})
	})
	t.Run("a 304 that nobody asked for is no answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			p := started(t, s, false, jwks.RemoteOptions{MaxStale: 20 * time.Minute})
			p.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, status(http.StatusNotModified))
			if p.keys.Refresh(t.Context()) == nil {
				t.Error("Refresh takes it for one")
			}
			for range 19 {
				p.wants(t, rs().token(nil), "OK")
				time.Sleep(time.Minute)
			}
			time.Sleep(time.Minute)
			p.wants(t, rs().token(nil), "503-U keys_unavailable")

			cold := started(t, s, false, jwks.RemoteOptions{})
			cold.wants(t, rs().token(nil), "503-U keys_unavailable")
		})
	})
	t.Run("a key that is missed is asked for without a validator", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, tagged(`"1"`, keySet(rs().jwk(nil))))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, tagged(`"1"`, keySet(rs().jwk(nil), es().jwk(nil)))) // the same tag
			p.wants(t, es().token(nil), "OK")
		})
	})
	const moved = "https://as.example/moved"
	movedTo := func(t *testing.T, there http.HandlerFunc) (*server, process) {
		s := newServer()
		s.serve(keysURL, tagged(`"1"`, keySet(rs().jwk(nil))))
		p := started(t, s, true, jwks.RemoteOptions{})
		p.wants(t, rs().token(nil), "OK")
		s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": moved})))
		s.serve(keysURL, status(404))
		s.serve(moved, there)
		time.Sleep(6 * time.Minute)
		p.wants(t, rs().token(nil), "OK") // and asks
		synctest.Wait()
		return s, p
	}
	t.Run("R9111-04: a moved jwks_uri is not shown the validators of the old one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			v := &validating{with: `ETag: "1"`}
			_, p := movedTo(t, v.ServeHTTP)
			if v.last() != "" {
				t.Errorf("shown %s", v.last())
			}
			p.wants(t, es().token(nil), "OK")
		})
	})
	t.Run("a 304 of a moved jwks_uri says nothing of keys from elsewhere", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, p := movedTo(t, status(http.StatusNotModified))
			if got := p.events.reasonsOf(middleware.OpFetch); got != "ok keys_unavailable" {
				t.Errorf("told of fetches: %s", got)
			}
		})
	})
}
