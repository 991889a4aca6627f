package claims

import (
	"slices"

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
	for word, rest := nextScope(s); word != ""; word, rest = nextScope(rest) {
		count++
	}
	if count == 0 {
		return nil, true
	}
	scopes := make([]string, 0, count) // thousands of spaces take no memory
	for word, rest := nextScope(s); word != ""; word, rest = nextScope(rest) {
		scopes = append(scopes, word)
	}
	return scopes, true
}

// nextScope returns the first scope-token of s and what follows it, or "" if there is
// none.
func nextScope(s string) (word, rest string) {
	for i := 0; i < len(s); i++ {
		start := i
		for i < len(s) && isScopeCharacter(s[i]) {
			i++
		}
		if i > start && (i == len(s) || s[i] == ' ') {
			return s[start:i], s[i:]
		}
		for i < len(s) && s[i] != ' ' { // a word with a character that none may have
			i++
		}
	}
	return "", ""
}

// scopeList reads a claim that some issuer uses for scopes: a string as in
// scope, or an array with one scope an element.
func scopeList(v strictjson.Value) ([]string, bool) {
	if _, ok := v.Text(); ok {
		return scopeString(v)
	}
	list, ok := v.Texts()
	return alone(slices.DeleteFunc(list, func(s string) bool { return !IsScopeToken(s) })), ok
}

// alone returns list without room for more, so that it keeps no more in memory than it says.
func alone(list []string) []string {
	if len(list) < cap(list) {
		list = slices.Clone(list)
	}
	return slices.Clip(list)
}

// IsScopeToken reports whether s is a scope-token (RFC 6749 §3.3).
func IsScopeToken(s string) bool {
	for i := range len(s) {
		if !isScopeCharacter(s[i]) {
			return false
		}
	}
	return s != ""
}

func isScopeCharacter(ch byte) bool { return ch > ' ' && ch <= '~' && ch != '"' && ch != '\\' }
