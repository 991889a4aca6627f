package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A form counts only when this browser got it from us (RFC 6749 §10.12).
func TestForgedForms(t *testing.T) {
	stages := map[string]struct {
		open func(*visitor) (path string, form url.Values)
		good string // the title of what a good form leads to
	}{
		"signing in": {func(v *visitor) (string, url.Values) {
			return form(v, v.authorize("app").URL.String(), "sign-in", "username", "alice", "password", "wonderland")
		}, "Allow access?"},
		"the second step": {func(v *visitor) (string, url.Values) {
			p := v.signIn(v.authorize("app", "acr_values", "mfa"), "alice", "wonderland")
			return form(v, p.URL.String(), "continue", "code", "123456")
		}, "Allow access?"},
		"consent": {func(v *visitor) (string, url.Values) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			return form(v, p.URL.String(), "allow")
		}, ""},
		"another account": {func(v *visitor) (string, url.Values) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			return form(v, p.URL.String(), "switch")
		}, "Sign in"},
		"a device's code": {func(v *visitor) (string, url.Values) {
			_, _, complete := v.device("read")
			return form(v, complete, "continue")
		}, "Sign in"},
		"signing out": {func(v *visitor) (string, url.Values) {
			v.signIn(v.authorize("app"), "alice", "wonderland")
			return form(v, v.iss.URL+"/", "sign-out")
		}, "Reference issuer"},
	}
	forgeries := map[string]func(v *visitor, path string, form url.Values, h http.Header){
		"without a token":    func(_ *visitor, _ string, form url.Values, _ http.Header) { form.Del("csrf") },
		"with an empty one":  func(_ *visitor, _ string, form url.Values, _ http.Header) { form.Set("csrf", "") },
		"with a made-up one": func(_ *visitor, _ string, form url.Values, _ http.Header) { form.Set("csrf", strings.Repeat("A", 43)) },
		"with the cookie":    func(v *visitor, _ string, form url.Values, _ http.Header) { form.Set("csrf", v.cookie().Value) },
		"without the cookie": func(_ *visitor, _ string, _ url.Values, h http.Header) { h.Del("Cookie") },
		"with another browser's token": func(v *visitor, _ string, form url.Values, _ http.Header) {
			other := visit(v.T, v.iss)
			form.Set("csrf", other.hidden(other.open("/device"), "continue", "csrf"))
		},
		"with the token of another who is signed in": func(v *visitor, _ string, form url.Values, _ http.Header) {
			other := visit(v.T, v.iss)
			form.Set("csrf", other.hidden(other.signIn(other.authorize("app"), "bob", "builder"), "allow", "csrf"))
		},
		"from another site":                 func(_ *visitor, _ string, _ url.Values, h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
		"from another port of the host":     func(_ *visitor, _ string, _ url.Values, h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"from an address bar or a bookmark": func(_ *visitor, _ string, _ url.Values, h http.Header) { h.Set("Sec-Fetch-Site", "none") },
	}
	for stage, at := range stages {
		for name, forge := range forgeries {
			t.Run(stage+" "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, v *visitor) {
					action, form := at.open(v)
					h := http.Header{"Cookie": {v.cookie().String()}, "Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
					cookie := v.cookie().Value
					forged, _ := url.ParseQuery(form.Encode())
					forge(v, action, forged, h)
					status, location := send(v, action, forged, h)
					if status != 403 || location != "" {
						t.Errorf("%d %s", status, location)
					}
					if v.cookie().Value != cookie {
						t.Error("the cookie changed")
					}
					// It had no effect: the good form still works.
					p := v.must(v.Post(t.Context(), action, form))
					if p.Title() != at.good || at.good == "" && p.Location == nil {
						t.Errorf("the good form then leads to %d %s", p.Status, p.Title())
					}
				})
			})
		}
	}
	t.Run("a browser that tells nothing about sites", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			action, form := stages["signing in"].open(v)
			h := http.Header{"Cookie": {v.cookie().String()}, "Content-Type": {"application/x-www-form-urlencoded"}}
			if status, location := send(v, action, form, h); status != 303 || !strings.HasPrefix(location, "/consent?") {
				t.Errorf("%d %s", status, location)
			}
		})
	})
	t.Run("the token is of before signing in", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			before := v.authorize("app")
			token := v.hidden(before, "sign-in", "csrf")
			p := v.signIn(before, "alice", "wonderland")
			v.sees(v.press(p, "allow", "csrf", token), 403, "This form is out of date")
			v.left(v.press(p, "allow"), "")
		})
	})
	t.Run("by GET", func(t *testing.T) {
		inBubble(t, func(t *testing.T, v *visitor) {
			p := v.signIn(v.authorize("app"), "alice", "wonderland")
			action, form := form(v, p.URL.String(), "allow")
			v.sees(v.open(action+"?"+form.Encode()), 200, "Allow access?") // asked, not answered
			v.sees(v.open("/signout?"+form.Encode()), 404, "There is no such page")
		})
	})
}

// form is what pressing a button of a page would send, and where to.
func form(v *visitor, u, button string, fields ...string) (string, url.Values) {
	v.Helper()
	action, form, err := v.open(u).Form(button)
	if err != nil {
		v.Fatal(err)
	}
	for name, values := range pairs(fields) {
		form[name] = values
	}
	return action, form
}

// send sends a form as some other program could.
func send(v *visitor, action string, form url.Values, h http.Header) (status int, location string) {
	v.Helper()
	req, err := http.NewRequestWithContext(v.Context(), http.MethodPost, action, strings.NewReader(form.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	req.Header = h
	resp, err := v.iss.Client().Transport.RoundTrip(req)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Location")
}
