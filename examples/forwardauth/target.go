package main

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errNotNormal = errors.New("not in normal form")

// parseTarget parses a request target that everybody on the way reads alike.
// The proxy matches one path (nginx: decoded, cleaned, slashes merged), passes
// on another (nginx: the one that was sent), the policy matches a third, and
// the API has views of its own. They agree on paths in normal form, so all
// others are refused rather than normalised:
//
//   - no empty segment but the last, no "." and "..";
//   - the characters of a path (RFC 3986 §3.3) but ";", which some servers cut
//     off with what follows;
//   - percent-encoded neither what needs no encoding (RFC 3986 §2.3: %2e), nor
//     controls, nor / \ % ? # ; which some servers decode too early or twice;
//   - valid UTF-8 once decoded.
//
// The query is left alone, as long as it is printable and holds no "#".
func parseTarget(target string) (*url.URL, error) {
	path, query, _ := strings.Cut(target, "?")
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c > '~' || c == '#' }) {
		return nil, errNotNormal
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		if s == "" && i < len(segments)-1 || s == "." || s == ".." || !isNormal(s) {
			return nil, errNotNormal
		}
	}
	return url.ParseRequestURI(target)
}

// isNormal judges the characters of a segment.
func isNormal(segment string) bool {
	var decoded []byte
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		switch {
		case c != '%':
			if !isUnreserved(c) && !strings.ContainsRune("!$&'()*+,=:@", rune(c)) {
				return false
			}
		case i+2 >= len(segment):
			return false
		default:
			n, err := strconv.ParseUint(segment[i+1:i+3], 16, 8)
			if err != nil {
				return false
			}
			c = byte(n)
			if isUnreserved(c) || c < ' ' || c == 0x7f || strings.ContainsRune(`/\%?#;`, rune(c)) {
				return false
			}
			i += 2
		}
		decoded = append(decoded, c)
	}
	return utf8.Valid(decoded)
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
