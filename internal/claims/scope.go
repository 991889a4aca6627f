package claims

import (
	"slices"
	"strings"

	"github.com/warder-go/warder/internal/strictjson"
)

// scopeString reads a scope claim: scope-tokens separated by spaces (RFC 6749
// §3.3). Other characters make a word that grants nothing; it is left out.
func scopeString(v strictjson.Value) ([]string, bool) {
	s, ok := v.Text()
	if !ok {
		return nil, false
	}
	count := 0
	for word := range strings.SplitSeq(s, " ") {
		if IsScopeToken(word) {
			count++
		}
	}
	if count == 0 {
		return nil, true
	}
	scopes := make([]string, 0, count) // thousands of spaces take no memory
	for word := range strings.SplitSeq(s, " ") {
		if IsScopeToken(word) {
			scopes = append(scopes, word)
		}
	}
	return scopes, true
}

// scopeList reads a claim that some issuer uses for scopes: a string as in
// scope, or an array with one scope an element.
func scopeList(v strictjson.Value) ([]string, bool) {
	if _, ok := v.Text(); ok {
		return scopeString(v)
	}
	list, ok := v.Texts()
	return slices.DeleteFunc(list, func(s string) bool { return !IsScopeToken(s) }), ok
}

// IsScopeToken reports whether s is a scope-token (RFC 6749 §3.3).
func IsScopeToken(s string) bool {
	for i := range len(s) {
		if ch := s[i]; ch <= ' ' || ch > '~' || ch == '"' || ch == '\\' {
			return false
		}
	}
	return s != ""
}
