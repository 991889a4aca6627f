package middleware_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// parseChallenge reads one challenge by the letter of RFC 9110 §11.3, in the
// narrow form that Warder promises: every value is a quoted-string in which
// only DQUOTE and backslash are escaped (R9110-04), every name occurs once
// (R6750-14), and what RFC 6750 §3 says of its parameters holds (R6750-15).
func parseChallenge(s string) (middleware.Challenge, error) {
	var c middleware.Challenge
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return c, fmt.Errorf("byte %#x in a field value (R9110-05)", s[i])
		}
	}
	scheme, rest, _ := strings.Cut(s, " ")
	if !tokenOnly(scheme) {
		return c, errors.New("the scheme is not a token")
	}
	c.Scheme = scheme
	for rest != "" {
		name, value, ok := strings.Cut(rest, "=")
		if !ok || !tokenOnly(name) {
			return c, fmt.Errorf("no name and value at %q", rest)
		}
		value, after, err := quotedString(value)
		if err != nil {
			return c, err
		}
		if slices.ContainsFunc(c.Params, func(p middleware.Param) bool { return strings.EqualFold(p.Name, name) }) {
			return c, fmt.Errorf("%s twice", name)
		}
		if err := judgeParam(strings.ToLower(name), value); err != nil {
			return c, err
		}
		c.Params = append(c.Params, middleware.Param{Name: name, Value: value})
		if after == "" {
			break
		}
		if rest, ok = strings.CutPrefix(after, ", "); !ok || rest == "" {
			return c, fmt.Errorf("no comma and parameter at %q", after)
		}
	}
	return c, nil
}

// quotedString reads a quoted-string (RFC 9110 §5.6.4) at the start of s.
func quotedString(s string) (value, after string, err error) {
	if s == "" || s[0] != '"' {
		return "", "", errors.New("not a quoted-string")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			i++
			if i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", "", errors.New("an escape that is not needed")
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", errors.New("a quoted-string without end")
}

// judgeParam holds the parameters of RFC 6750 §3 to their characters.
func judgeParam(name, value string) error {
	switch name {
	case "scope":
		for _, word := range strings.Split(value, " ") {
			if word == "" {
				return errors.New("scope is not scope-tokens with single spaces between them")
			}
		}
		fallthrough
	case "error", "error_description":
		if strings.ContainsAny(value, "\"\\") {
			return fmt.Errorf("%s holds a quote or a backslash", name)
		}
	case "error_uri":
		if strings.ContainsAny(value, " \"\\") {
			return errors.New("error_uri holds a space, a quote or a backslash")
		}
	}
	return nil
}

func tokenOnly(s string) bool {
	const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return s != "" && strings.Trim(s, tchar) == ""
}
