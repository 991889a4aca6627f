package jwks_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// stating serves a document with these fields, one in a line. DATE and
// DATE+1h and the like stand for dates.
func stating(fields string, doc []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		state(w.Header(), fields)
		w.Write(doc)
	}
}

func state(h http.Header, fields string) {
	for line := range strings.Lines(fields) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if rest, ok := strings.CutPrefix(value, "DATE"); ok {
			at := time.Now()
			if rest != "" {
				d, err := time.ParseDuration(rest)
				must(err)
				at = at.Add(d)
			}
			value = at.UTC().Format(http.TimeFormat)
		}
		h.Add(name, value)
	}
}

// refetchedAfter shows that keys which were fetched now are used for d and
// then asked for again.
func (p process) refetchedAfter(t *testing.T, s *server, d time.Duration) {
	t.Helper()
	before := s.count(keysURL)
	token := rs().token(object{"exp": at(24 * time.Hour)})
	time.Sleep(d - time.Second)
	p.wants(t, token, "OK")
	synctest.Wait()
	if n := s.count(keysURL); n != before {
		t.Errorf("asked %d times before %v", n-before, d)
	}
	time.Sleep(2 * time.Second)
	p.wants(t, token, "OK")
	synctest.Wait()
	if n := s.count(keysURL); n != before+1 {
		t.Errorf("asked %d times after %v", n-before, d)
	}
}

func TestStatedLifetime(t *testing.T) {
	const unstated, floor, ceiling = 5 * time.Minute, time.Minute, time.Hour
	for _, row := range []struct {
		name, fields string
		want         time.Duration
	}{
		{"R9111-01: max-age and Age", "Cache-Control: max-age=100\nAge: 40", 60 * time.Second},
		{"R9111-01: max-age", "Cache-Control: max-age=100", 100 * time.Second},
		{"R9111-01: max-age among others, in capitals", "Cache-Control: public, MAX-AGE=100, must-revalidate", 100 * time.Second},
		{"R9111-01: max-age in a second field", "Cache-Control: public\nCache-Control: max-age=100", 100 * time.Second},
		{"R9111-01: max-age in quotes", `Cache-Control: max-age="100"`, 100 * time.Second},
		{"R9111-01: max-age over Expires", "Cache-Control: max-age=100\nDate: DATE\nExpires: DATE+30m", 100 * time.Second},
		{"R9111-01: Expires and Date", "Date: DATE\nExpires: DATE+2m", 2 * time.Minute},
		{"R9111-01: Expires and Date of another clock", "Date: DATE+10h\nExpires: DATE+10h2m", 2 * time.Minute},
		{"R9111-01: Expires, Date and Age", "Date: DATE\nExpires: DATE+3m\nAge: 60", 2 * time.Minute},
		{"R9111-01: Expires alone", "Expires: DATE+2m", 2 * time.Minute},
		{"R9111-01: Expires and a Date that is none", "Date: today\nExpires: DATE+2m", 2 * time.Minute},
		{"R9111-01: max-age and two Ages", "Cache-Control: max-age=200\nAge: 10\nAge: 50", 150 * time.Second},
		{"R9111-01: max-age and two Ages, the oldest first", "Cache-Control: max-age=200\nAge: 50\nAge: 10", 150 * time.Second},
		{"R9111-01: max-age and an Age that is none", "Cache-Control: max-age=100\nAge: old", 100 * time.Second},

		{"R9111-02: max-age that is none", "Cache-Control: max-age=x", floor},
		{"R9111-02: max-age without a value", "Cache-Control: max-age", floor},
		{"R9111-02: a negative max-age", "Cache-Control: max-age=-100", floor},
		{"R9111-02: max-age with a fraction", "Cache-Control: max-age=100.5", floor},
		{"R9111-02: max-age that is none, and Expires", "Cache-Control: max-age=x\nDate: DATE\nExpires: DATE+30m", floor},
		{"R9111-02: Expires: 0", "Expires: 0", floor},
		{"R9111-02: Expires: 0 and Date", "Date: DATE\nExpires: 0", floor},
		{"R9111-02: Expires in the past", "Date: DATE\nExpires: DATE-1h", floor},
		{"R9111-02: two values of max-age", "Cache-Control: max-age=300, max-age=100", 100 * time.Second},
		{"R9111-02: two values of max-age in two fields", "Cache-Control: max-age=100\nCache-Control: max-age=300", 100 * time.Second},
		{"R9111-02: a good max-age and a bad one", "Cache-Control: max-age=300, max-age=x", floor},
		{"R9111-02: two dates of expiry", "Date: DATE\nExpires: DATE+30m\nExpires: DATE+2m", 2 * time.Minute},
		{"R9111-02: two dates of expiry, the first one first", "Date: DATE\nExpires: DATE+2m\nExpires: DATE+30m", 2 * time.Minute},
		{"R9111-02: max-age beside no-cache", "Cache-Control: max-age=300, no-cache", floor},
		{"R9111-02: older than max-age", "Cache-Control: max-age=100\nAge: 400", floor},

		{"R9111-03: no-store", "Cache-Control: no-store", floor},
		{"R9111-03: no-cache", "Cache-Control: no-cache", floor},
		{"R9111-03: no-cache for a field", `Cache-Control: no-cache="Set-Cookie"`, floor},
		{"R9111-03: max-age=0", "Cache-Control: max-age=0", floor},
		{"R9111-03: max-age of 59 s", "Cache-Control: max-age=59", floor},
		{"R9111-03: max-age of a year", "Cache-Control: max-age=31536000", ceiling},
		{"R9111-03: max-age of more than fits", "Cache-Control: max-age=99999999999999999999999", ceiling},
		{"R9111-03: Expires in the year 9999", "Date: DATE\nExpires: Fri, 31 Dec 9999 23:59:59 GMT", ceiling},
		{"nothing is stated", "", unstated},
		{"nothing that we know is stated", "Cache-Control: private, s-maxage=100, x-max-age=100, max-ages=3", unstated},
		{"an empty Cache-Control", "Cache-Control: ,", unstated},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				s.serve(keysURL, stating(row.fields, keySet(all()...)))
				p := started(t, s, false, jwks.RemoteOptions{})
				p.wants(t, rs().token(nil), "OK")
				p.refetchedAfter(t, s, row.want)
			})
		})
	}
	t.Run("R9111-03: no-store, and a request every second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, stating("Cache-Control: no-store", keySet(all()...)))
			p := started(t, s, false, jwks.RemoteOptions{})
			token := rs().token(nil)
			for range 600 {
				p.wants(t, token, "OK")
				time.Sleep(time.Second)
			}
			if n := s.count(keysURL); n > 10 {
				t.Errorf("asked %d times in 10 min", n)
			}
		})
	})
	t.Run("R9111-03: max-age of a year, and a key that left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, stating("Cache-Control: max-age=31536000", keySet(all()...)))
			p := started(t, s, false, jwks.RemoteOptions{})
			token := rs().token(object{"exp": at(24 * time.Hour)})
			p.wants(t, token, "OK")
			s.serve(keysURL, document(keySet(es().jwk(nil))))
			time.Sleep(time.Hour)
			p.wants(t, token, "OK") // and asks
			synctest.Wait()
			p.wants(t, token, "401-T unknown_key")
		})
	})
	t.Run("a lifetime replaces RefreshAfter, not where that is off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, stating("Cache-Control: max-age=100", keySet(all()...)))
			p := started(t, s, false, jwks.RemoteOptions{RefreshAfter: 10 * time.Second})
			p.wants(t, rs().token(nil), "OK")
			p.refetchedAfter(t, s, 100*time.Second)

			p = started(t, s, false, jwks.RemoteOptions{RefreshAfter: -1})
			p.wants(t, rs().token(nil), "OK")
			before := s.count(keysURL)
			time.Sleep(10 * time.Hour)
			p.wants(t, rs().token(nil), "OK")
			synctest.Wait()
			if n := s.count(keysURL); n != before {
				t.Errorf("asked %d times though RefreshAfter is off", n-before)
			}
		})
	})
	t.Run("what an issuer stated counts for that answer only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, stating("Cache-Control: max-age=1000", keySet(all()...)))
			p := started(t, s, false, jwks.RemoteOptions{})
			p.wants(t, rs().token(nil), "OK")
			s.serve(keysURL, document(keySet(all()...)))
			must(p.keys.Refresh(t.Context()))
			p.refetchedAfter(t, s, unstated)
		})
	})
}

// R9111-09: what we answer to a request with credentials is nobody else's.
func TestLifetimeOfAnswers(t *testing.T) {
	a := knowing(t, all()...)
	for name, row := range map[string]struct {
		method, path, token string
		status              int
		want                []string
	}{
		"an admitted request":     {"GET", "/api/r", rs().token(nil), 200, nil}, // the handler's to say
		"a bad token":             {"GET", "/api/r", other().token(nil), 401, []string{"no-store"}},
		"a scope that is missing": {"POST", "/api/w", rs().token(nil), 403, []string{"no-store"}},
		"no token at all":         {"GET", "/api/r", "", 401, []string{"no-store"}},
	} {
		t.Run("R9111-09: "+name, func(t *testing.T) {
			r := httptest.NewRequest(row.method, "https://rs.example"+row.path, nil)
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			_, answer := a.do(r)
			if got := answer.Header.Values("Cache-Control"); answer.StatusCode != row.status || !slices.Equal(got, row.want) || answer.Header.Get("Expires") != "" {
				t.Errorf("status %d, Cache-Control %q", answer.StatusCode, got)
			}
		})
	}
}
