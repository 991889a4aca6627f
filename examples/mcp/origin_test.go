package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	const own = "https://notes.example"
	h := ownOrigin(&url.URL{Scheme: "https", Host: "notes.example", Path: "/mcp"},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	for _, row := range []struct {
		name    string
		origins []string
		host    string
		want    int
	}{
		{name: "no page", want: 204},
		{name: "a page of the server", origins: []string{own}, want: 204},
		{name: "a page of the server, through a proxy that rewrites Host", origins: []string{own}, host: "10.0.0.1:8080", want: 204},
		{name: "a page of another origin", origins: []string{"https://evil.example"}, want: 403},
		{name: "a page whose name was bound to our address", origins: []string{"https://evil.example"}, host: "evil.example", want: 403},
		{name: "a page of the same host by another scheme", origins: []string{"http://notes.example"}, want: 403},
		{name: "a page of another port", origins: []string{own + ":8443"}, want: 403},
		{name: "a page whose origin only begins like ours", origins: []string{own + ".evil.example"}, want: 403},
		{name: "a page of no origin", origins: []string{"null"}, want: 403},
		{name: "an empty field", origins: []string{""}, want: 403},
		{name: "two fields", origins: []string{own, "https://evil.example"}, want: 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, method := range []string{"OPTIONS", "HEAD", "GET", "POST", "DELETE"} {
				r := httptest.NewRequest(method, own+"/mcp", nil)
				if row.host != "" {
					r.Host = row.host
				}
				r.Header["Origin"] = row.origins
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != row.want {
					t.Errorf("%s: answered %d", method, w.Code)
				}
			}
		})
	}
}

// With a good token and a session, so that nothing else refuses them.
func TestPagesOfOtherOriginsReachNothing(t *testing.T) {
	f := serve(t, nil)
	token := f.token(nil)
	session := f.session(token)
	for _, method := range []string{"OPTIONS", "GET", "POST", "DELETE"} {
		r, err := http.NewRequestWithContext(t.Context(), method, f.resource, strings.NewReader(call("whoami", "{}")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = fields(token, session)
		r.Header.Set("Origin", "https://evil.example")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 403 || response.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: answered %s", method, response.Status)
		}
	}
	f.send("POST", token, session, call("whoami", "{}")).want(t, 200)
}
