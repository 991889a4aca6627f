package main

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"testing"
)

// Whatever the path looks like, the policy judges what the API gets, or nothing
// gets there. And no reading of what gets there, not that of a server that
// decodes twice, merges slashes or cuts off parameters, leads to what the token
// does not grant.
func TestNoPathLeadsAroundThePolicy(t *testing.T) {
	f := newFront(t)
	reader := f.bearer("notes:read")
	passed := 0
	for _, target := range []string{
		"/open/../admin/keys", "/open/./../admin/keys", "/open/x/../../admin/keys", "/../admin/keys", "/open/..",
		"/open/%2e%2e/admin/keys", "/open/%2E%2E/admin/keys", "/open/.%2e/admin/keys", "/open/%2e/%2e%2e/admin/keys",
		"/open/%252e%252e/admin/keys", "/open/..%2fadmin/keys", "/open/%2e%2e%2fadmin%2fkeys", "/open/..%252fadmin/keys",
		`/open/..\admin\keys`, "/open/..%5cadmin%5ckeys", "/open/..;/admin/keys", "/open/..;x=1/admin/keys", "/open/%2e%2e;/admin/keys",
		"/open/..%3b/admin/keys", "/open/%c0%ae%c0%ae/admin/keys", "/open/%e0%80%ae%e0%80%ae/admin/keys", "/open/..%00/admin/keys",
		"//admin/keys", "///admin/keys", "/open//../admin/keys", "//open/terms", "/open//terms", "/admin//keys", "/notes//../admin/keys",
		"/admin%2Fkeys", "/%61dmin/keys", "/%41dmin/keys", "/admin%2f", "/open%2f..%2fadmin/keys", "/admin/%6beys", "/admin;/keys", "/admin%20/keys",
		"/%00/admin/keys", "/open/%00", "/open/terms%00/../admin/keys", "/open/%0d%0aX-Original-URI:%20/x", "/open/%7f", "/open/%zz", "/open/%2", "/open/%",
		"/open/terms?/../admin/keys", "/open/terms?x=/../../admin/keys", "/open/terms%3f/../../admin/keys", "/open/terms%3F/../admin/keys",
		"/admin/keys?/open/terms", "/admin/keys?", "?/admin/keys", "/open/terms#/../../admin/keys", "/admin/keys#/open/", "/open/terms%23/../../admin/keys",
		"/open/\xff", "/open/\u00e9", "/open/%c3%a9", "/open/a|b", "/open/<x>", `/open/"x"`, "/open/a:b", "/open/x=1&y,z", "/open/~user", "/open/a+b%20c",
		"http://api.example/admin/keys", "http://api.example/open/../admin/keys", "http://api.example//admin/keys",
		"http://api.example", "http://api.example?/admin/keys", "http://other.example/open/terms", "http://api.example/open/terms",
		"*", "open/terms", "/notes/1", "/notes/1/../../admin/keys", "/notes/..%2fadmin%2fkeys", "/notes/%2e%2e", "/notes/", "/admin", "/ADMIN/keys", "/open", "/",
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get", "PURGE"} {
			t.Run(fmt.Sprintf("%s %q", method, target), func(t *testing.T) {
				resp, body := f.send(t, method+" "+target, reader)
				judged, got := f.judged.take(), f.passed.take()
				if len(got) == 0 {
					if resp.StatusCode < 400 {
						t.Errorf("%s without the API: %q", resp.Status, body)
					}
					return
				}
				passed++
				if len(judged) != 1 || len(got) != 1 || judged[0].method != got[0].method || judged[0].target != got[0].target {
					t.Fatalf("judged %v, passed %v", judged, got)
				}
				for _, p := range readings(t, got[0].target) {
					if strings.HasPrefix(strings.ToLower(p), "/admin") {
						t.Errorf("the API was sent %q, which can be read as %q", got[0].target, p)
					}
				}
			})
		}
	}
	if passed == 0 {
		t.Error("nothing got through: nothing was judged")
	}
}

// readings returns the paths that servers may make of a target.
func readings(t *testing.T, target string) []string {
	t.Helper()
	sent, _, _ := strings.Cut(target, "?")
	once, err := url.PathUnescape(sent)
	if err != nil {
		t.Fatalf("the API was sent %q", target)
	}
	all := []string{sent, once}
	if twice, err := url.PathUnescape(once); err == nil {
		all = append(all, twice)
	}
	for _, p := range all {
		segments := strings.Split(p, "/")
		for i, s := range segments {
			segments[i], _, _ = strings.Cut(s, ";")
		}
		before, _, _ := strings.Cut(p, "#")
		question, _, _ := strings.Cut(p, "?")
		null, _, _ := strings.Cut(p, "\x00")
		all = append(all, strings.Join(segments, "/"), strings.ReplaceAll(p, `\`, "/"), before, question, null)
	}
	for i, p := range all {
		all[i] = path.Clean("/" + p)
	}
	return all
}
