package pages_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/examples/issuer/browser"
	"github.com/warder-go/warder/examples/issuer/pages"
	"github.com/warder-go/warder/issuertest"
)

const (
	// The example of RFC 7636, Appendix B.
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

	callback = "http://127.0.0.1:8080/callback"
)

// serve adds the pages to an issuer that people and clients know.
func serve(iss *issuertest.Issuer) *issuertest.Issuer {
	scopes := []string{"openid", "email", "read", "write"}
	iss.AddClient(issuertest.Client{ID: "app", Name: "The App", RedirectURIs: []string{"http://127.0.0.1/callback"}, Scopes: scopes})
	iss.AddClient(issuertest.Client{ID: "web", Name: "The Web", Secret: "s", RedirectURIs: []string{"http://127.0.0.1/callback"}, Scopes: scopes})
	pages.Serve(iss, pages.Options{
		Users: []pages.User{
			{Name: "alice", Password: "wonderland", Code: "123456", Subject: "user-1", Info: map[string]any{"email": "alice@example.com"}},
			{Name: "bob", Password: "builder", Subject: "user-2"},
			{Name: "nobody", Subject: "user-3"}, // has no password: cannot sign in
		},
		Scopes:   map[string]string{"read": "Read your notes", "write": "Change your notes"},
		Remember: []string{"web"},
	})
	return iss
}

// inBubble runs a test with an issuer in memory and a clock of its own.
func inBubble(t *testing.T, test func(*testing.T, *visitor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		iss := serve(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		test(t, visit(t, iss))
	})
}

// visitor is a browser and the person before it.
type visitor struct {
	*testing.T
	*browser.Browser
	iss *issuertest.Issuer
}

func visit(t *testing.T, iss *issuertest.Issuer) *visitor {
	_, host, _ := strings.Cut(iss.URL, "://")
	return &visitor{t, browser.New(iss.Client().Transport, host), iss}
}

// must is for what only a broken test makes fail.
func (v *visitor) must(p *browser.Page, err error) *browser.Page {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	return p
}

func pairs(list []string) url.Values {
	values := url.Values{}
	for n := 0; n < len(list); n += 2 {
		values.Add(list[n], list[n+1])
	}
	return values
}

// request is where a client sends the browser.
func (v *visitor) request(client string, more ...string) string {
	params := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {callback}, "scope": {"openid read write"},
		"state": {"state"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for name, values := range pairs(more) {
		params[name] = values
	}
	return v.iss.URL + issuertest.EndpointAuthorization + "?" + params.Encode()
}

func (v *visitor) authorize(client string, more ...string) *browser.Page {
	v.Helper()
	return v.open(v.request(client, more...))
}

func (v *visitor) open(u string) *browser.Page {
	v.Helper()
	if strings.HasPrefix(u, "/") {
		u = v.iss.URL + u
	}
	return v.must(v.Open(v.Context(), u))
}

// press presses a button after typing fields: names and values in turn.
func (v *visitor) press(p *browser.Page, button string, fields ...string) *browser.Page {
	v.Helper()
	return v.must(v.Press(v.Context(), p, button, pairs(fields)))
}

func (v *visitor) signIn(p *browser.Page, name, password string) *browser.Page {
	v.Helper()
	return v.press(p, "sign-in", "username", name, "password", password)
}

// sees checks which page it is.
func (v *visitor) sees(p *browser.Page, status int, title string) *browser.Page {
	v.Helper()
	if p.Status != status || p.Title() != title {
		v.Fatalf("%d %q, want %d %q\n%s", p.Status, p.Title(), status, title, p.Body)
	}
	return p
}

// left checks that the browser went back to the client, with a code or an error.
func (v *visitor) left(p *browser.Page, want string) url.Values {
	v.Helper()
	if p.Status != http.StatusSeeOther || p.Location == nil || !strings.HasPrefix(p.Location.String(), callback+"?") {
		v.Fatalf("%d to %v, want a redirect to the client\n%s", p.Status, p.Location, p.Body)
	}
	q := p.Location.Query()
	if got := q.Get("error"); got != want || want == "" && q.Get("code") == "" || q.Get("state") != "state" || q.Get("iss") != v.iss.URL {
		v.Fatalf("%v, want error %q", q, want)
	}
	return q
}

// tokens redeems the code that the browser left with.
func (v *visitor) tokens(client string, p *browser.Page) *issuertest.Tokens {
	v.Helper()
	tokens, err := v.iss.Exchange(v.Context(), client, url.Values{
		"grant_type": {issuertest.GrantAuthorizationCode}, "code": {v.left(p, "").Get("code")},
		"redirect_uri": {callback}, "code_verifier": {verifier},
	})
	if err != nil {
		v.Fatal(err)
	}
	return tokens
}

// cookie is the one that the issuer gave.
func (v *visitor) cookie() *http.Cookie {
	v.Helper()
	cookies := v.Cookies(v.iss.URL)
	if len(cookies) != 1 {
		v.Fatalf("%d cookies", len(cookies))
	}
	return cookies[0]
}

// hidden is a hidden field of the form with the button.
func (v *visitor) hidden(p *browser.Page, button, name string) string {
	v.Helper()
	_, form, err := p.Form(button)
	if err != nil {
		v.Fatal(err)
	}
	return form.Get(name)
}

// device begins the device grant of the public client.
func (v *visitor) device(scope string) (deviceCode, userCode, complete string) {
	v.Helper()
	return v.deviceOf(url.Values{"client_id": {"app"}, "scope": {scope}})
}

func (v *visitor) deviceOf(client url.Values) (deviceCode, userCode, complete string) {
	v.Helper()
	var waiting struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		Complete   string `json:"verification_uri_complete"`
	}
	p := v.must(v.Post(v.Context(), v.iss.URL+issuertest.EndpointDeviceAuthorization, client))
	if err := p.JSON(&waiting); err != nil {
		v.Fatal(err)
	}
	return waiting.DeviceCode, waiting.UserCode, waiting.Complete
}

// claims are those that the issuer tells of an access token.
func (v *visitor) claims(token string) map[string]any {
	v.Helper()
	v.iss.RegisterResource("api", "api-secret", issuertest.Audience)
	var answer map[string]any
	req, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.iss.URL+issuertest.EndpointIntrospection,
		strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		v.Fatal(err)
	}
	req.SetBasicAuth("api", "api-secret")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.iss.Client().Do(req)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	if err := decode(resp, &answer); err != nil {
		v.Fatal(err)
	}
	return answer
}

// scopesOf lists the boxes of the consent page.
func scopesOf(v *visitor, p *browser.Page) []string {
	_, form, err := p.Form("allow")
	if err != nil {
		v.Fatal(err)
	}
	return form["scope"]
}

func same(v *visitor, what string, got, want []string) {
	v.Helper()
	if !slices.Equal(got, want) {
		v.Errorf("%s: %s, want %s", what, fmt.Sprint(got), fmt.Sprint(want))
	}
}

// decode reads an answer in JSON.
func decode(resp *http.Response, v any) error { return json.NewDecoder(resp.Body).Decode(v) }

// later lets time pass: that of the bubble.
func (v *visitor) later(d time.Duration) { time.Sleep(d) }
