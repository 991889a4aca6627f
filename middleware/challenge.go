package middleware

import (
	"slices"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate field (RFC 9110 §11.3).
type Challenge struct {
	Scheme string // a token (RFC 9110 §5.6.2)
	Params []Param
}

// String returns the challenge as a field value. Every value is a
// quoted-string (RFC 9110 §5.6.4). What could break out of the field, and
// what RFC 6750 §3 forbids in scope, error, error_description and error_uri,
// is dropped; so is the second of two parameters with one name, which RFC
// 6750 §3 also forbids. It is empty if Scheme is not a token.
func (c Challenge) String() string {
	if !isToken(c.Scheme) {
		return ""
	}
	var b strings.Builder
	size := len(c.Scheme)
	for _, p := range c.Params {
		size += len(p.Name) + len(p.Value) + len(`, =""`)
	}
	b.Grow(size)
	b.WriteString(c.Scheme)
	sep := byte(' ')
	for i, p := range c.Params {
		if !isToken(p.Name) || named(c.Params[:i], p.Name) {
			continue
		}
		if strings.EqualFold(p.Name, "scope") && !isScope(p.Value) {
			if p.Value = scopeIn(p.Value); p.Value == "" {
				continue
			}
		}
		if sep == ',' {
			b.WriteByte(',')
		}
		b.WriteByte(' ')
		sep = ','
		b.WriteString(p.Name)
		b.WriteString(`="`)
		writeQuoted(&b, p)
		b.WriteByte('"')
	}
	return b.String()
}

func writeQuoted(b *strings.Builder, p Param) {
	strict, spaces := false, true
	switch strings.ToLower(p.Name) {
	case "scope", "error", "error_description":
		strict = true
	case "error_uri":
		strict, spaces = true, false
	}
	plain := 0 // where what is copied as it is began
	for i := range len(p.Value) {
		ch := p.Value[i]
		if ' ' < ch && ch <= '~' && ch != '"' && ch != '\\' || ch == ' ' && spaces {
			continue
		}
		b.WriteString(p.Value[plain:i])
		plain = i + 1
		if (ch == '"' || ch == '\\') && !strict {
			b.WriteByte('\\')
			b.WriteByte(ch)
		}
	}
	b.WriteString(p.Value[plain:])
}

// named reports whether one of ps has this name, in any case.
func named(ps []Param, name string) bool {
	for _, p := range ps {
		if strings.EqualFold(p.Name, name) {
			return true
		}
	}
	return false
}

// isToken reports whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	return s != "" && tokenPrefix(s) == len(s)
}

// tokenPrefix returns how many bytes of s are tchar (RFC 9110 §5.6.2).
func tokenPrefix(s string) int {
	for i := range len(s) {
		if tchar[s[i]] == 0 {
			return i
		}
	}
	return len(s)
}

// tchar and token68 hold 1 for the characters of a token (RFC 9110 §5.6.2) and
// for those of a token68 before its padding (§11.2).
var tchar, token68 = func() (t, c [256]byte) {
	for ch := range 256 {
		alnum := '0' <= ch && ch <= '9' || 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z'
		if alnum || ch < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(ch)) >= 0 {
			t[ch] = 1
		}
		if alnum || ch < 0x80 && strings.IndexByte("-._~+/", byte(ch)) >= 0 {
			c[ch] = 1
		}
	}
	return t, c
}()

// isToken68 reports whether s is a token68 (RFC 9110 §11.2): nothing but its
// characters, at least one, then only "=".
func isToken68(s string) bool {
	n := 0
	// Eight at a time: every request's whole token comes by here.
	for ; n+8 <= len(s); n += 8 {
		c := s[n : n+8]
		if token68[c[0]]&token68[c[1]]&token68[c[2]]&token68[c[3]]&
			token68[c[4]]&token68[c[5]]&token68[c[6]]&token68[c[7]] == 0 {
			break
		}
	}
	for n < len(s) && token68[s[n]] == 1 {
		n++
	}
	return n > 0 && strings.Trim(s[n:], "=") == ""
}

// isScope reports whether s is a scope (RFC 6749 §3.3): scope-tokens
// separated by single spaces.
func isScope(s string) bool {
	for word := range strings.SplitSeq(s, " ") {
		if word == "" {
			return false
		}
		for i := range len(word) {
			if ch := word[i]; ch <= ' ' || ch > '~' || ch == '"' || ch == '\\' {
				return false
			}
		}
	}
	return true
}

// scopeIn returns the scope-tokens in s, separated by single spaces. What is
// none is left out whole: half of it would be another scope.
func scopeIn(s string) string {
	words := strings.Split(s, " ")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return !isScope(w) }), " ")
}

// offlineAccess is the scope for a refresh token (OpenID Connect Core §11): a
// matter between client and issuer, and no API's to ask for.
const offlineAccess = "offline_access"

// forThisAPI returns scope without offline_access.
func forThisAPI(scope string) string {
	if !strings.Contains(scope, offlineAccess) {
		return scope
	}
	words := strings.Split(scope, " ")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == offlineAccess }), " ")
}

// united returns the scope-tokens of both, each once.
func united(a, b string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	}
	words := strings.Split(a, " ")
	for w := range strings.SplitSeq(b, " ") {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}
