package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// From the site to the issuer, back with a code, and on to the API. R9700-13: the
// pages do not tell the site their URL.
func TestAPersonSignsIn(t *testing.T) {
	s := newStory(t)
	s.open(s.site.url)
	s.says("h1", "You are not signed in")
	s.reads("401", "401")

	s.authorize("scope", "openid notes:read")
	s.says("#client", "Notebook on the Web")
	s.picture("login")
	if r := s.signIn("alice", "looking-glass"); r.Status != 403 {
		t.Errorf("a wrong password was answered %d", r.Status)
	}
	s.at("/login")
	s.says("#error", "The user name or the password is wrong.")
	if name := get(s.tab, chromedp.Value(chromedp.ID("username"))); name != "alice" {
		t.Errorf("the name is %q after a wrong password: it has to be typed again", name)
	}
	if password := get(s.tab, chromedp.Value(chromedp.ID("password"))); password != "" {
		t.Error("the page holds the wrong password")
	}
	s.picture("login-error")

	s.signIn("alice", "wonderland")
	s.at("/consent")
	s.says("#user", "alice")
	s.says("#redirect", "localhost")
	s.says("#consent", "Read your notes")
	s.picture("consent")
	s.press("allow")
	s.says("h1", "You are signed in")

	s.press("read")
	s.says("h1", "The API answered 200")
	s.says("#text", "the notes of user-1")
	s.press("write") // a scope that was not asked for
	s.says("h1", "The API answered 403")
	s.says("#text", `error="insufficient_scope"`)
	s.says("#text", `scope="notes:write"`)
	s.picture("site-403")

	// Now the issuer knows the person, and what was allowed.
	s.open(s.site.url)
	s.authorize("scope", "openid notes:read")
	s.says("h1", "You are signed in")
	s.authorize("scope", "openid notes:read", "prompt", "none")
	s.says("h1", "You are signed in")
	s.authorize("scope", "openid notes:read notes:write", "prompt", "none")
	s.says("#text", "consent_required")
	s.authorize("scope", "openid notes:read notes:write")
	s.at("/consent") // asked for more, without signing in again
	s.press("allow")
	s.reads("200", "200")
	s.authorize("scope", "openid notes:read", "prompt", "login")
	s.at("/login")

	s.open(s.issuer)
	s.says("#user", "alice")
	s.picture("home")
	s.press("sign-out")
	s.authorize("scope", "openid notes:read", "prompt", "none")
	s.says("#text", "login_required")

	s.site.mu.Lock()
	defer s.site.mu.Unlock()
	if n := len(s.site.referers); n > 0 {
		t.Errorf("the browser came to the callback %d times with a Referer", n)
	}
}

func TestPromptNoneAsksNobody(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "openid notes:read", "prompt", "none")
	s.says("h1", "You are not signed in")
	s.says("#text", "login_required")
}

func TestAPersonDenies(t *testing.T) {
	for _, row := range []struct {
		name   string
		refuse func(*story)
	}{
		{"at the consent page", func(s *story) {
			s.signIn("alice", "wonderland")
			s.at("/consent")
			s.press("deny")
		}},
		{"at the login page", func(s *story) { s.press("cancel") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStory(t)
			s.authorize("scope", "openid notes:read")
			row.refuse(s)
			s.says("h1", "You are not signed in")
			s.says("#text", "access_denied")
			s.reads("401", "401")
		})
	}
}

func TestAPersonAllowsLessThanIsAskedFor(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "notes:read notes:write")
	s.signIn("bob", "builder")
	s.says("label[for=scope-1]", "Write, change and delete your notes")
	s.do(chromedp.Click(chromedp.ID("scope-0")), chromedp.Click(chromedp.ID("scope-1")))
	s.press("allow") // nothing
	s.at("/consent")
	s.says("#error", "Tick what to allow")
	s.picture("consent-error")
	s.do(chromedp.Click(chromedp.ID("scope-0")))
	s.press("allow")
	s.reads("200", "403")
}

// The second factor is asked for when the site wants it (RFC 9470 §4).
func TestAPersonShowsASecondFactor(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "openid notes:read", "acr_values", "mfa")
	s.signIn("alice", "wonderland")
	s.at("/second")
	s.picture("second")
	s.follow(chromedp.SetValue(chromedp.ID("code"), "000000"), chromedp.Click(chromedp.ID("continue")))
	s.says("#error", "The code is wrong.")
	s.follow(chromedp.SetValue(chromedp.ID("code"), "123456"), chromedp.Click(chromedp.ID("continue")))
	s.at("/consent")
	s.press("allow")
	s.reads("200", "403")
}

func TestThePagesNeedNoScript(t *testing.T) {
	s := newStory(t)
	if _, err := chromedp.Call(s.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	s.open(newPage(t))
	if runs := get(s.tab, chromedp.Evaluate[bool]("typeof ask === 'function'")); runs {
		t.Fatal("scripts run")
	}
	s.authorize("scope", "openid notes:read")
	s.signIn("alice", "wonder")
	s.says("#error", "wrong")
	s.signIn("alice", "wonderland")
	s.press("allow")
	s.reads("200", "403")
}
