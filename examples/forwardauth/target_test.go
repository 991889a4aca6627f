package main

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

func TestTargetsInNormalForm(t *testing.T) {
	for target, want := range map[string]bool{
		"/": true, "/notes": true, "/notes/": true, "/notes/1?x=/../y&z=%2e%2f": true, "/notes/...": true, "/notes/.hidden": true,
		"/notes/a%20b": true, "/notes/%C3%A9": true, "/notes/%c3%a9": true, "/a:b@c/x=1,2&y!$'()*+": true, "/notes?": true, "/?": true,

		"": false, "?": false, "*": false, "notes": false, "//notes": false, "/notes//": false, "/./notes": false, "/notes/..": false,
		"/notes/%2e": false, "/%6eotes": false, "/notes%2f1": false, "/notes%5C1": false, "/notes%00": false, "/notes%0a": false, "/notes%7f": false,
		"/notes%25": false, "/notes%3f": false, "/notes%23": false, "/notes%3B": false, "/notes;x": false, `/notes\1`: false, "/notes|": false,
		"/notes%": false, "/notes%2": false, "/notes%zz": false, "/notes%+1": false, "/notes%\x10\x10": false, "/notes%c0%ae": false, "/notes%ff": false,
		"/é": false, "/no tes": false, "/notes#x": false, "/notes?#x": false, "/notes? x": false, "/notes?\x00": false, "http://api.example/notes": false,
	} {
		if _, err := parseTarget(target); (err == nil) != want {
			t.Errorf("%q: %v, accepted should be %t", target, err, want)
		}
	}
}

// A target that is accepted is one resource to everybody: decoding once, twice
// or not before the path is taken apart, cleaning, merging slashes, cutting off
// parameters and turning backslashes change nothing about it.
func FuzzTargetsHaveOneReading(f *testing.F) {
	for _, s := range []string{"/notes/1?x", "/open/%2e%2e/admin", "/a%20b/", "//a", "/a;b", "/%25%32%65", "/a/%c3%a9", "/\\..", "/a?b?c#d", "/a/."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := parseTarget(target)
		if err != nil {
			return
		}
		sent, query, _ := strings.Cut(target, "?")
		if u.EscapedPath() != sent || u.RawQuery != query || u.Host != "" || u.Fragment != "" {
			t.Fatalf("%q: parsed as %#v", target, u)
		}
		once, err := url.PathUnescape(sent)
		if err != nil || once != u.Path {
			t.Fatalf("%q: decoded %q, %v", target, once, err)
		}
		if twice, err := url.PathUnescape(once); err == nil && twice != once {
			t.Errorf("%q: decoded twice it is %q", target, twice)
		}
		if strings.Count(once, "/") != strings.Count(sent, "/") || strings.ContainsAny(once, "\\;?#%\x00\r\n") {
			t.Errorf("%q: decoded it is %q", target, once)
		}
		for _, p := range []string{sent, once} {
			if cleaned := path.Clean(p); cleaned != p && cleaned+"/" != p {
				t.Errorf("%q: cleaned it is %q", target, cleaned)
			}
		}
	})
}
