package scopes

import (
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// maxSamples is how many lengths of paths are tried with a pattern that goes on
// at will, before all of them count as left to others.
const maxSamples = 64

// serves reports, as an error, why mux never serves a request under pattern.
func serves(mux *http.ServeMux, pattern string) error {
	wrong := func(why string) error {
		return errors.New("scopes: Routes: " + pattern + ": " + why)
	}
	method, rest := splitMethod(pattern)
	if method == "" {
		method = "WARDER" // that no pattern names
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return wrong("is not a pattern of a ServeMux")
	}
	host, path := rest[:slash], rest[slash:]
	if host == "" {
		host = "api.invalid"
	}
	instead := ""
	for path := range samples(path) {
		if method == http.MethodConnect && slash > 0 {
			path.Host = host // where a mux looks first, for CONNECT alone
		}
		r := &http.Request{Method: method, Host: host, URL: path, Header: http.Header{}}
		switch _, got := mux.Handler(r); got {
		case pattern:
			return nil
		case "":
		default:
			instead = got
		}
	}
	if instead != "" {
		return wrong("the mux serves that under " + instead)
	}
	return wrong("the mux does not serve it")
}

// splitMethod returns the method that a pattern names, or "", and the rest.
func splitMethod(pattern string) (method, rest string) {
	i := strings.IndexAny(pattern, " \t")
	if i < 0 {
		return "", pattern
	}
	return pattern[:i], strings.TrimLeft(pattern[i:], " \t")
}

// samples yields paths that match the path of a pattern. A pattern may leave
// some of its paths to more specific ones, but not all.
func samples(path string) iter.Seq[*url.URL] {
	const made = "warder-sample" // a segment that no pattern names
	segments := strings.Split(path, "/")[1:]
	last := len(segments) - 1
	open := false // the pattern goes on at will
	for i, s := range segments {
		switch {
		case s == "{$}":
			segments[i] = ""
		case i == last && (s == "" || strings.HasSuffix(s, "...}")):
			segments[i], open = "", true
		case s == "", strings.HasPrefix(s, "{"):
			segments[i] = made // an empty segment of a pattern is a wildcard to the mux
		default:
			if plain, err := url.PathUnescape(s); err == nil {
				segments[i] = plain
			}
		}
	}
	return func(yield func(*url.URL) bool) {
		for range maxSamples {
			u := new(url.URL)
			for _, s := range segments {
				u.Path += "/" + s
				u.RawPath += "/" + url.PathEscape(s)
			}
			if !yield(u) || !open {
				return
			}
			// The next has one segment more, with and without a slash at its end.
			if last := len(segments) - 1; segments[last] == "" {
				segments[last] = made
			} else {
				segments = append(segments, "")
			}
		}
	}
}
