package middleware

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// splitResource returns the origin of a resource identifier and the path that
// its well-known URL ends in: a slash that is alone is none (RFC 9728 §3.1).
func splitResource(resource string) (origin, path string, err error) {
	u, err := publicURL(resource)
	switch {
	case err != nil:
		return "", "", err
	case strings.Contains(resource, "?"):
		return "", "", errors.New("has a query")
	}
	scheme, rest, _ := strings.Cut(resource, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	if path == "/" {
		path = ""
	}
	// A mux cleans such paths, and no pattern has them.
	odd := path != "" && path != u.EscapedPath() || strings.Contains(path, "//")
	for segment := range strings.SplitSeq(u.Path, "/") {
		odd = odd || segment == "." || segment == ".."
	}
	if odd {
		return "", "", errors.New("a path that cannot be routed as it is")
	}
	return scheme + "://" + rest, path, nil
}

// publicURL reads an absolute https URL without password and fragment. Plain
// http is for loopback hosts. The error does not quote it.
func publicURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("is missing")
	case err != nil, u.Host == "", u.Hostname() == "", u.User != nil:
		return nil, errors.New("is not an absolute URL")
	case strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }):
		// A challenge drops what no field may carry, and would name another host.
		return nil, errors.New("has a character that no URL has (RFC 3986 §2)")
	case strings.Contains(raw, "#"):
		return nil, errors.New("has a fragment")
	case strings.HasSuffix(u.Host, ":"), strings.Contains(u.Host, "*"), !isPort(u.Port()):
		return nil, errors.New("has a host or port that no client can use")
	case u.Scheme == "https", u.Scheme == "http" && isLoopbackName(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("is not https")
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

func isLoopbackName(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
