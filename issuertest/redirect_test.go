package issuertest_test

import (
	"net/url"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

func TestRedirectURIsThatMayNotBeRegistered(t *testing.T) {
	iss := onSocket(t)
	for name, uri := range map[string]string{
		"R6749-08 with a fragment":         "https://app.example/cb#f",
		"R6749-08 with an empty fragment":  "https://app.example/cb#",
		"R6749-08 without a scheme":        "//app.example/cb",
		"R6749-08 a path alone":            "/cb",
		"empty":                            "",
		"R9700-06 over http":               "http://app.example/cb",
		"R9700-06 http of a false host":    "http://127.0.0.1.evil.example/cb",
		"R9700-06 http of a false user":    "http://127.0.0.1@evil.example/cb",
		"R9700-06 http of a false port":    "http://127.0.0.1:80@evil.example/cb",
		"R9700-06 http of localhost's kin": "http://localhost.evil.example/cb",
		"R9700-06 in capitals":             "HTTP://app.example/cb",
		"a port that is none":              "http://127.0.0.1:0/cb",
		"a script":                         "javascript:alert(1)",
		"data":                             "data:text/html,x",
		"a file":                           "file:///etc/passwd",
		"a scheme anybody may claim":       "myapp:/cb",
		"with a user":                      "https://user@app.example/cb",
		"with a space":                     "https://app.example/c b",
		"with a line break":                "https://app.example/cb\r\nX: y",
		"with a backslash":                 `https://app.example\@evil.example/`,
		"not ASCII":                        "https://äpp.example/cb",
		"without a host":                   "https:///cb",
		"with a code of its own":           "https://app.example/cb?code=x",
		"R9207-01 with an iss of its own":  "https://app.example/cb?iss=x",
		"with a state of its own":          "https://app.example/cb?a=b&state=x",
	} {
		t.Run(name, func(t *testing.T) {
			mustPanic(t, func() { iss.AddClient(issuertest.Client{ID: "x", RedirectURIs: []string{uri}}) })
		})
	}
}

func TestRedirectURIsThatMatch(t *testing.T) {
	iss := onSocket(t)
	for _, row := range []struct {
		name, registered, sent string
		match                  bool
	}{
		{"R9700-05 the port of loopback varies", "http://127.0.0.1/cb", "http://127.0.0.1:5555/cb", true},
		{"R9700-05 a registered port varies too", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", true},
		{"R9700-05 and may be left out", "http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true},
		{"R9700-05 IPv6", "http://[::1]/cb", "http://[::1]:5555/cb", true},
		{"R9700-05 localhost", "http://localhost/cb", "http://localhost:5555/cb", true},
		{"R9700-05 with a query", "http://127.0.0.1/?a=b", "http://127.0.0.1:5555/?a=b", true},
		{"R9700-05 a host alone", "http://127.0.0.1", "http://127.0.0.1:5555", true},
		{"R9700-05 a private scheme", "com.example.app:/cb", "com.example.app:/cb", true},
		{"R9700-05 but not the path", "http://127.0.0.1/cb", "http://127.0.0.1:5555/cb/", false},
		{"R9700-05 nor the query", "http://127.0.0.1/cb", "http://127.0.0.1:5555/cb?", false},
		{"R9700-05 nor the host", "http://127.0.0.1/cb", "http://localhost:5555/cb", false},
		{"R9700-05 nor the scheme", "http://127.0.0.1/cb", "https://127.0.0.1:5555/cb", false},
		{"R9700-05 nor a port beyond all", "http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false},
		{"R9700-05 nor a port of letters", "http://127.0.0.1/cb", "http://127.0.0.1:x/cb", false},
		{"R9700-05 nor an empty port", "http://127.0.0.1/cb", "http://127.0.0.1:/cb", false},
		{"R9700-05 nor a port written otherwise", "http://127.0.0.1/cb", "http://127.0.0.1:+80/cb", false},
		{"R9700-05 nor a port that is a password", "http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", false},
		{"R9700-05 nor the port of others", "https://app.example/cb", "https://app.example:5555/cb", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			iss.AddClient(issuertest.Client{ID: "app", RedirectURIs: []string{row.registered}, Scopes: []string{"read"}})
			v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"redirect_uri": {row.sent}}))
			if !row.match {
				checkPage(t, v, 400)
				return
			}
			checkRedirect(t, iss, v)
			if len(v.location) < len(row.sent) || v.location[:len(row.sent)] != row.sent {
				t.Errorf("Location is %s", v.location)
			}
		})
	}
}
