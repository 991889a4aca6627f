package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// hostile serves one page on an origin of its own. It is of the issuer's site,
// as sites know no ports: the browser sends the issuer's cookie along.
func hostile(t *testing.T, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>Win a prize</title>"+body) // the browser may be gone
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// framed returns what a page with this URL in a frame shows there: the URL
// of what came of it, and the one that was refused.
func (b *tab) framed(url string) (shown, refused string) {
	b.t.Helper()
	b.open(hostile(b.t, fmt.Sprintf(`<iframe src=%q></iframe>`, url)))
	tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(tree.FrameTree.ChildFrames) != 1 {
		b.t.Fatalf("the page has %d frames", len(tree.FrameTree.ChildFrames))
	}
	frame := tree.FrameTree.ChildFrames[0].Frame
	return frame.URL, frame.UnreachableURL
}

// R6749-25: whoever looks at a page of the issuer sees that it is one.
func TestThePagesAreNotFramed(t *testing.T) {
	s := newStory(t)
	authorize := s.issuer + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {"web"}, "redirect_uri": {"http://127.0.0.1/callback"}, "scope": {"notes:read"},
		"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"}, "prompt": {"consent"},
	}.Encode()
	try := func(who string) {
		for _, url := range []string{authorize, s.issuer + "/device", s.issuer + "/"} {
			shown, refused := s.framed(url)
			if !strings.HasPrefix(shown, "chrome-error://") || !strings.HasPrefix(refused, s.issuer+"/") {
				t.Errorf("with %s signed in, a frame shows %q, and %q was refused", who, shown, refused)
			}
		}
	}
	try("nobody")
	s.open(authorize)
	s.signIn("alice", "wonderland")
	s.at("/consent")
	try("alice")

	// A frame that is not refused looks otherwise.
	other := hostile(t, "hello")
	if shown, refused := s.framed(other); strings.TrimSuffix(shown, "/") != other || refused != "" {
		t.Errorf("a frame of a page that may be framed shows %s, refused is %q", shown, refused)
	}
}

// A form that another origin sends on behalf of the person: to sign them in
// as somebody else, whose notes they would write into, or to sign them out.
func TestFormsOfOthersHaveNoEffect(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "openid notes:read")
	request := get(s.tab, chromedp.Value(chromedp.CSS("input[name=request]")))
	form := func(path string, fields map[string]string) string {
		var b strings.Builder
		fmt.Fprintf(&b, `<form method="post" action=%q>`, s.issuer+path)
		for name, value := range fields {
			fmt.Fprintf(&b, `<input type="hidden" name=%q value=%q>`, name, value)
		}
		return b.String() + `<button id="prize">Win</button></form>`
	}

	s.open(hostile(t, form("/login", map[string]string{"request": request, "username": "bob", "password": "builder", "decision": "sign-in"})))
	if r := s.press("prize"); r.Status != 403 {
		t.Errorf("the login was answered %d", r.Status)
	}
	s.picture("form-of-others")
	s.open(s.issuer)
	s.says("main", "Nobody is signed in")

	s.authorize("scope", "openid notes:read")
	s.signIn("alice", "wonderland")
	request = get(s.tab, chromedp.Value(chromedp.CSS("#consent input[name=request]")))
	for path, fields := range map[string]map[string]string{
		"/consent": {"request": request, "scope": "notes:read", "decision": "allow"},
		"/signout": nil,
	} {
		s.open(hostile(t, form(path, fields)))
		if r := s.press("prize"); r.Status != 403 {
			t.Errorf("%s was answered %d", path, r.Status)
		}
	}
	s.open(s.issuer)
	s.says("#user", "alice")
}
