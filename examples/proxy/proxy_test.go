package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

const get = "GET /notes/ HTTP/1.1"

// MCP-04: what came as a token, or beside one, stays here. Each request is
// admitted, and each is written byte by byte: clients of net/http would repair
// some.
func TestTheUpstreamSeesNoToken(t *testing.T) {
	p := newProxied(t, nil)
	token := p.issuer.Token(map[string]any{"sub": "ada"})
	bearer := "Authorization: Bearer " + token
	for _, row := range []struct {
		name   string
		lines  []string
		body   string
		target string // that arrives
	}{
		{"MCP-04 a token in Authorization", []string{get, bearer}, "", "/notes/"},
		{"MCP-04 a token in aUTHORIZATION", []string{get, "aUTHORIZATION:bearer   " + token}, "", "/notes/"},
		{"MCP-04 a token in a cookie", []string{get, "Cookie: theme=dark; token=" + token}, "", "/notes/"},
		{"MCP-04 a cookie on a line of its own", []string{get, "Cookie: theme=dark", "Cookie: token=" + token}, "", "/notes/"},
		{"MCP-04 a DPoP proof beside it", []string{get, bearer, "DPoP: " + token}, "", "/notes/"},
		{"MCP-04 two proofs, in lower case", []string{get, bearer, "dpop: " + token, "dpop: " + token}, "", "/notes/"},
		{"MCP-04 a token for the proxy as a proxy", []string{get, bearer, "Proxy-Authorization: Bearer " + token}, "", "/notes/"},
		{"MCP-04 one more in the query", []string{"GET /notes/?access_token=" + token + "&page=2 HTTP/1.1", bearer}, "", "/notes/?page=2"},
		{"MCP-04 several in the query", []string{"GET /notes/?access_token=" + token + "&access_token=" + token + "&Access_Token=" + token + " HTTP/1.1", bearer}, "", "/notes/"},
		{"MCP-04 under an encoded name", []string{"GET /notes/?%61ccess%5Ftoken=" + token + "&page=2 HTTP/1.1", bearer}, "", "/notes/?page=2"},
		{"MCP-04 after a semicolon, which some parse", []string{"GET /notes/?page=2&a=b;access_token=" + token + " HTTP/1.1", bearer}, "", "/notes/?page=2"},
		{"MCP-04 with an escape that is none", []string{"GET /notes/?page=2&access_token=%zz" + token + " HTTP/1.1", bearer}, "", "/notes/?page=2"},
		{"MCP-04 among more parameters than Go reads", []string{"GET /notes/?" + strings.Repeat("a&", 10_000) + "access_token=" + token + " HTTP/1.1", bearer}, "", "/notes/"},
		{"MCP-04 named as hop by hop", []string{get, bearer, "DPoP: " + token, "Connection: DPoP, Cookie, close", "Cookie: token2=" + token}, "", "/notes/"},
		{
			"MCP-04 in a trailer field", []string{"POST /notes/ HTTP/1.1", bearer, "Transfer-Encoding: chunked", "Trailer: Authorization, X-User"},
			"2\r\nhi\r\n0\r\nAuthorization: Bearer " + token + "\r\nX-User: root\r\n\r\n", "/notes/",
		},
		{
			"MCP-04 in a trailer field that is not announced", []string{"POST /notes/ HTTP/1.1", bearer, "Transfer-Encoding: chunked"},
			"2\r\nhi\r\n0\r\nAuthorization: Bearer " + token + "\r\nX-User: root\r\n\r\n", "/notes/",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			p.t = t
			answer := p.send(row.body, row.lines...)
			got, ok := p.seen()
			if answer.StatusCode != http.StatusOK || !ok {
				t.Fatalf("answered %s, arrived: %t", answer.Status, ok)
			}
			for _, name := range []string{"Authorization", "Dpop", "Cookie", "Proxy-Authorization", "Connection"} {
				if values := got.header[name]; values != nil {
					t.Errorf("%s arrived %d times", name, len(values))
				}
			}
			// Not whole, and not in part: each has the same header in front.
			if strings.Contains(got.all(), token) || strings.Contains(got.all(), token[:20]) {
				t.Error("a token arrived")
			}
			if got.target != row.target || len(got.trailer) != 0 {
				t.Errorf("arrived: %s, trailer %v, want %s", got.target, got.trailer, row.target)
			}
			if row.body != "" && got.body != "hi" {
				t.Errorf("the body arrived as %q", got.body)
			}
			if user := got.header["X-User"]; !slices.Equal(user, []string{"ada"}) {
				t.Errorf("X-User %q", user)
			}
		})
	}
}

func TestTheUpstreamIsToldWhoIsCalling(t *testing.T) {
	p := newProxied(t, nil)
	as := func(claims map[string]any) string { return "Authorization: Bearer " + p.issuer.Token(claims) }
	ada := as(map[string]any{"sub": "ada"})
	who := func(user ...string) http.Header {
		h := http.Header{"X-Issuer": {url.PathEscape(p.issuer.URL)}, "X-Client": {"client"}, "X-Scope": {"read"}}
		if user != nil {
			h["X-User"] = user
		}
		return h
	}
	prices := "GET /prices HTTP/1.1"
	for _, row := range []struct {
		name  string
		lines []string
		want  http.Header
	}{
		{"a user", []string{get, ada}, who("ada")},
		{"a client that acts for itself is no user", []string{get, as(map[string]any{"sub": issuertest.ClientID})}, who()},
		{"a subject with a space at its end is another", []string{get, as(map[string]any{"sub": "ada "})}, who("ada%20")},
		{"a subject that is no field value", []string{get, as(map[string]any{"sub": "ada\r\nX-Admin: é"})}, who("ada%0D%0AX-Admin:%20%C3%A9")},
		{"a forged user", []string{get, ada, "X-User: root"}, who("ada")},
		{"forged in lower case, twice", []string{get, ada, "x-user: root", "x-user: root"}, who("ada")},
		{"forged with underscores", []string{get, ada, "X_User: root", "x_user: root", "X_CLIENT: root"}, who("ada")},
		{"forged with dots, which CGI reads as dashes too", []string{get, ada, "X.User: root", "x.user: root", "X.Issuer: root"}, who("ada")},
		{"forged with any other byte that a name may hold", []string{get, ada, "X!User: root", "X~User: root", "X+Client: root", "x|scope: root", "X'Issuer: root"}, who("ada")},
		{"forged by a client that acts for itself", []string{get, as(map[string]any{"sub": issuertest.ClientID}), "X-User: root"}, who()},
		{"forged on a public route", []string{prices, "X-User: root", "X-Issuer: root", "X-Client: root", "X_Scope: root"}, http.Header{}},
		{"a token on a public route that nobody judged", []string{prices, ada}, http.Header{}},
		{"a user to be dropped hop by hop", []string{get, ada, "Connection: X-User"}, who("ada")},
		{"all to be dropped hop by hop", []string{get, ada, "Connection: close, x-user", "Connection: X-Client,X-Issuer, X-Scope"}, who("ada")},
		{"to be dropped on the way to another protocol", []string{get, ada, "Connection: Upgrade, X-User", "Upgrade: websocket"}, who("ada")},
	} {
		t.Run(row.name, func(t *testing.T) {
			p.t = t
			answer := p.send("", row.lines...)
			got, ok := p.seen()
			if answer.StatusCode != http.StatusOK || !ok {
				t.Fatalf("answered %s, arrived: %t", answer.Status, ok)
			}
			for _, name := range identity {
				if !slices.Equal(got.header[name], row.want[name]) {
					t.Errorf("%s %q, want %q", name, got.header[name], row.want[name])
				}
			}
			if strings.Contains(got.all(), "root") || got.header["Upgrade"] != nil {
				t.Errorf("arrived: %v", got.header)
			}
		})
	}
}

// The guard judged the method and the path of the request. An upstream that
// takes others from a field would serve a route that nobody judged.
func TestNoFieldNamesAnotherRequest(t *testing.T) {
	p := newProxied(t, nil)
	bearer := "Authorization: Bearer " + p.issuer.Token(nil)
	for _, row := range []struct {
		name  string
		lines []string
	}{
		{"another method", []string{"X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE"}},
		{"another path", []string{"X-Original-URL: /admin", "X-Rewrite-URL: /admin"}},
		{"in lower case, twice", []string{"x-http-method-override: DELETE", "x-http-method-override: DELETE", "x-original-url: /admin"}},
		{"in the spellings that CGI takes for the same", []string{"X_HTTP_Method_Override: DELETE", "X.Method.Override: DELETE", "x~http~method: DELETE", "X_Original-URL: /admin", "X.Rewrite.URL: /admin"}},
	} {
		for _, first := range []struct{ line, field string }{{get, bearer}, {"GET /prices HTTP/1.1", "Accept: */*"}} {
			t.Run(row.name+": "+first.line, func(t *testing.T) {
				p.t = t
				answer := p.send("", append([]string{first.line, first.field}, row.lines...)...)
				got, ok := p.seen()
				if answer.StatusCode != http.StatusOK || !ok {
					t.Fatalf("answered %s, arrived: %t", answer.Status, ok)
				}
				if all := got.all(); strings.Contains(all, "DELETE") || strings.Contains(all, "/admin") {
					t.Errorf("arrived: %v", got.header)
				}
			})
		}
	}
}

func TestWhatIsRefusedDoesNotArrive(t *testing.T) {
	p := newProxied(t, nil)
	bearer := "Authorization: Bearer " + p.issuer.Token(nil)
	for _, row := range []struct {
		name   string
		lines  []string
		status int
	}{
		{"no token", []string{get}, 401},
		{"a token in the query alone", []string{"GET /notes/?access_token=" + p.issuer.Token(nil) + " HTTP/1.1"}, 401},
		{"an expired token", []string{get, "Authorization: Bearer " + p.issuer.Token(map[string]any{"exp": 1})}, 401},
		{"the wrong scope", []string{get, "Authorization: Bearer " + p.issuer.Token(map[string]any{"scope": "write"})}, 403},
		{"a token in both places", []string{get, bearer, "Cookie: token=" + p.issuer.Token(nil)}, 400},
		{"a path that no route has", []string{"GET /admin HTTP/1.1", bearer}, 404},
		{"a path that climbs in disguise", []string{"GET /notes/%2e%2e/admin HTTP/1.1", bearer}, 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			p.t = t
			answer := p.send("", row.lines...)
			if got, ok := p.seen(); ok || answer.StatusCode != row.status {
				t.Errorf("answered %s, arrived: %t %v", answer.Status, ok, got.target)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		name   string
		path   string
		answer http.HandlerFunc
		status int
		cache  []string
	}{
		{"an answer for one caller is for no shared cache", "/notes/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
		}, 200, []string{"public, max-age=60", "private"}},
		{"early hints do not make it public", "/notes/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
		}, 200, []string{"private"}},
		{"a public answer stays as it is", "/prices", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
		}, 200, []string{"public, max-age=60"}},
		{"an upstream that wants our credentials", "/notes/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, 502, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newProxied(t, row.answer)
			r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+p.addr+row.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+p.issuer.Token(nil))
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if got := answer.Header["Cache-Control"]; answer.StatusCode != row.status || !slices.Equal(got, row.cache) {
				t.Errorf("answered %s, Cache-Control %q, want %d %q", answer.Status, got, row.status, row.cache)
			}
			if answer.Header["Www-Authenticate"] != nil {
				t.Error("a challenge that is not for the client")
			}
		})
	}
}
