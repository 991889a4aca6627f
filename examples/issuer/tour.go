package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/examples/issuer/browser"
	"github.com/warder-go/warder/issuertest"
)

// The example of RFC 7636, Appendix B. Real clients make a new pair each time.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// tour goes through the pages as people do, and prints what it sees.
type tour struct {
	*show.Run
	issuer *issuertest.Issuer
	person *browser.Browser
}

func newTour(r *show.Run, issuer *issuertest.Issuer) *tour {
	return &tour{r, issuer, browser.New(issuer.Client().Transport, strings.TrimPrefix(issuer.URL, "http://"))}
}

func (t *tour) show() error {
	for _, part := range []func() error{t.signIn, t.silently, t.stepUp, t.device, t.legacy} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) signIn() error {
	t.Printf("\nsign in and consent\n")
	p, err := t.authorize("app", "openid profile notes:read notes:write")
	if err != nil {
		return err
	}
	t.saw("the application sends alice here", p, 200, "Sign in")
	if p, err = t.press(p, "sign-in", "username", "alice", "password", "wonderlamb"); err != nil {
		return err
	}
	t.saw("a wrong password", p, 403, "Sign in")
	if p, err = t.press(p, "sign-in", "username", "alice", "password", "wonderland"); err != nil {
		return err
	}
	t.saw("the right one", p, 200, "Allow access?")
	if p, err = t.press(p, "allow", "scope", "openid", "scope", "notes:read"); err != nil {
		return err
	}
	t.left("all but writing is allowed", p, "code")
	tokens, err := t.issuer.Exchange(t.Context, "app", url.Values{
		"grant_type": {issuertest.GrantAuthorizationCode}, "code": {p.Location.Query().Get("code")},
		"code_verifier": {verifier}, "redirect_uri": {callback},
	})
	if err != nil {
		return err
	}
	t.row("the application gets", tokens.TokenType+", scope "+tokens.Scope, "Bearer, scope openid notes:read")
	if p, err = t.authorize("app", "notes:write"); err != nil {
		return err
	}
	t.saw("it comes back: alice is signed in still", p, 200, "Allow access?")
	if p, err = t.press(p, "deny"); err != nil {
		return err
	}
	t.left("and denies", p, "error=access_denied")
	return nil
}

func (t *tour) silently() error {
	t.Printf("\nprompt=none\n")
	p, err := t.authorize("web", "notes:read", "prompt", "none")
	if err != nil {
		return err
	}
	t.left("never asked before", p, "error=consent_required")
	if p, err = t.authorize("web", "notes:read"); err != nil {
		return err
	}
	if p, err = t.press(p, "allow"); err != nil {
		return err
	}
	t.left("asked, and allowed", p, "code")
	if p, err = t.authorize("web", "notes:read", "prompt", "none"); err != nil {
		return err
	}
	t.left("asked before", p, "code")
	if p, err = t.authorize("web", "notes:read", "prompt", "none", "acr_values", "mfa"); err != nil {
		return err
	}
	t.left("a second factor was never shown", p, "error=login_required")
	return nil
}

func (t *tour) stepUp() error {
	t.Printf("\nacr_values=mfa\n")
	p, err := t.authorize("web", "notes:read", "acr_values", "mfa")
	if err != nil {
		return err
	}
	t.saw("the password is not enough", p, 200, "One more step")
	if p, err = t.press(p, "continue", "code", "000000"); err != nil {
		return err
	}
	t.saw("a wrong code", p, 403, "One more step")
	if p, err = t.press(p, "continue", "code", "123456"); err != nil {
		return err
	}
	t.left("the right one", p, "code")
	return nil
}

func (t *tour) device() error {
	t.Printf("\nconnect a device\n")
	var waiting struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		Complete   string `json:"verification_uri_complete"`
	}
	if err := t.post(issuertest.EndpointDeviceAuthorization, url.Values{"client_id": {"tv"}, "scope": {"notes:read"}}, &waiting); err != nil {
		return err
	}
	p, err := t.person.Open(t.Context, t.issuer.URL+issuertest.EndpointVerification)
	if err != nil {
		return err
	}
	t.saw("alice is asked for the code", p, 200, "Connect a device")
	if p, err = t.press(p, "continue", "user_code", "BBBB-BBBB"); err != nil {
		return err
	}
	t.saw("not this one", p, 400, "Connect a device")
	if p, err = t.person.Open(t.Context, waiting.Complete); err != nil {
		return err
	}
	t.saw("or she follows the device's link", p, 200, "Is this your device?")
	t.row("which shows the same code", fmt.Sprint(p.Text("user_code") == waiting.UserCode), "true")
	if p, err = t.press(p, "continue"); err != nil {
		return err
	}
	t.saw("so does the question", p, 200, "Allow access?")
	if p, err = t.press(p, "allow"); err != nil {
		return err
	}
	t.saw("she allows it", p, 200, "Your device is connected")
	tokens, err := t.issuer.Exchange(t.Context, "tv", url.Values{"grant_type": {issuertest.GrantDeviceCode}, "device_code": {waiting.DeviceCode}})
	if err != nil {
		return err
	}
	t.row("the device gets", tokens.TokenType+", scope "+tokens.Scope, "Bearer, scope notes:read")
	return nil
}

// legacy asks for what RFC 9700 took away.
func (t *tour) legacy() error {
	t.Printf("\nthe old grants\n")
	p, err := t.authorize("app", "notes:read", "response_type", "token")
	if err != nil {
		return err
	}
	t.left("implicit", p, "error=unsupported_response_type")
	_, err = t.issuer.Exchange(t.Context, "app", url.Values{"grant_type": {"password"}, "username": {"alice"}, "password": {"wonderland"}})
	var refused *issuertest.Error
	if !errors.As(err, &refused) {
		return cmp.Or(err, errors.New("the password grant works"))
	}
	t.row("password", refused.Code, "unsupported_grant_type")
	return nil
}

// authorize follows the link of an application.
func (t *tour) authorize(client, scope string, more ...string) (*browser.Page, error) {
	params := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {callback}, "scope": {scope},
		"state": {"state"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for n := 0; n < len(more); n += 2 {
		params.Set(more[n], more[n+1])
	}
	return t.person.Open(t.Context, t.issuer.URL+issuertest.EndpointAuthorization+"?"+params.Encode())
}

// press presses a button after typing fields: names and values in turn.
func (t *tour) press(p *browser.Page, button string, fields ...string) (*browser.Page, error) {
	typed := url.Values{}
	for n := 0; n < len(fields); n += 2 {
		typed.Add(fields[n], fields[n+1])
	}
	return t.person.Press(t.Context, p, button, typed)
}

func (t *tour) post(endpoint string, form url.Values, answer any) error {
	p, err := t.person.Post(t.Context, t.issuer.URL+endpoint, form)
	if err != nil {
		return err
	}
	return p.JSON(answer)
}

// saw prints a page and compares it with what has to be there.
func (t *tour) saw(what string, p *browser.Page, status int, title string) {
	got := fmt.Sprintf("%d %s", p.Status, p.Title())
	if text := p.Text("error"); text != "" {
		title = "Error: " + title
	}
	t.row(what, got, fmt.Sprintf("%d %s", status, title))
	if !strings.Contains(p.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.row("", "may be framed", "may not")
	}
}

// left prints how the browser went back to the application.
func (t *tour) left(what string, p *browser.Page, want string) {
	got := "no redirect"
	if p.Status == http.StatusSeeOther && p.Location != nil {
		q := p.Location.Query()
		p.Location.RawQuery = ""
		switch {
		case p.Location.String() != callback || q.Get("state") != "state" || q.Get("iss") != t.issuer.URL:
			got = "a redirect elsewhere"
		case q.Get("error") != "":
			got = "error=" + q.Get("error")
		case q.Get("code") != "":
			got = "code"
		}
		p.Location.RawQuery = q.Encode()
	}
	t.row(what, got, want)
}

func (t *tour) row(what, got, want string) { t.Row(fmt.Sprintf("  %-42s ", what), got, want) }
