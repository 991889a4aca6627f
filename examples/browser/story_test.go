package browser_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/warder-go/warder/issuertest"
)

// story is a browser, examples/issuer, a site that people sign in to, and the API
// that it calls.
type story struct {
	*tab
	issuer, api string
	site        *webClient
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{tab: newTab(t), issuer: newIssuer(t)}
	server := httptest.NewServer(notes(t, newGuard(t, s.issuer, issuertest.Audience)))
	t.Cleanup(server.Close)
	s.api = server.URL
	s.site = newWebClient(t, s.issuer, s.api, "web", "web-secret")
	return s
}

// authorize begins a sign-in at the site, with these parameters of the request.
func (s *story) authorize(params ...string) *network.Response {
	s.t.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		query.Set(params[i], params[i+1])
	}
	return s.follow(chromedp.Navigate(s.site.url + "/login?" + query.Encode()))
}

// signIn fills the login page.
func (s *story) signIn(name, password string) *network.Response {
	s.t.Helper()
	s.at("/login")
	return s.follow(
		chromedp.SetValue(chromedp.ID("username"), name),
		chromedp.SetValue(chromedp.ID("password"), password),
		chromedp.Click(chromedp.ID("sign-in")),
	)
}

// at requires that the tab is at a page of the issuer.
func (s *story) at(path string) {
	s.t.Helper()
	if where, _, _ := strings.Cut(get(s.tab, chromedp.Location()), "?"); where != s.issuer+path {
		s.t.Fatalf("the browser is at %s, not at %s", where, path)
	}
}

// press presses a button or a link and waits for where it leads.
func (b *tab) press(id string) *network.Response {
	b.t.Helper()
	return b.follow(chromedp.Click(chromedp.ID(id)))
}

// says reports an element that does not hold this text.
func (b *tab) says(selector, text string) {
	b.t.Helper()
	if got := get(b, chromedp.Text(chromedp.CSS(selector))); !strings.Contains(got, text) {
		b.t.Errorf("%s says %q, not %q", selector, got, text)
	}
}

// reads requires that the site gets this status from the API when it reads, and
// that when it writes.
func (s *story) reads(read, write string) {
	s.t.Helper()
	s.press("read")
	s.says("h1", "The API answered "+read)
	s.press("write")
	s.says("h1", "The API answered "+write)
}
