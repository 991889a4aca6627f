package pages_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// poll asks for the device's tokens; the code is that of a refusal.
func (v *visitor) poll(deviceCode string) (*issuertest.Tokens, string) {
	v.Helper()
	tokens, err := v.iss.Exchange(v.Context(), "app", url.Values{"grant_type": {issuertest.GrantDeviceCode}, "device_code": {deviceCode}})
	var refused *issuertest.Error
	switch {
	case err == nil:
		return tokens, ""
	case !errors.As(err, &refused):
		v.Fatal(err)
	}
	return nil, refused.Code
}

func TestConnectingADevice(t *testing.T) {
	for name, typed := range map[string]func(string) string{
		"as it is shown":   func(s string) string { return s },
		"in small letters": strings.ToLower,
		"without the dash": func(s string) string { return strings.ReplaceAll(s, "-", "") },
	} {
		t.Run("by its code "+name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				device, user, _ := v.device("openid read")
				p := v.sees(v.open("/device"), 200, "Connect a device")
				p = v.sees(v.press(p, "continue", "user_code", typed(user)), 200, "Sign in")
				p = v.sees(v.signIn(p, "alice", "wonderland"), 200, "Allow access?")
				if p.Text("user_code") != user || p.Text("client") != "The App" || p.Text("redirect") != "" { // R8628-08
					t.Errorf("the page asks %s about %s", p.Text("client"), p.Text("user_code"))
				}
				if _, code := v.poll(device); code != "authorization_pending" {
					t.Errorf("before the decision: %q", code)
				}
				p = v.sees(v.press(p, "allow"), 200, "Your device is connected")
				if p.URL.RawQuery != "result=approved" || p.Text("done") == "" {
					t.Errorf("it ends at %s", p.URL)
				}
				if tokens, code := v.poll(device); code != "" || tokens.Scope != "openid read" || v.claims(tokens.AccessToken)["sub"] != "user-1" {
					t.Errorf("the device gets %v %q", tokens, code)
				}
			})
		})
	}
	t.Run("R8628-08 by its link", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			v.signIn(v.authorize("app"), "alice", "wonderland")
			device, user, complete := v.device("read")
			p := v.sees(v.open(complete), 200, "Is this your device?")
			if p.Text("user_code") != user || p.Text("client") != "The App" {
				t.Errorf("the page shows %q of %q", p.Text("user_code"), p.Text("client"))
			}
			if _, code := v.poll(device); code != "authorization_pending" {
				t.Errorf("after a look: %q", code)
			}
			p = v.sees(v.press(p, "continue"), 200, "Allow access?")
			if p.Text("user_code") != user {
				t.Error("the code is not shown again")
			}
			v.later(5 * time.Second)
			if _, code := v.poll(device); code != "authorization_pending" {
				t.Errorf("before the decision: %q", code)
			}
			v.sees(v.press(p, "allow"), 200, "Your device is connected")
		})
	})
	t.Run("refused at the question", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			device, _, complete := v.device("read")
			p := v.signIn(v.press(v.open(complete), "continue"), "alice", "wonderland")
			v.sees(v.press(p, "deny"), 200, "Your device was refused")
			if _, code := v.poll(device); code != "access_denied" {
				t.Errorf("the device hears %q", code)
			}
		})
	})
	t.Run("refused at signing in", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			device, _, complete := v.device("read")
			v.sees(v.press(v.press(v.open(complete), "continue"), "cancel"), 200, "Your device was refused")
			if _, code := v.poll(device); code != "access_denied" {
				t.Errorf("the device hears %q", code)
			}
		})
	})
	t.Run("not one's own", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			device, _, complete := v.device("read")
			v.sees(v.press(v.open(complete), "cancel"), 200, "Connect a device")
			if _, code := v.poll(device); code != "authorization_pending" { // whose it is decides
				t.Errorf("the device hears %q", code)
			}
		})
	})
	t.Run("that was allowed before is asked about again", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("web", "scope", "read"), "alice", "wonderland")
			v.left(v.press(p, "allow"), "")
			v.left(v.authorize("web", "scope", "read"), "") // remembered, without a device
			for range 2 {
				_, _, complete := v.deviceOf(url.Values{"client_id": {"web"}, "client_secret": {"s"}, "scope": {"read"}})
				p := v.sees(v.press(v.open(complete), "continue"), 200, "Allow access?")
				v.sees(v.press(p, "allow"), 200, "Your device is connected")
			}
		})
	})
	t.Run("once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			_, user, complete := v.device("read")
			v.press(v.signIn(v.press(v.open(complete), "continue"), "alice", "wonderland"), "allow")
			v.sees(v.open(complete), 400, "Error: Connect a device")
			v.sees(v.press(v.open("/device"), "continue", "user_code", user), 400, "Error: Connect a device")
		})
	})
	t.Run("R8628-03 by guessing", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			_, user, complete := v.device("read")
			p := v.open("/device")
			for range 100 {
				p = v.sees(v.press(p, "continue", "user_code", "BBBB-BBBB"), 400, "Error: Connect a device")
			}
			p = v.sees(v.press(p, "continue", "user_code", user), 429, "Error: Connect a device")
			if p.Header.Get("Retry-After") != "60" {
				t.Errorf("Retry-After is %q", p.Header.Get("Retry-After"))
			}
			v.sees(v.open(complete), 429, "Error: Connect a device")
			v.later(time.Minute)
			v.sees(v.open(complete), 200, "Is this your device?")
		})
	})
}
