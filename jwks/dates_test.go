package jwks_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
)

// at returns a date this far from now, as a NumericDate with a fraction.
func at(d time.Duration) json.RawMessage {
	then := time.Now().Add(d)
	return fmt.Appendf(nil, "%d.%09d", then.Unix(), then.Nanosecond())
}

// In a bubble, now is a whole second and stands still.
func TestDates(t *testing.T) {
	sets := parsed(t, all()...)
	with := func(t *testing.T, change func(*jwks.Config)) api {
		return newAPI(verifier(t, func(c *jwks.Config) {
			c.KeySet = sets
			change(c)
		}))
	}
	exp := func(d time.Duration) string { return rs().token(object{"exp": at(d)}) }
	nbf := func(d time.Duration) string { return rs().token(object{"nbf": at(d)}) }
	iat := func(d time.Duration) string { return rs().token(object{"iat": at(d)}) }

	synctest.Test(t, func(t *testing.T) {
		exact := with(t, func(c *jwks.Config) { c.ClockSkew = -1 })
		for _, row := range []attempt{
			{"R7519-03: exp is now", exp(0), "401-T expired"},
			{"R7519-03: exp is the next second", exp(time.Second), "OK"},
			{"R7519-03: exp was a nanosecond ago", exp(-1), "401-T expired"},
			{"R7519-05: nbf is the next second", nbf(time.Second), "401-T not_yet_valid"},
			{"R7519-05: nbf is now", nbf(0), "OK"},
			{"R7519-07: exp with a fraction", exp(10500 * time.Millisecond), "OK"},
			{"R7519-07: exp in half a second", exp(time.Second / 2), "OK"},
			{"R7519-07: nbf in half a second", nbf(time.Second / 2), "401-T not_yet_valid"},
			{"R7519-07: exp with an exponent", rs().token(object{"exp": json.RawMessage("4.1e9")}), "OK"},
			{"R7519-08: exp in milliseconds", rs().token(object{"exp": time.Now().Unix() * 1000}), "401-T invalid_claim"},
			{"R7519-13: iat in the future", iat(2 * time.Minute), "OK"},
		} {
			if got := exact.get(row.token); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}

		minute := with(t, func(c *jwks.Config) { c.ClockSkew = time.Minute })
		for _, row := range []attempt{
			{"R7519-04: expired 30 s ago", exp(-30 * time.Second), "OK"},
			{"R7519-04: expired 59 s ago", exp(-59 * time.Second), "OK"},
			{"R7519-04: expired 60 s ago", exp(-60 * time.Second), "401-T expired"},
			{"R7519-04: expired 61 s ago", exp(-61 * time.Second), "401-T expired"},
			{"R7519-04: valid in 60 s", nbf(60 * time.Second), "OK"},
			{"R7519-04: valid in 61 s", nbf(61 * time.Second), "401-T not_yet_valid"},
		} {
			if got := minute.get(row.token); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}

		half := with(t, func(c *jwks.Config) {})
		for _, row := range []attempt{
			{"the default skew, expired 29 s ago", exp(-29 * time.Second), "OK"},
			{"the default skew, expired 30 s ago", exp(-30 * time.Second), "401-T expired"},
			{"the default skew, valid in 30 s", nbf(30 * time.Second), "OK"},
			{"the default skew, valid in 31 s", nbf(31 * time.Second), "401-T not_yet_valid"},
			{"no MaxTokenAge, issued ten years ago", iat(-10 * 365 * 24 * time.Hour), "OK"},
		} {
			if got := half.get(row.token); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}

		young := with(t, func(c *jwks.Config) { c.MaxTokenAge = 300 * time.Second })
		for _, row := range []attempt{
			{"R7519-13: MaxTokenAge, issued 300 s ago", iat(-300 * time.Second), "OK"},
			{"R7519-13: MaxTokenAge, issued 301 s ago", iat(-301 * time.Second), "401-T too_old"},
			{"R7519-13: MaxTokenAge, issued in the year 2", rs().token(object{"iat": json.RawMessage("-62104060800")}), "401-T too_old"},
			{"R7519-13: MaxTokenAge, issued in the future", iat(2 * time.Minute), "OK"},
		} {
			if got := young.get(row.token); got != row.want {
				t.Errorf("%s: got %s, want %s", row.name, got, row.want)
			}
		}

		// Off is off, and a token without iat is no younger than any other.
		if got := with(t, func(c *jwks.Config) { c.MaxTokenAge = -1 }).get(iat(-time.Hour)); got != "OK" {
			t.Errorf("a negative MaxTokenAge: %s", got)
		}
		old := with(t, func(c *jwks.Config) { c.MaxTokenAge, c.PreRFC9068 = time.Hour, true })
		if got := old.get(rs().tokenAs(object{"typ": "JWT"}, object{"iat": nil})); got != "401-T missing_claim" {
			t.Errorf("MaxTokenAge and no iat: %s", got)
		}
	})
}

// A token does not live on because it was accepted once.
func TestExpiryOnTheSameConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(verifier(t, func(c *jwks.Config) { c.ClockSkew, c.KeySet = -1, parsed(t, all()...) }))
		token := rs().token(object{"exp": at(2 * time.Second)})
		for second, want := range []string{"OK", "OK", "401-T expired"} {
			if got := a.get(token); got != want {
				t.Errorf("after %d s: got %s, want %s", second, got, want)
			}
			time.Sleep(time.Second)
		}
	})
}
