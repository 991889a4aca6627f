package issuertest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mayRedirectTo reports whether a redirect URI may be registered (RFC 6749
// §3.1.2, RFC 9700 §2.1, §2.6, RFC 8252 §7).
func mayRedirectTo(uri string) bool {
	// Nothing that a Location field or a browser reads in another way.
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`#\"<>^`+"`{|}", r) }) {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.User != nil {
		return false
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return false
	}
	for _, name := range []string{"code", "state", "iss", "error", "error_description"} {
		if query.Has(name) { // the answer would have it twice
			return false
		}
	}
	switch {
	case u.Scheme == "https":
		return u.Hostname() != ""
	case u.Scheme == "http":
		_, _, ok := cutLoopback(uri)
		return ok
	}
	// A private scheme is a domain turned around (RFC 8252 §7.1). That keeps out
	// javascript, data, file and whatever else browsers run.
	return strings.Contains(u.Scheme, ".")
}

// sameRedirectURI compares a redirect URI with a registered one: as strings,
// the port of loopback aside (RFC 9700 §2.1, RFC 8252 §7.3).
func sameRedirectURI(registered, sent string) bool {
	if registered == sent {
		return true
	}
	host, rest, ok := cutLoopback(registered)
	sentHost, sentRest, sentOK := cutLoopback(sent)
	return ok && sentOK && host == sentHost && rest == sentRest
}

// cutLoopback splits an http URI of the loopback host around its port. It reads
// the text, not a parsed URL: what a parser tidies up must stay different.
func cutLoopback(uri string) (host, rest string, ok bool) {
	for _, host := range []string{"http://127.0.0.1", "http://[::1]", "http://localhost"} {
		rest, found := strings.CutPrefix(uri, host)
		if !found {
			continue
		}
		if port, found := strings.CutPrefix(rest, ":"); found {
			end := strings.IndexAny(port, "/?")
			if end < 0 {
				end = len(port)
			}
			n, err := strconv.Atoi(port[:end])
			if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port[:end] {
				return "", "", false
			}
			rest = port[end:]
		}
		if rest == "" || rest[0] == '/' || rest[0] == '?' {
			return host, rest, true
		}
	}
	return "", "", false
}

// hasRedirectURI reports whether uri is one of the client's.
func (c *client) hasRedirectURI(uri string) bool {
	return slices.ContainsFunc(c.RedirectURIs, func(registered string) bool { return sameRedirectURI(registered, uri) })
}

// redirect sends the browser to uri with further parameters. 303 makes it a GET
// whatever it was before: a 307 would carry a password on (RFC 9700 §4.12).
func redirect(w http.ResponseWriter, uri string, params url.Values) {
	separator := "?"
	if _, query, has := strings.Cut(uri, "?"); has {
		if separator = "&"; query == "" {
			separator = ""
		}
	}
	if len(params) == 0 {
		separator = ""
	}
	w.Header().Set("Location", uri+separator+params.Encode())
	w.WriteHeader(http.StatusSeeOther)
}
