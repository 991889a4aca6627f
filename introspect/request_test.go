package introspect_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/introspect"
)

// What the issuer sees of a question.
func TestRequest(t *testing.T) {
	for name, token := range map[string]string{
		"a plain token":                   "2YotnFZFEjr1zCsicMWpAA",
		"every character of token68":      "AZaz09-._~+/==",
		"a token that looks like a form":  "a+b/c+d==",
		"the longest that is asked about": strings.Repeat("x", 4096),
	} {
		t.Run("R7662-01, R7662-02: "+name, func(t *testing.T) {
			s := newServer(says(active(nil)))
			guarding(t, s, nil).get(token).is(t, ok)
			calls := s.seen(endpoint)
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			c := calls[0]
			if c.method != http.MethodPost {
				t.Errorf("method %s", c.method)
			}
			if got := c.header.Values("Content-Type"); len(got) != 1 || got[0] != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type %q", got)
			}
			if got := c.header.Values("Accept"); len(got) != 1 || got[0] != "application/json" {
				t.Errorf("Accept %q", got)
			}
			if got := c.form["token"]; len(got) != 1 || got[0] != token {
				t.Errorf("token %q", got)
			}
			if got := c.form["token_type_hint"]; len(got) != 1 || got[0] != "access_token" {
				t.Errorf("token_type_hint %q", got)
			}
			if len(c.form) != 2 {
				t.Errorf("the form has more: %q", c.form)
			}
			if _, sent := c.header["Authorization"]; !sent {
				t.Error("nobody says who asks")
			}
			for _, field := range []string{"Cookie", "Dpop", "Referer"} {
				if c.header.Get(field) != "" {
					t.Errorf("%s is sent", field)
				}
			}
		})
	}
}

// What is refused without a call: 401, for it is no token of this issuer.
func TestUnlikelyTokens(t *testing.T) {
	s := newServer(says(active(nil)))
	a := guarding(t, s, func(c *introspect.Config) {
		c.Match = func(token string) bool { return strings.HasPrefix(token, "at_") }
	})
	for name, token := range map[string]string{
		"longer than 4 KiB": "at_" + strings.Repeat("x", 4094),
		"16 KiB":            "at_" + strings.Repeat("x", 16381),
		"of another shape":  "rt_2YotnFZFEjr1zCsicMWpAA",
	} {
		t.Run(name, func(t *testing.T) {
			a.get(token).is(t, "401-T malformed_token")
		})
	}
	if _, err := verifier(t, s, nil).Verify(t.Context(), "", nil); err == nil {
		t.Error("no token at all is accepted")
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d calls", n)
	}
	t.Run("the shape is right", func(t *testing.T) {
		a.get("at_"+strings.Repeat("x", 4093)).is(t, ok)
	})
}

// A connection that cannot be made, or breaks, is tried once more, and nothing else is.
func TestRetry(t *testing.T) {
	once := func(first reply) reply {
		tried := false
		return func(r *http.Request) (*http.Response, error) {
			if !tried {
				tried = true
				return first(r)
			}
			return says(active(nil))(r)
		}
	}
	for name, row := range map[string]struct {
		reply
		want  string
		calls int
	}{
		"a connection refused once":   {once(refused), ok, 2},
		"a connection refused always": {refused, unavailable, 2},
		"a connection broken once":    {once(broken), ok, 2},
		"a connection broken always":  {broken, unavailable, 2},
		"status 500":                  {once(status(500)), unavailable, 1},
		"status 503":                  {once(status(503)), unavailable, 1},
		"status 429":                  {once(status(429)), unavailable, 1},
		"status 401":                  {once(status(401)), "503-U issuer_refused_us", 1},
		"nonsense":                    {once(says("?")), unavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(row.reply)
			guarding(t, s, nil).get("x").is(t, row.want)
			if n := s.count(); n != row.calls {
				t.Errorf("%d calls, want %d", n, row.calls)
			}
		})
	}
}
