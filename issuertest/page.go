package issuertest

import (
	"io"
	"net/http"
)

// Handle serves a page of the caller's own, such as a login page, on the
// issuer's origin. The pattern is one of http.ServeMux. The issuer's endpoints
// come first, except EndpointVerification: a page there replaces the plain one,
// for the methods it has.
// Bodies are limited to 64 KiB. Like the Interaction, h starts with the header
// fields that keep the page out of frames, caches and Referer fields (RFC 6749
// §10.13, RFC 9700 §4.2.4); a Content-Security-Policy of its own needs
// frame-ancestors 'none' too. Handle panics as ServeMux.Handle does.
func (i *Issuer) Handle(pattern string, h http.Handler) {
	i.pages.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		h.ServeHTTP(w, r)
	}))
}

// verificationPage is the caller's, else the plain one.
func (i *Issuer) verificationPage(r *http.Request) http.Handler {
	if _, pattern := i.pages.Handler(r); pattern != "" {
		return &i.pages
	}
	return http.HandlerFunc(i.serveVerification)
}

// secure sets the header fields of whatever a person may see.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY") // for browsers that know no frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// errorPage tells a person what went wrong where nothing may redirect. The text
// is fixed: it repeats no input.
func errorPage(w http.ResponseWriter, status int, text string) {
	textPage(w, status, "Error: "+text)
}

func textPage(w http.ResponseWriter, status int, text string) {
	secure(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}
