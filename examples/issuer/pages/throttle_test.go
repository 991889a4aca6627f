package pages_test

import (
	"testing"
	"time"
)

func TestGuessingGetsSlow(t *testing.T) {
	for _, user := range []string{"alice", "mallory"} { // who does not exist is no faster
		t.Run("the password of "+user, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				p := v.authorize("app")
				for range 5 {
					p = v.sees(v.signIn(p, user, "guess"), 403, "Error: Sign in")
				}
				p = v.sees(v.signIn(p, user, "wonderland"), 429, "Error: Sign in") // though it is right
				if p.Header.Get("Retry-After") != "30" {
					t.Errorf("Retry-After is %q", p.Header.Get("Retry-After"))
				}
				other := visit(t, v.iss)
				other.sees(other.signIn(other.authorize("app"), user, "wonderland"), 429, "Error: Sign in") // another browser
				other.sees(other.signIn(other.authorize("app"), "bob", "builder"), 200, "Allow access?")
				v.later(30 * time.Second)
				p = v.sees(v.signIn(p, user, "guess"), 403, "Error: Sign in") // one
				p = v.sees(v.signIn(p, user, "guess"), 429, "Error: Sign in") // and no more
				v.later(30 * time.Second)
				if user == "alice" {
					v.sees(v.signIn(p, user, "wonderland"), 200, "Allow access?")
				}
			})
		})
	}
	t.Run("the second factor", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app", "acr_values", "mfa"), "alice", "wonderland")
			for range 5 {
				p = v.sees(v.press(p, "continue", "code", "000000"), 403, "Error: One more step")
			}
			// Signing in anew does not start the count again.
			p = v.signIn(v.authorize("app", "acr_values", "mfa", "prompt", "login"), "alice", "wonderland")
			v.sees(v.press(p, "continue", "code", "123456"), 429, "Error: One more step")
			v.later(30 * time.Second)
			v.sees(v.press(p, "continue", "code", "123456"), 200, "Allow access?")
		})
	})
	t.Run("a right answer starts the count again", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			for range 3 {
				p := v.authorize("app", "prompt", "login")
				for range 4 {
					p = v.sees(v.signIn(p, "alice", "guess"), 403, "Error: Sign in")
				}
				v.sees(v.signIn(p, "alice", "wonderland"), 200, "Allow access?")
			}
		})
	})
}
