package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// Browsers attach cookies to requests that other sites make (RFC 6750 §5.3),
// so a cookie counts only where net/http finds no sign of that.
func TestFromCookie(t *testing.T) {
	csrf := http.NewCrossOriginProtection()
	if err := csrf.AddTrustedOrigin("https://app.example"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, method, cookie string
		fields               map[string]string
		status               int
		reason               middleware.Reason
	}{
		{"R6750-19 a request of the same origin", "POST", "t=good", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200, middleware.ReasonOK},
		{"R6750-19 a request of another site", "POST", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, middleware.ReasonCSRF},
		{"a request of a sibling domain", "POST", "t=good", map[string]string{"Sec-Fetch-Site": "same-site"}, 403, middleware.ReasonCSRF},
		{"an old browser and another origin", "POST", "t=good", map[string]string{"Origin": "https://evil.example"}, 403, middleware.ReasonCSRF},
		{"an origin that the program trusts", "POST", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}, 200, middleware.ReasonOK},
		{"a request that changes nothing", "GET", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200, middleware.ReasonOK},
		{"R6750-19 a handshake of another site", "GET", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site", "Upgrade": "websocket"}, 403, middleware.ReasonCSRF},
		{"a handshake of another site, spelled oddly", "GET", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site", "Upgrade": "h2c, WebSocket/13"}, 403, middleware.ReasonCSRF},
		{"an empty Upgrade of another site", "HEAD", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site", "Upgrade": ""}, 403, middleware.ReasonCSRF},
		{"a handshake of the same origin", "GET", "t=good", map[string]string{"Sec-Fetch-Site": "same-origin", "Upgrade": "websocket"}, 200, middleware.ReasonOK},
		{"a handshake of an old browser and another origin", "GET", "t=good", map[string]string{"Origin": "https://evil.example", "Upgrade": "websocket"}, 403, middleware.ReasonCSRF},
		{"a handshake of an origin that the program trusts", "GET", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example", "Upgrade": "websocket"}, 200, middleware.ReasonOK},
		{"CONNECT of another site", "CONNECT", "t=good", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, middleware.ReasonCSRF},
		{"a cookie that net/http cannot read", "POST", `t=go"od`, nil, 400, middleware.ReasonMalformedRequest},
		{"a cookie and one that net/http cannot read", "POST", `t=good;	t =go"od`, nil, 400, middleware.ReasonMalformedRequest},
		{"too many cookies for net/http", "POST", strings.Repeat("a=b;", 4000) + "t=good", nil, 400, middleware.ReasonMalformedRequest},
		{"another cookie that cannot be read", "POST", `tt=go"od; t=good`, nil, 200, middleware.ReasonOK},
		{"a value that looks like the cookie", "POST", "a=t=good", nil, 401, middleware.ReasonNoToken},
		{"no browser", "POST", "t=good", nil, 200, middleware.ReasonOK},
		{"a bad token of another site: the site is judged first", "POST", "t=expired", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, middleware.ReasonCSRF},
		{"a bad token", "POST", "t=expired", nil, 401, middleware.ReasonExpired},
		{"an empty cookie is none", "POST", "t=", map[string]string{"Sec-Fetch-Site": "cross-site"}, 401, middleware.ReasonNoToken},
		{"another cookie is none", "POST", "T=good", nil, 401, middleware.ReasonNoToken},
		{"two cookies, of two paths perhaps", "POST", "t=good; t=good", nil, 400, middleware.ReasonMalformedRequest},
		{"two cookies, one empty", "POST", "t=good; t=", nil, 400, middleware.ReasonMalformedRequest},
		{"a cookie and a scheme that is not spoken", "POST", "t=good", map[string]string{"Authorization": "Basic eDp5"}, 200, middleware.ReasonOK},
		{"a cookie and a field", "POST", "t=good", map[string]string{"Authorization": "Bearer good"}, 400, middleware.ReasonMalformedRequest},
		{"a field alone, from another site: no cookie, no forgery", "POST", "", map[string]string{"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer good"}, 200, middleware.ReasonOK},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, sources := range [][]middleware.Source{
				{middleware.FromHeader, middleware.FromCookie("t", csrf)},
				{middleware.FromCookie("t", csrf), middleware.FromHeader},
			} {
				seen := newRecorder()
				g := middleware.New(newFakeVerifier(), &middleware.Options{Sources: sources, Observe: seen.observe})
				r := httptest.NewRequest(row.method, "https://rs.example/", nil)
				if row.cookie != "" {
					r.Header.Set("Cookie", row.cookie)
				}
				for name, value := range row.fields {
					r.Header.Set(name, value)
				}
				w := httptest.NewRecorder()
				g.Handler(ok).ServeHTTP(w, r)
				equal(t, w.Code, row.status)
				equal(t, seen.authenticated(t).Reason, row.reason)
				equal(t, w.Header()["Vary"], []string{"Cookie"})
				cache := "no-store"
				if row.status == 200 && row.cookie != "" {
					cache = "private" // R9111-09 for what caches do not know of
				} else if row.status == 200 {
					cache = ""
				}
				equal(t, w.Header().Get("Cache-Control"), cache)
				if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (row.status == 400 || row.status == 401) {
					t.Errorf("challenge %q beside %d", challenge, row.status)
				}
			}
		})
	}
}
