package issuertest

import (
	"slices"
	"strings"
)

// scopes returns what a request gets that asks for scope: exactly that
// (RFC 6749 §3.3), or by default all that the client may have but the scopes of
// OpenID Connect.
func (c *client) scopes(scope string) ([]string, *tokenError) {
	if scope == "" {
		return slices.DeleteFunc(slices.Clone(c.Scopes), isOpenIDScope), nil
	}
	return narrow(scope, c.Scopes)
}

// narrow returns the scopes that scope names, which must be among have.
func narrow(scope string, have []string) ([]string, *tokenError) {
	var named []string
	for s := range strings.SplitSeq(scope, " ") {
		at := slices.Index(have, s)
		if at < 0 {
			return nil, refuse("invalid_scope", "scope is malformed or beyond what the client may have")
		}
		if !slices.Contains(named, s) {
			named = append(named, have[at]) // a part of scope would keep all of it in memory
		}
	}
	return named, nil
}

// isScope reports whether s is a scope-token (RFC 6749 §3.3).
func isScope(s string) bool {
	if s == "" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x21 || r == '"' || r == '\\' || r > 0x7e
	})
}

// unique returns a copy of list without repetitions, in order.
func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
