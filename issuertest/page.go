package issuertest

import (
	"io"
	"net/http"
	"strings"
)

// Handle serves a page of the caller's own, such as a login page, on the
// issuer's origin. The pattern is one of http.ServeMux. The issuer's endpoints
// come first, except EndpointVerification: a pattern with exactly that path takes
// the plain page away, for every method. Bodies are limited to 64 KiB. Like the Interaction, h starts with the header
// fields that keep the page out of frames, caches and Referer fields (RFC 6749
// §10.13, RFC 9700 §4.2.4); a Content-Security-Policy of its own needs
// frame-ancestors 'none' too. Handle panics as ServeMux.Handle does.
func (i *Issuer) Handle(pattern string, h http.Handler) {
	i.pages.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer report()
		secure(w.Header())
		h.ServeHTTP(w, r)
	}))
	if pattern[strings.IndexByte(pattern, '/'):] == EndpointVerification {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.verifies = true
	}
}

// serveVerificationPage answers with the caller's page, else with the plain one.
func (i *Issuer) serveVerificationPage(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	caller := i.verifies
	i.mu.Unlock()
	if caller {
		i.pages.ServeHTTP(w, r)
		return
	}
	i.serveVerification(w, r)
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
