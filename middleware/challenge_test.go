package middleware_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

func TestChallengeString(t *testing.T) {
	type ps = []middleware.Param
	for _, row := range []struct {
		name   string
		params ps
		want   string
	}{
		{"no parameters", nil, `Bearer`},
		{"one", ps{{"realm", "api"}}, `Bearer realm="api"`},
		{"two", ps{{"realm", "api"}, {"error", "invalid_token"}}, `Bearer realm="api", error="invalid_token"`},
		{"R9110-04 quotes and backslashes are escaped", ps{{"realm", `a"b\c`}}, `Bearer realm="a\"b\\c"`},
		{"R9110-04 and nothing else is", ps{{"realm", "a'b c,d=e"}}, `Bearer realm="a'b c,d=e"`},
		{"R9110-05 no control characters", ps{{"realm", "a\r\nX-Evil: 1\x00\x7f"}}, `Bearer realm="aX-Evil: 1"`},
		{"R6750-15 no quotes in what RFC 6750 restricts", ps{{"error_description", `it's "x\y"`}}, `Bearer error_description="it's xy"`},
		{"R6750-15 no spaces in error_uri", ps{{"error_uri", `https://a/ "b`}}, `Bearer error_uri="https://a/b"`},
		{"R6750-15 nothing beyond ASCII", ps{{"error_description", "caf\u00e9"}}, `Bearer error_description="caf"`},
		{"R6750-15 single spaces in scope", ps{{"scope", "  a   b "}}, `Bearer scope="a b"`},
		{"R6750-15 no scope that is none, whole or in part", ps{{"scope", "a re\"ad b\tc"}}, `Bearer scope="a"`},
		{"R6750-15 no empty scope", ps{{"scope", " \" "}, {"realm", "api"}}, `Bearer realm="api"`},
		{"R6750-14 the first of two with one name", ps{{"scope", "a"}, {"Scope", "b"}}, `Bearer scope="a"`},
		{"a name that is no token is left out", ps{{"a b", "1"}, {"", "2"}, {"c", "3"}, {"d=", "4"}}, `Bearer c="3"`},
		{"an empty value", ps{{"realm", ""}}, `Bearer realm=""`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := middleware.Challenge{Scheme: "Bearer", Params: row.params}.String()
			if got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// FuzzChallenge: whatever stands in a Challenge, its String is one challenge by
// the letter of RFC 9110, and says what it may of what was put in.
func FuzzChallenge(f *testing.F) {
	f.Add("Bearer", "realm", "api", "error", "invalid_token")
	f.Add("Bearer", "realm", "a\"b\\c\r\nX-Evil: 1", "REALM", "b")
	f.Add("DPoP", "scope", "  a  \x00 b ", "error_uri", "https://a/ b")
	f.Add("", "", "", "a=b", "\xff")
	f.Add("Bad scheme\r\nX-Evil: 1", "a", "b", "a", "c")
	f.Fuzz(func(t *testing.T, scheme, name1, value1, name2, value2 string) {
		in := middleware.Challenge{Scheme: scheme, Params: []middleware.Param{{Name: name1, Value: value1}, {Name: name2, Value: value2}}}
		s := in.String()
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q holds a control character or one beyond ASCII", s)
		}
		if s == "" {
			if tokenOnly(scheme) {
				t.Fatal("nothing of a good scheme")
			}
			return
		}
		out, err := parseChallenge(s)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if tokenOnly(scheme) && out.Scheme != scheme {
			t.Fatalf("scheme %q became %q", scheme, out.Scheme)
		}
		// What is legal as it is comes back as it was.
		for i, p := range in.Params {
			if !tokenOnly(p.Name) || i == 1 && strings.EqualFold(name1, name2) {
				continue
			}
			legal := !strings.ContainsFunc(p.Value, func(r rune) bool { return r < ' ' || r > '~' }) &&
				judgeParam(strings.ToLower(p.Name), p.Value) == nil
			if legal && !slices.Contains(out.Params, p) {
				t.Fatalf("%q lost %v", s, p)
			}
		}
		if again := out.String(); again != s {
			t.Fatalf("%q, parsed and printed again, is %q", s, again)
		}
	})
}
