package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// seen is what one of the two servers behind nginx was sent.
type seen struct {
	method, target string
	header         http.Header
}

func (s seen) String() string { return s.method + " " + s.target } // no tokens in a log

// record keeps what h is sent.
type record struct {
	mu  sync.Mutex
	all []seen
}

func (rec *record) of(h http.Handler, what func(*http.Request) seen) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.all = append(rec.all, what(r))
		rec.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

func (rec *record) take() []seen {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	all := rec.all
	rec.all = nil
	return all
}

// front is an nginx with the configuration of this folder.
type front struct {
	issuer  *issuertest.Issuer
	service *httptest.Server
	judged  record // what the policy was asked about
	passed  record // what reached the API
	socket  string
}

// newFront starts nginx, with a configuration that lacks these lines. It listens
// on a socket of the file system: it has no way to take a port that the system
// chooses and to say which.
func newFront(t *testing.T, lacks ...string) *front {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("no nginx on this machine: apt-get install nginx-light")
		}
	}
	f := &front{issuer: issuertest.NewIssuer()}
	t.Cleanup(f.issuer.Close)
	service, err := newService(f.issuer.URL, issuertest.Audience, shapes["nginx"])
	if err != nil {
		t.Fatal(err)
	}
	f.service = httptest.NewServer(f.judged.of(service, func(r *http.Request) seen {
		return seen{r.Header.Get("X-Original-Method"), r.Header.Get("X-Original-Uri"), r.Header.Clone()}
	}))
	t.Cleanup(f.service.Close)
	api := httptest.NewServer(f.passed.of(newAPI(), func(r *http.Request) seen {
		return seen{r.Method, r.RequestURI, r.Header.Clone()}
	}))
	t.Cleanup(api.Close)

	shipped, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "") // short: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	f.socket = filepath.Join(dir, "nginx.sock")
	server := string(shipped)
	for old, now := range map[string]string{
		"server 127.0.0.1:9000;": "server " + f.service.Listener.Addr().String() + ";",
		"server 127.0.0.1:9001;": "server " + api.Listener.Addr().String() + ";",
		"listen 127.0.0.1:8080;": "listen unix:" + f.socket + ";",
	} {
		if strings.Count(server, old) != 1 {
			t.Fatalf("nginx.conf has %q %d times", old, strings.Count(server, old))
		}
		server = strings.Replace(server, old, now, 1)
	}
	for _, line := range lacks {
		if strings.Count(server, line) != 1 {
			t.Fatalf("nginx.conf has %q %d times", line, strings.Count(server, line))
		}
		server = strings.Replace(server, line, "", 1)
	}
	// One process, which stays in front and keeps the rights that it has: no
	// worker outlives it, and none needs rights of its own in our folder.
	conf := "daemon off; master_process off; pid " + dir + "/pid; error_log stderr info;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf+server+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	var log bytes.Buffer
	// -e: until the configuration is read, the log is where the package says.
	nginx := exec.CommandContext(t.Context(), binary, "-p", dir, "-c", file, "-e", "stderr")
	nginx.Stdout, nginx.Stderr = &log, &log
	nginx.Cancel = func() error { return nginx.Process.Signal(os.Interrupt) }
	nginx.WaitDelay = 5 * time.Second
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = nginx.Wait()
		close(ended)
	}()
	t.Cleanup(func() { // the test's context has ended: nginx is told to stop
		<-ended
		if t.Failed() {
			t.Logf("nginx wrote:\n%s", log.Bytes())
		}
	})
	f.await(t, ended)
	return f
}

// await returns when nginx accepts connections.
func (f *front) await(t *testing.T, ended <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		c, err := net.Dial("unix", f.socket)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-again.C:
		case <-ended:
			t.Fatal("nginx did not start")
		case <-ctx.Done():
			t.Fatalf("nginx is not there: %v", err)
		}
	}
}

// send writes one request as it is, and returns the answer with its body.
func (f *front) send(t *testing.T, request string, fields ...string) (*http.Response, string) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "unix", f.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	head := request + " HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n"
	for _, field := range fields {
		head += field + "\r\n"
	}
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body)
}

func (f *front) bearer(scope string) string {
	return "Authorization: Bearer " + f.issuer.Token(map[string]any{"scope": scope})
}

func TestBehindNginx(t *testing.T) {
	f := newFront(t)

	for _, row := range []struct {
		name, request string
		fields        []string
		status        int
		challenge     string // a part of it
		answer        string // of the API
	}{
		{"a good token", "GET /notes?page=2", []string{f.bearer("notes:read")}, 200, "", "GET /notes?page=2, asked for by user"},
		{"a good token asks with HEAD", "HEAD /notes", []string{f.bearer("notes:read")}, 200, "", ""},
		{"the method is that of the request, not of the check", "POST /notes", []string{f.bearer("notes:write"), "Content-Length: 0"}, 200, "", "POST /notes, asked for by user"},
		{"a public route", "GET /open/terms", nil, 200, "", "GET /open/terms, asked for by nobody"},
		{"no token", "GET /notes", nil, 401, `realm="api", scope="notes:read"`, ""},
		{"an expired token", "GET /notes", []string{"Authorization: Bearer " + f.issuer.Token(map[string]any{"exp": 1700000000})}, 401, `error="invalid_token"`, ""},
		{"a scope that is missing keeps its challenge", "POST /notes", []string{f.bearer("notes:read"), "Content-Length: 0"}, 403, `error="insufficient_scope"`, ""},
		{"a route that the policy lacks", "DELETE /notes", []string{f.bearer("notes:read")}, 403, "", ""},
		{"a route that the policy lacks, without a token", "GET /", nil, 401, `realm="api"`, ""},
		{"a path that the mux would redirect", "GET /admin", []string{f.bearer("notes:admin")}, 403, "", ""},
		{"two tokens are too many for nginx itself", "GET /notes", []string{f.bearer("notes:read"), f.bearer("notes:admin")}, 400, "", ""},
		{"not one token", "GET /notes", []string{"Authorization: Bearer one two"}, 400, `error="invalid_request"`, ""},
		{"the check's own location", "GET /.warder", []string{f.bearer("notes:read")}, 404, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, body := f.send(t, row.request, row.fields...)
			if resp.StatusCode != row.status {
				t.Fatalf("%s, want %d\n%s", resp.Status, row.status, body)
			}
			challenges := resp.Header.Values("WWW-Authenticate")
			if got := strings.Join(challenges, ", "); row.challenge == "" && got != "" && row.status != 400 || !strings.Contains(got, row.challenge) || len(challenges) > 1 {
				t.Errorf("challenges %q, want one with %q", challenges, row.challenge)
			}
			if row.answer != "" && strings.TrimSpace(body) != row.answer {
				t.Errorf("the API answered %q, want %q", body, row.answer)
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-store" && (row.challenge != "" || row.status == 403) {
				t.Errorf("Cache-Control of a refusal: %q", got)
			}
			passed := f.passed.take()
			if (len(passed) == 1) != (row.status == 200) {
				t.Errorf("%d requests reached the API", len(passed))
			}
		})
	}
}

func TestNginxOverwritesWhatClientsWrite(t *testing.T) {
	f := newFront(t)
	claims := []string{
		"X-Original-URI: /open/terms", "X-Original-Method: GET", "x-original-uri: /open/terms",
		"X_Original_URI: /open/terms", "X-Forwarded-Uri: /open/terms", "X-Forwarded-Method: GET",
		"X-Auth-Subject: root", "X-Auth-Issuer: https://evil.example", "x-auth-client: root", "X_Auth_Subject: root",
		"X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin/keys", "X-Rewrite-URL: /admin/keys",
	}
	for _, row := range []struct {
		name, request string
		fields        []string
		status        int
	}{
		{"a request that claims to be for a public path is not", "GET /admin/keys", nil, 401},
		{"nor with a token", "GET /admin/keys", []string{f.bearer("notes:read")}, 403},
		{"a request that claims to be of somebody is of its token's subject", "GET /notes", []string{f.bearer("notes:read")}, 200},
		{"and on a public route of nobody", "GET /open/terms", nil, 200},
		{"a field that is to be dropped on the way is written all the same", "GET /notes",
			[]string{f.bearer("notes:read"), "Connection: X-Original-URI, X-Original-Method, X-Auth-Subject"}, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			f.judged.take()
			resp, body := f.send(t, row.request, append(row.fields, claims...)...)
			if resp.StatusCode != row.status {
				t.Fatalf("%s, want %d\n%s", resp.Status, row.status, body)
			}
			_, target, _ := strings.Cut(row.request, " ")
			judged := f.judged.take()
			if len(judged) != 1 || len(judged[0].header["X-Original-Uri"]) != 1 || judged[0].target != target {
				t.Fatalf("the policy was asked about %v, the client asked for %s", judged, target)
			}
			for _, p := range f.passed.take() {
				want := map[string]string{fieldSubject: "user", fieldIssuer: f.issuer.URL, fieldClient: "client"}
				for name, value := range want {
					if len(row.fields) == 0 {
						value = ""
					}
					if got := strings.Join(p.header[name], "|"); got != value {
						t.Errorf("the API got %s: %q, want %q", name, got, value)
					}
				}
				for _, name := range []string{"Authorization", "X_Auth_Subject", "X-Http-Method-Override", "X-Original-Url", "X-Rewrite-Url"} {
					if v := p.header[http.CanonicalHeaderKey(name)]; v != nil {
						t.Errorf("the API got %s", name)
					}
				}
			}
		})
	}
}

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

func TestNginxSaysWhenNothingWasDecided(t *testing.T) {
	f := newFront(t)
	restore := f.issuer.Fail("", issuertest.Outage)
	resp, _ := f.send(t, "GET /notes", f.bearer("notes:read"))
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("issuer down: %s, %v, want 503 with Retry-After and without a challenge", resp.Status, resp.Header)
	}
	restore()

	f.service.Close()
	resp, _ = f.send(t, "GET /open/terms")
	if resp.StatusCode != 503 {
		t.Errorf("Warder down: %s, want 503", resp.Status)
	}
	if got := f.passed.take(); len(got) != 0 {
		t.Errorf("nothing was decided, and the API got %v", got)
	}
}

// An nginx that does not say which request it asks about opens nothing, whatever
// the client says.
func TestNginxThatNamesNoRequest(t *testing.T) {
	for _, lacks := range []string{
		"proxy_set_header X-Original-Method $request_method;",
		"proxy_set_header X-Original-URI    $request_uri;",
	} {
		t.Run(lacks, func(t *testing.T) {
			f := newFront(t, lacks)
			resp, _ := f.send(t, "GET /admin/keys", "X-Original-Method: GET", "X-Original-URI: /open/terms")
			if resp.StatusCode != 500 || len(f.passed.take()) != 0 {
				t.Errorf("%s, want 500", resp.Status)
			}
		})
	}
}
