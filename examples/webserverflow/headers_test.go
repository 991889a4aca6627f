package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhatEveryAnswerTellsTheBrowser(t *testing.T) {
	a := newApplication("https://issuer.example/tenant", "", nil)
	for name, row := range map[string]struct {
		method, path, site string
		status             int
	}{
		"the home page":                {"GET", "/", "", 200},
		"the style":                    {"GET", "/style.css", "", 200},
		"an answer nobody asked for":   {"GET", "/callback?code=x", "", 400},
		"a page that is not there":     {"GET", "/nothing", "", 404},
		"a method that is not there":   {"POST", "/", "same-origin", 405},
		"a path that is tidied up":     {"GET", "//style.css", "", 307},
		"a route that no button has":   {"POST", "/call", "same-origin", 400},
		"a form of another site":       {"POST", "/call", "cross-site", 403},
		"a stranger without a token":   {"POST", "/refresh", "same-origin", 200},
		"a revocation by a stranger":   {"POST", "/revoke", "same-origin", 200},
		"a form that has no origin":    {"POST", "/signin", "", 403},
		"the home page, asked of HEAD": {"HEAD", "/", "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(row.method, row.path, nil)
			if row.site != "" {
				r.Header.Set("Sec-Fetch-Site", row.site)
			} else if row.method == http.MethodPost {
				r.Header.Set("Origin", "null") // as our Referrer-Policy has it
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code != row.status {
				t.Errorf("status %d, want %d", w.Code, row.status)
			}
			for field, want := range map[string]string{
				"X-Content-Type-Options": "nosniff",
				"Referrer-Policy":        "no-referrer",
				"Cache-Control":          "no-store",
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self' https://issuer.example; " +
					"base-uri 'none'; frame-ancestors 'none'",
			} {
				if got := w.Header().Values(field); len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q, want %q", field, got, want)
				}
			}
		})
	}
}
