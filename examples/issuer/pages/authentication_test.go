package pages_test

import (
	"net/url"
	"testing"
	"time"
)

func TestWhatTheClientAsksOfTheAuthentication(t *testing.T) {
	t.Run("R9470-07 max_age", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.signIn(v.authorize("app"), "alice", "wonderland")
			v.later(time.Minute)
			v.sees(v.authorize("app", "max_age", "60"), 200, "Allow access?")
			v.later(2 * time.Second)
			p := v.sees(v.authorize("app", "max_age", "60"), 200, "Sign in")
			now := time.Now().Unix()
			p = v.sees(v.signIn(p, "alice", "wonderland"), 200, "Allow access?")
			v.later(2 * time.Minute) // thinking
			if at := v.claims(v.tokens("app", v.press(p, "allow")).AccessToken)["auth_time"]; at != float64(now) {
				t.Errorf("auth_time is %v, want %d", at, now)
			}
		})
	})
	for _, prompt := range []string{"login", "select_account", "login consent"} {
		t.Run("prompt="+prompt, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				v.signIn(v.authorize("web"), "alice", "wonderland") // in the same second
				p := v.sees(v.authorize("web", "prompt", prompt), 200, "Sign in")
				id := v.hidden(p, "sign-in", "request")
				v.sees(v.open("/consent?request="+id), 200, "Sign in") // no way around
				around := url.Values{"request": {id}, "csrf": {v.hidden(p, "sign-in", "csrf")}, "decision": {"allow"}, "scope": {"read"}}
				v.sees(v.must(v.Post(t.Context(), v.iss.URL+"/consent", around)), 200, "Sign in")
				v.left(v.press(v.signIn(p, "alice", "wonderland"), "allow"), "")
				v.sees(v.authorize("web", "prompt", prompt), 200, "Sign in") // every time
			})
		})
	}
	t.Run("OIDC-06 prompt=none", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			none := func(more ...string) string { return v.request("web", append(more, "prompt", "none")...) }
			v.left(v.open(none()), "login_required")
			p := v.signIn(v.authorize("web"), "alice", "wonderland")
			v.left(v.open(none()), "consent_required")
			v.left(v.press(p, "allow"), "")
			v.left(v.open(none()), "")
			v.left(v.open(none("scope", "read")), "")
			v.left(v.open(none("scope", "read email")), "consent_required")
			v.left(v.open(none("acr_values", "mfa")), "login_required")
			v.left(v.open(none("acr_values", "mfa pwd")), "")
			v.later(time.Minute)
			v.left(v.open(none("max_age", "30")), "login_required")
			v.left(visit(t, v.iss).open(none()), "login_required")
		})
	})
	t.Run("prompt=none never for a client that proves nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.left(v.press(v.signIn(v.authorize("app"), "alice", "wonderland"), "allow"), "")
			v.left(v.authorize("app", "prompt", "none"), "consent_required")
			v.sees(v.authorize("app"), 200, "Allow access?")
		})
	})
	for name, row := range map[string]struct {
		asked   string
		pages   []string
		claimed string
	}{
		"nothing":             {"", []string{"Sign in"}, "pwd"},
		"the password":        {"pwd", []string{"Sign in"}, "pwd"},
		"a second factor":     {"mfa", []string{"Sign in", "One more step"}, "mfa"},
		"either":              {"mfa pwd", []string{"Sign in"}, "pwd"},
		"one that is unknown": {"phr mfa", []string{"Sign in", "One more step"}, "mfa"},
	} {
		t.Run("R9470-07 acr_values: "+name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				p := v.authorize("app", "acr_values", row.asked)
				for _, title := range row.pages {
					v.sees(p, 200, title)
					if title == "Sign in" {
						p = v.signIn(p, "alice", "wonderland")
					} else {
						p = v.press(p, "continue", "code", "123456")
					}
				}
				if acr := v.claims(v.tokens("app", v.press(p, "allow")).AccessToken)["acr"]; acr != row.claimed {
					t.Errorf("acr is %v, want %s", acr, row.claimed)
				}
			})
		})
	}
	t.Run("step-up", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			began := time.Now().Unix()
			v.signIn(v.authorize("app"), "alice", "wonderland")
			v.later(time.Minute)
			p := v.sees(v.authorize("app", "acr_values", "mfa"), 200, "One more step")
			id := v.hidden(p, "continue", "request")
			v.sees(v.open("/consent?request="+id), 200, "One more step") // no way around
			v.sees(v.press(p, "continue", "code", "12345"), 403, "Error: One more step")
			p = v.sees(v.press(p, "continue", "code", "123456"), 200, "Allow access?")
			claims := v.claims(v.tokens("app", v.press(p, "allow")).AccessToken)
			if claims["acr"] != "mfa" || claims["auth_time"] != float64(began) {
				t.Errorf("acr %v, auth_time %v, want mfa and that of the password, %d", claims["acr"], claims["auth_time"], began)
			}
			v.sees(v.authorize("app", "acr_values", "mfa"), 200, "Allow access?") // it lasts
			p = v.sees(v.authorize("app", "acr_values", "pwd"), 200, "Allow access?")
			if acr := v.claims(v.tokens("app", v.press(p, "allow")).AccessToken)["acr"]; acr != "pwd" {
				t.Errorf("acr is %v, which was not asked for", acr)
			}
		})
	})
	t.Run("a second factor that somebody lacks", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.left(v.signIn(v.authorize("app", "acr_values", "mfa"), "bob", "builder"), "unmet_authentication_requirements")
		})
	})
	t.Run("a second step that is cancelled", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.left(v.press(v.signIn(v.authorize("app", "acr_values", "mfa"), "alice", "wonderland"), "cancel"), "access_denied")
		})
	})
}
