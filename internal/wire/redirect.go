package wire

import (
	"net/http"
)

// mayFollow decides about one redirect, and takes from next what another host
// must not see. It answers no for whatever it does not know: a method that is
// not safe (its body would go along), one redirect too many, any scheme but the
// same or better.
func mayFollow(next *http.Request, via []*http.Request, limit int) bool {
	first, last := via[0], via[len(via)-1]
	if len(via) > limit {
		return false
	}
	if first.Method != http.MethodGet && first.Method != http.MethodHead {
		return false
	}
	if next.URL.Scheme != "https" && (next.URL.Scheme != "http" || last.URL.Scheme != "http") {
		return false
	}
	next.Header.Del("Referer") // net/http adds the last URL, query and all
	if next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host {
		return true
	}
	if next.URL.User != nil || next.URL.Host == "" {
		return false // credentials somebody else chose
	}
	if Local(next.URL.Hostname()) && !Near(first.URL.Hostname()) {
		return false // RFC 8725 §3.10
	}
	// net/http drops the well-known secret fields only, and not for
	// subdomains. Here nothing goes along but what is known to be harmless.
	kept := make(http.Header)
	for _, name := range []string{"Accept", "User-Agent", "If-None-Match", "If-Modified-Since"} {
		if v := next.Header.Values(name); len(v) > 0 {
			kept[name] = v
		}
	}
	next.Header = kept
	return true
}
