package main

import (
	"net/http"
	"net/url"
)

// withHeaders sets on every answer, errors included, what browsers need to be told:
// run nothing, frame nothing, keep nothing, guess no type, and name no address of
// ours to others, for /callback has the code in it (RFC 9700 §4.2.4). Forms lead to
// us and, as Chromium counts the redirect that follows, to the issuer.
func withHeaders(issuer string, next http.Handler) http.Handler {
	forms := "'self'"
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		forms += " " + u.Scheme + "://" + u.Host
	}
	policy := "default-src 'none'; style-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", policy)
		next.ServeHTTP(w, r)
	})
}
