package pages_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

func TestTheCookie(t *testing.T) {
	given := func(v *visitor, u string) *http.Cookie {
		resp, err := v.iss.Client().Get(u)
		if err != nil {
			v.Fatal(err)
		}
		defer resp.Body.Close()
		if len(resp.Cookies()) != 1 {
			v.Fatalf("%d cookies", len(resp.Cookies()))
		}
		return resp.Cookies()[0]
	}
	check := func(t *testing.T, c *http.Cookie, name string, secure bool) {
		if c.Name != name || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
			t.Errorf("%s", strings.ReplaceAll(c.String(), c.Value, "…"))
		}
		if len(c.Value) < 26 { // 130 bits in base32
			t.Errorf("the value has %d letters", len(c.Value))
		}
	}
	t.Run("on https", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) { check(t, given(v, v.iss.URL+"/device"), "__Host-issuer", true) })
	})
	t.Run("on http", func(t *testing.T) {
		iss := serve(issuertest.NewIssuer())
		defer iss.Close()
		v := visit(t, iss)
		check(t, given(v, iss.URL+"/device"), "issuer", false)
		v.sees(v.signIn(v.authorize("app"), "alice", "wonderland"), 200, "Allow access?")
	})
}

// Who knows the cookie of before knows nothing afterwards.
func TestSessionsCannotBeFixed(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		login := v.authorize("app", "acr_values", "mfa")
		before := v.cookie()
		second := v.sees(v.signIn(login, "alice", "wonderland"), 200, "One more step")
		between := v.cookie()
		v.sees(v.press(second, "continue", "code", "123456"), 200, "Allow access?")
		after := v.cookie()
		if before.Value == between.Value || between.Value == after.Value || before.Value == after.Value {
			t.Error("the cookie stayed the same")
		}
		for name, c := range map[string]*http.Cookie{"before": before, "between": between} {
			thief := visit(t, v.iss)
			c.Path, c.Secure = "/", true
			thief.SetCookies(v.iss.URL, []*http.Cookie{c})
			if p := thief.authorize("app"); p.Title() != "Sign in" {
				t.Errorf("the cookie of %s: %s", name, p.Title())
			}
		}
		// A value that somebody made up is no session, and none afterwards.
		victim := visit(t, v.iss)
		planted := &http.Cookie{Name: before.Name, Value: strings.Repeat("A", 26), Path: "/", Secure: true}
		victim.SetCookies(v.iss.URL, []*http.Cookie{planted})
		victim.sees(victim.signIn(victim.authorize("app"), "bob", "builder"), 200, "Allow access?")
		if victim.cookie().Value == planted.Value {
			t.Error("the planted cookie is signed in")
		}
	})
}
