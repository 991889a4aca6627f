package pages_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/issuer/browser"
	"github.com/warder-go/warder/issuertest"
)

// every returns each page that a person may see, by what it is.
func every(v *visitor) map[string]*browser.Page {
	_, _, complete := v.device("read")
	all := map[string]*browser.Page{
		"home":             v.open("/"),
		"device":           v.open("/device"),
		"unknown code":     v.open("/device?user_code=BBBB-BBBB"),
		"confirmation":     v.open(complete),
		"approved":         v.open("/device?result=approved"),
		"denied":           v.open("/device?result=denied"),
		"another result":   v.open("/device?result=<script>"),
		"no such page":     v.open("/admin"),
		"no such request":  v.open("/login?request=none"),
		"no such method":   v.open("/signout"),
		"forged form":      v.must(v.Post(v.Context(), v.iss.URL+"/login", url.Values{"csrf": {"x"}})),
		"style":            v.open("/style.css"),
		"icon":             v.open("/icon.svg"),
		"login":            v.authorize("app", "acr_values", "mfa"),
		"unknown client":   v.authorize("nobody"),
		"unknown redirect": v.authorize("app", "redirect_uri", "https://evil.example/"),
	}
	all["wrong password"] = v.signIn(all["login"], "alice", "guess")
	all["second step"] = v.signIn(all["login"], "alice", "wonderland")
	all["wrong code"] = v.press(all["second step"], "continue", "code", "0")
	all["consent"] = v.press(all["second step"], "continue", "code", "123456")
	all["nothing ticked"] = v.press(v.authorize("app", "scope", "read"), "allow", "scope", "")
	all["redirect to the client"] = v.press(all["consent"], "allow")
	all["redirect with an error"] = v.press(v.authorize("app"), "deny")
	return all
}

func TestHeadersOfEveryPage(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		for name, p := range every(v) {
			for field, want := range map[string]string{
				"X-Frame-Options":        "DENY",        // R6749-25
				"Referrer-Policy":        "no-referrer", // R9700-13
				"X-Content-Type-Options": "nosniff",
				"Cache-Control":          "no-store",
			} {
				if got := p.Header.Get(field); got != want {
					t.Errorf("%s: %s is %q, want %q", name, field, got, want)
				}
			}
			csp := p.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "frame-ancestors 'none'") { // R6749-25
				t.Errorf("%s may be framed: %s", name, csp)
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") &&
				(!strings.HasPrefix(csp, "default-src 'none'; ") || !strings.Contains(csp, "base-uri 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script")) {
				t.Errorf("%s: %s", name, csp)
			}
			for field := range p.Header {
				if strings.HasPrefix(field, "Access-Control-") { // R9700-13
					t.Errorf("%s has %s", name, field)
				}
			}
		}
	})
}

func TestEveryPageIsWellMade(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		seen := 0
		for name, p := range every(v) {
			if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
				continue
			}
			seen++
			for _, want := range []string{`<!DOCTYPE html>`, `<html lang="en">`, `name="viewport"`, `<main>`} {
				if !strings.Contains(p.Body, want) {
					t.Errorf("%s lacks %s", name, want)
				}
			}
			if strings.Count(p.Body, "<h1>") != 1 || p.Title() == "" {
				t.Errorf("%s has no heading or title, or two", name)
			}
			for _, bad := range []string{"<script", " style=", "<style", " onclick", "javascript:", "http-equiv"} {
				if strings.Contains(p.Body, bad) {
					t.Errorf("%s has %s", name, bad)
				}
			}
			for _, input := range regexp.MustCompile(`<input [^>]*\sid="([^"]*)"`).FindAllStringSubmatch(p.Body, -1) {
				if !strings.Contains(p.Body, `<label for="`+input[1]+`"`) {
					t.Errorf("%s: no label for %s", name, input[1])
				}
			}
			ids := map[string]bool{}
			for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(p.Body, -1) {
				if ids[id[1]] {
					t.Errorf("%s has two elements %s", name, id[1])
				}
				ids[id[1]] = true
			}
			if p.Status >= 400 && !strings.Contains(p.Body, `id="error" role="alert"`) {
				t.Errorf("%s does not tell its error", name)
			}
			if strings.HasPrefix(p.Title(), "Error: ") && strings.Contains(p.Body, `type="text"`) && !strings.Contains(p.Body, `aria-invalid="true" aria-describedby="error`) {
				t.Errorf("%s does not tie the error to its field", name)
			}
			for _, form := range regexp.MustCompile(`<form [^>]*>`).FindAllString(p.Body, -1) {
				if !strings.Contains(form, `method="post"`) {
					t.Errorf("%s: %s", name, form)
				}
			}
			if strings.Count(p.Body, "<form ") != strings.Count(p.Body, `name="csrf"`) {
				t.Errorf("%s has a form without a token", name)
			}
		}
		if seen < 12 {
			t.Errorf("only %d pages of HTML", seen)
		}
	})
}

// R9700-13: no form that is accepted is answered by a 307 or 302, nor by a page
// that a reload would send again.
func TestFormsAreAnsweredWith303(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		p := v.authorize("app", "acr_values", "mfa")
		for _, step := range []struct {
			button string
			fields []string
		}{
			{"sign-in", []string{"username", "alice", "password", "wonderland"}},
			{"continue", []string{"code", "123456"}},
			{"allow", nil},
		} {
			action, form := form(v, p.URL.String(), step.button, step.fields...)
			h := http.Header{"Cookie": {v.cookie().String()}, "Content-Type": {"application/x-www-form-urlencoded"}}
			if step.button != "allow" {
				p = v.press(p, step.button, step.fields...)
				v.sees(p, 200, p.Title())
				continue
			}
			if status, location := send(v, action, form, h); status != 303 || !strings.HasPrefix(location, callback) {
				t.Errorf("%s: %d %s", step.button, status, location)
			}
		}
		for _, row := range []struct{ button, url string }{{"sign-out", "/"}, {"sign-in", v.request("app", "prompt", "login")}} {
			action, form := form(v, v.open(row.url).URL.String(), row.button, "username", "bob", "password", "builder")
			h := http.Header{"Cookie": {v.cookie().String()}, "Content-Type": {"application/x-www-form-urlencoded"}}
			if status, location := send(v, action, form, h); status != 303 || !strings.HasPrefix(location, "/") {
				t.Errorf("%s: %d %s", row.button, status, location)
			}
		}
	})
}

const markup = `"><script>alert(1)</script><b a='`

func TestNothingFromOutsideBecomesMarkup(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		v.iss.AddClient(issuertest.Client{
			ID: markup, Name: markup + "name", Scopes: []string{"<script>alert(1)</script>"},
			RedirectURIs: []string{"http://127.0.0.1/callback"},
		})
		_, _, complete := v.device("read")
		for name, p := range map[string]*browser.Page{
			"login_hint":            v.authorize("app", "login_hint", markup),
			"an unknown client_id":  v.authorize(markup + "2"),
			"a known client_id":     v.authorize(markup, "scope", "<script>alert(1)</script>"),
			"scope":                 v.authorize("app", "scope", markup),
			"user_code":             v.open("/device?user_code=" + url.QueryEscape(markup)),
			"user_code and more":    v.open(complete + url.QueryEscape(markup)),
			"user_code in the form": v.press(v.open("/device"), "continue", "user_code", markup),
			"request":               v.open("/login?request=" + url.QueryEscape(markup)),
			"result":                v.open("/device?result=" + url.QueryEscape(markup)),
			"the path":              v.open("/" + url.PathEscape(markup)),
			"user name":             v.signIn(v.authorize("app"), markup, markup),
			"the consent page": v.signIn(v.authorize(markup, "scope", "<script>alert(1)</script>"),
				"alice", "wonderland"),
		} {
			if strings.Contains(p.Body, "<script") || strings.Contains(p.Body, "<b ") {
				t.Errorf("%s:\n%s", name, p.Body)
			}
			if p.Location != nil && p.Location.Host != "127.0.0.1:8080" {
				t.Errorf("%s leads to %s", name, p.Location)
			}
		}
		if p := v.authorize("app", "login_hint", markup, "prompt", "login"); v.hidden(p, "sign-in", "username") != markup {
			t.Error("the hint is not shown as it is")
		}
	})
}

// Nowhere but to the issuer itself and to what a client registered.
func TestNoOpenRedirects(t *testing.T) {
	inBubble(t, func(t *testing.T, v *visitor) {
		login := v.authorize("app")
		id := v.hidden(login, "sign-in", "request")
		elsewhere := []string{"next", "redirect_uri", "return_to", "url", "continue", "RelayState"}
		for _, name := range elsewhere {
			for _, u := range []string{"/login?request=" + id + "&", "/device?", "/?", "/consent?request=" + id + "&"} {
				if p := v.open(u + name + "=https://evil.example/"); p.Location != nil || p.URL.Host != login.URL.Host {
					t.Errorf("%s%s leads to %v", u, name, p.Location)
				}
			}
		}
		p := v.signIn(login, "alice", "wonderland")
		p = v.press(p, "allow", "redirect_uri", "https://evil.example/", "next", "https://evil.example/", "iss", "https://evil.example")
		v.left(p, "")
		for _, path := range []string{"//evil.example/", "//evil.example/..", "/\\evil.example/", "/login/..//evil.example", "/%2F%2Fevil.example"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.iss.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.URL.Opaque = "//" + req.URL.Host + path
			resp, err := v.iss.Client().Transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if l, err := resp.Location(); err == nil && l.Host != req.URL.Host {
				t.Errorf("%s leads to %s", path, l)
			}
		}
	})
}

// The forms may lead to the client, since Chromium counts redirects, and to
// nobody else.
func TestWhereFormsMayLead(t *testing.T) {
	for name, row := range map[string]struct{ registered, sent, want string }{
		"an https client": {"https://app.example/cb?x=1", "https://app.example/cb?x=1", "'self' https://app.example"},
		"a port":          {"https://app.example:8443/cb", "https://app.example:8443/cb", "'self' https://app.example:8443"},
		"loopback":        {"http://127.0.0.1/cb", "http://127.0.0.1:5555/cb", "'self' http://127.0.0.1:5555"},
		"IPv6":            {"http://[::1]/cb", "http://[::1]:5555/cb", "'self' http:"},
		"a scheme":        {"com.example.app:/cb", "com.example.app:/cb", "'self' com.example.app:"},
		"a strange host":  {"https://a;script-src*/cb", "https://a;script-src*/cb", "'self' https:"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *visitor) {
				v.iss.AddClient(issuertest.Client{ID: "it", RedirectURIs: []string{row.registered}, Scopes: []string{"read"}})
				p := v.sees(v.authorize("it", "redirect_uri", row.sent, "scope", "read"), 200, "Sign in")
				want := "default-src 'none'; style-src 'self'; img-src 'self'; form-action " + row.want + "; base-uri 'none'; frame-ancestors 'none'"
				if got := p.Header.Get("Content-Security-Policy"); got != want {
					t.Errorf("%s\nwant %s", got, want)
				}
			})
		})
	}
}
