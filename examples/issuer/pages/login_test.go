package pages_test

import (
	"testing"
	"time"
)

func TestSigningIn(t *testing.T) {
	for name, row := range map[string]struct{ user, password string }{
		"a wrong password":             {"alice", "wonderlamb"},
		"no password":                  {"alice", ""},
		"another user's":               {"alice", "builder"},
		"more than the password":       {"alice", "wonderland "},
		"other letters":                {"Alice", "wonderland"},
		"nobody":                       {"", ""},
		"a user who is unknown":        {"mallory", "wonderland"},
		"a user without a password":    {"nobody", ""},
		"a user without one, guessing": {"nobody", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				p := v.sees(v.authorize("app"), 200, "Sign in")
				p = v.sees(v.signIn(p, row.user, row.password), 403, "Error: Sign in")
				if got := p.Text("error"); got != "The user name or the password is wrong." {
					t.Errorf("the page says %q", got) // to everybody: who has an account is nobody's affair
				}
				if v.hidden(p, "sign-in", "username") != row.user || v.hidden(p, "sign-in", "password") != "" {
					t.Error("the name is lost, or the password is sent back")
				}
				v.sees(v.authorize("app"), 200, "Sign in")
				v.sees(v.signIn(p, "alice", "wonderland"), 200, "Allow access?") // after a mistake
			})
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.authorize("app")
			v.left(v.press(p, "cancel"), "access_denied")
			v.sees(v.signIn(p, "alice", "wonderland"), 400, "This request is over")
		})
	})
	t.Run("once for several requests, until eight hours later", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.signIn(v.authorize("app"), "alice", "wonderland")
			v.later(8*time.Hour - time.Second)
			v.sees(v.authorize("app"), 200, "Allow access?")
			v.later(time.Second)
			v.sees(v.authorize("app"), 200, "Sign in")
		})
	})
	t.Run("in one browser and no other", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.signIn(v.authorize("app"), "alice", "wonderland")
			v.sees(visit(t, v.iss).authorize("app"), 200, "Sign in")
		})
	})
	t.Run("until signing out", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			consent := v.signIn(v.authorize("app"), "alice", "wonderland")
			home := v.open("/")
			if home.Text("user") != "alice" {
				t.Errorf("the page says %q is signed in", home.Text("user"))
			}
			if home = v.press(home, "sign-out"); home.Text("user") != "" {
				t.Error("still signed in")
			}
			v.sees(v.press(consent, "allow"), 403, "This form is out of date")
			v.sees(v.authorize("app"), 200, "Sign in")
		})
	})
	t.Run("as somebody else", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			p = v.sees(v.press(p, "switch"), 200, "Sign in")
			p = v.sees(v.signIn(p, "bob", "builder"), 200, "Allow access?")
			if p.Text("user") != "bob" {
				t.Errorf("the page asks %q", p.Text("user"))
			}
			if sub := v.claims(v.tokens("app", v.press(p, "allow")).AccessToken)["sub"]; sub != "user-2" {
				t.Errorf("the token is for %v", sub)
			}
		})
	})
}
