package main

import (
	"net/http"
	"net/url"
)

// ownOrigin refuses what pages of other origins than the resource's send, as MCP
// wants of every connection (transports, "Security & Endpoint").
// [http.CrossOriginProtection] is not enough: it lets every GET through, and one
// opens a stream here; and it believes Host, which is the page's own choice once
// its name was bound to this address. Programs send no Origin: what keeps those
// out is the access token.
func ownOrigin(resource *url.URL, next http.Handler) http.Handler {
	own := resource.Scheme + "://" + resource.Host
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, origin := range r.Header.Values("Origin") {
			if origin != own { // "null" too
				http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
