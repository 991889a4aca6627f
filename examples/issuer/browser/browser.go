// Package browser is a user agent without a screen: it keeps cookies, follows
// redirects and fills in forms. It reads the HTML of these examples and no other.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const maxPage = 1 << 20 // bytes

// Browser has the cookies of one person. Not for concurrent use.
type Browser struct {
	client *http.Client
}

// New returns a Browser without cookies, which sends its requests over transport;
// nil is http.DefaultTransport. stay limits the hosts, with their ports, that it
// follows redirects to; none: it follows them everywhere. Where it stops,
// Page.Location says what came next.
func New(transport http.RoundTripper, stay ...string) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // there are no options to be wrong
	}
	return &Browser{client: &http.Client{
		Transport: transport, Jar: jar, Timeout: 10 * time.Second,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 20 {
				return errors.New("browser: too many redirects")
			}
			if len(stay) > 0 && !slices.Contains(stay, req.URL.Host) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// Cookies are those that the browser would send to u.
func (b *Browser) Cookies(u string) []*http.Cookie {
	parsed, err := url.Parse(u)
	if err != nil {
		return nil
	}
	return b.client.Jar.Cookies(parsed)
}

// SetCookies puts cookies for u into the browser.
func (b *Browser) SetCookies(u string, cookies []*http.Cookie) {
	if parsed, err := url.Parse(u); err == nil {
		b.client.Jar.SetCookies(parsed, cookies)
	}
}

// Open gets a page.
func (b *Browser) Open(ctx context.Context, u string) (*Page, error) {
	return b.send(ctx, http.MethodGet, u, nil)
}

// Post sends a form that no page has.
func (b *Browser) Post(ctx context.Context, u string, form url.Values) (*Page, error) {
	return b.send(ctx, http.MethodPost, u, form)
}

// Press presses the button with the id on a page, after typing fields into its
// form: no values clear a field, or untick boxes.
func (b *Browser) Press(ctx context.Context, p *Page, button string, fields url.Values) (*Page, error) {
	action, form, err := p.Form(button)
	if err != nil {
		return nil, err
	}
	for name, values := range fields {
		form[name] = values
	}
	return b.send(ctx, http.MethodPost, action, form)
}

func (b *Browser) send(ctx context.Context, method, u string, form url.Values) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, method, u, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, err
	}
	p := &Page{URL: resp.Request.URL, Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
	if l, err := resp.Location(); err == nil {
		p.Location = l
	}
	return p, nil
}

// Page is an answer.
type Page struct {
	URL      *url.URL
	Status   int
	Header   http.Header
	Body     string
	Location *url.URL // of a redirect that was not followed
}

var (
	formPattern      = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	inputPattern     = regexp.MustCompile(`<(?:input|button)\b([^>]*)>`)
	attributePattern = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	tagPattern       = regexp.MustCompile(`<[^>]*>`)
)

// attributes reads what stands in a tag. All values are in double quotes.
func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, a := range attributePattern.FindAllStringSubmatch(tag, -1) {
		all[a[1]] = html.UnescapeString(a[2])
	}
	return all
}

// Form returns where the form with the button of that id goes, and what pressing
// it sends.
func (p *Page) Form(button string) (action string, form url.Values, err error) {
	for _, found := range formPattern.FindAllStringSubmatch(p.Body, -1) {
		form, pressed := url.Values{}, false
		for _, tag := range inputPattern.FindAllStringSubmatch(found[2], -1) {
			a := attributes(tag[1])
			_, ticked := a["checked"]
			isButton := strings.HasPrefix(tag[0], "<button")
			pressed = pressed || isButton && a["id"] == button
			if a["name"] == "" || isButton && a["id"] != button || a["type"] == "checkbox" && !ticked {
				continue
			}
			form.Add(a["name"], a["value"])
		}
		if pressed {
			u, err := p.URL.Parse(attributes(found[1])["action"])
			if err != nil {
				return "", nil, err
			}
			return u.String(), form, nil
		}
	}
	return "", nil, fmt.Errorf("browser: %s has no button %q (status %d)", p.URL.Path, button, p.Status)
}

// Text is what stands in the element with the id, or "". It must not hold another
// element of its own kind.
func (p *Page) Text(id string) string {
	start := regexp.MustCompile(`<([a-z0-9]+)\b[^>]*\bid="` + regexp.QuoteMeta(id) + `"[^>]*>`).FindStringSubmatchIndex(p.Body)
	if start == nil {
		return ""
	}
	text, _, _ := strings.Cut(p.Body[start[1]:], "</"+p.Body[start[2]:start[3]]+">")
	return strings.TrimSpace(html.UnescapeString(tagPattern.ReplaceAllString(text, "")))
}

// Title is that of the page.
func (p *Page) Title() string {
	_, rest, _ := strings.Cut(p.Body, "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return html.UnescapeString(title)
}

// JSON reads an answer that is none for people. Its status has to be 200.
func (p *Page) JSON(answer any) error {
	if p.Status != http.StatusOK {
		return fmt.Errorf("browser: %s answered %d", p.URL.Path, p.Status)
	}
	return json.Unmarshal([]byte(p.Body), answer)
}
