package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// The table's own expectations are the test: run fails when one is not met.
// What README.md shows is what it prints.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), with(config{}))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`127\.0\.0\.1:\d+`)
	got := port.ReplaceAllString(out, "127.0.0.1:41213")
	if !strings.Contains(string(readme), "```text\n"+got+"```\n") {
		t.Errorf("README.md does not show this output:\n%s", got)
	}
}

// with is the command with these flags.
func with(c config) func(*show.Run) error {
	return func(r *show.Run) error { return run(r, c) }
}

func TestServesUntilInterrupted(t *testing.T) {
	for proxy := range shapes {
		c := config{proxy: proxy, listen: "unix:" + filepath.Join(t.TempDir(), "s"), api: "127.0.0.1:0"}
		err := show.Interrupted(t.Context(), with(c), func(printed string) {
			if !strings.Contains(printed, "\ncurl -i ") {
				t.Errorf("%s: nothing to try:\n%s", proxy, printed)
			}
		})
		if err != nil {
			t.Errorf("%s: shutdown: %v", proxy, err)
		}
	}
	r := &show.Run{Context: t.Context(), Out: io.Discard}
	if err := run(r, config{proxy: "caddy"}); err == nil {
		t.Error("a proxy that nobody knows is served")
	}
}

// checks starts a service and returns a function that sends it a check as it is
// and returns the answer.
func checks(t *testing.T, proxy string) (*issuertest.Issuer, func(check string) *http.Response) {
	t.Helper()
	issuer := issuertest.NewIssuer()
	t.Cleanup(issuer.Close)
	service, err := newService(issuer.URL, issuertest.Audience, shapes[proxy])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(service)
	server.Start()
	t.Cleanup(server.Close)
	return issuer, func(check string) *http.Response {
		t.Helper()
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		head, fields, _ := strings.Cut(check, "\n")
		fields = "Connection: close\n" + fields
		if !strings.Contains(fields, "\nHost: ") {
			fields = "Host: warder\n" + fields
		}
		if _, err := io.WriteString(c, head+" HTTP/1.1\r\n"+strings.ReplaceAll(strings.TrimSuffix(fields, "\n")+"\n\n", "\n", "\r\n")); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp
	}
}

func TestChecksOfTraefik(t *testing.T) {
	issuer, send := checks(t, "traefik")
	token := "Authorization: Bearer " + issuer.Token(map[string]any{"scope": "notes:read"}) + "\n"
	// As Traefik sends it, the token aside.
	check := func(method, uri string) string {
		return "GET /\nX-Forwarded-Method: " + method + "\nX-Forwarded-Proto: https\nX-Forwarded-Host: api.example\nX-Forwarded-Uri: " +
			uri + "\nX-Forwarded-For: 192.0.2.1\n"
	}
	for _, row := range []struct {
		name, check string
		status      int
	}{
		{"a good token", check("GET", "/notes?page=2") + token, 200},
		{"the method is that of the request", check("POST", "/notes") + token, 403},
		{"a public route", check("GET", "/open/terms"), 200},
		{"no token", check("GET", "/notes"), 401},
		{"with preserveRequestMethod", strings.Replace(check("POST", "/open/terms"), "GET /", "POST /", 1), 401},
		{"a method that contradicts the check's", strings.Replace(check("GET", "/open/terms"), "GET /", "POST /", 1), 500},
		{"two methods", check("GET", "/open/terms") + "X-Forwarded-Method: GET\n", 500},
		{"two methods in one field", check("GET, POST", "/open/terms"), 500},
		{"an empty method", check("", "/open/terms"), 500},
		{"two paths", check("GET", "/open/terms") + "X-Forwarded-Uri: /open/terms\n", 500},
		{"two paths in one field", check("GET", "/open/terms, /admin/keys"), 400},
		{"an empty path", check("GET", ""), 500},
		{"no method", "GET /\nX-Forwarded-Uri: /open/terms\n", 500},
		{"no path", "GET /open/terms\nX-Forwarded-Method: GET\n", 500},
		{"the fields of nginx", "GET /open/terms\nX-Original-Method: GET\nX-Original-Uri: /open/terms\n", 500},
		{"the fields of nginx besides", check("GET", "/admin/keys") + "X-Original-Method: GET\nX-Original-Uri: /open/terms\n", 401},
		{"aliases of the fields", "GET /\nX_Forwarded_Method: GET\nX_Forwarded_Uri: /open/terms\n", 500},
		{"an absolute target", check("GET", "https://api.example/open/terms"), 400},
		{"CONNECT", check("CONNECT", "/open/terms"), 401},
		{"two tokens", check("GET", "/notes") + token + token, 400},
	} {
		if got := send(row.check); got.StatusCode != row.status || row.status != 200 && got.Header.Get(fieldSubject) != "" {
			t.Errorf("%s: %s, want %d", row.name, got.Status, row.status)
		}
	}
}

func TestChecksOfEnvoy(t *testing.T) {
	issuer, send := checks(t, "envoy")
	token := "Authorization: Bearer " + issuer.Token(map[string]any{"scope": "notes:read"}) + "\n"
	const envoy = "Host: api.example\nContent-Length: 0\nX-Envoy-Internal: true\nX-Forwarded-For: 192.0.2.1\n"
	for _, row := range []struct {
		name, check string
		status      int
	}{
		{"a good token", "GET /notes?page=2\n" + envoy + token, 200},
		{"the method is the check's", "POST /notes\n" + envoy + token, 403},
		{"a public route", "GET /open/terms\n" + envoy, 200},
		{"no token", "GET /notes\n" + envoy, 401},
		{"the fields of other proxies", "GET /admin/keys\nX-Original-Method: GET\nX-Original-Uri: /open/terms\nX-Forwarded-Method: GET\nX-Forwarded-Uri: /open/terms\n" + envoy, 401},
		{"joined tokens", "GET /notes\n" + envoy + strings.TrimSpace(token) + ",Bearer x\n", 400},
		{"a path around", "GET /open/../admin/keys\n" + envoy + token, 400},
		{"an encoded path around", "GET /open/%2e%2e/admin/keys\n" + envoy + token, 400},
		{"OPTIONS *, which net/http would answer 200", "OPTIONS *\n" + envoy, 400},
		{"an absolute target", "GET http://api.example/open/terms\n" + envoy, 400},
		{"CONNECT", "CONNECT api.example:443\n" + envoy, 400},
		{"CONNECT with a path", "CONNECT /open/terms\n" + envoy, 401},
		{"a path that the mux would redirect", "GET /open\n" + envoy + token, 403},
	} {
		if got := send(row.check); got.StatusCode != row.status {
			t.Errorf("%s: %s, want %d", row.name, got.Status, row.status)
		}
	}
}

func TestIdentity(t *testing.T) {
	issuer, send := checks(t, "envoy")
	for _, row := range []struct {
		name, subject string
		status        int
	}{
		{"an identifier", "auth0|5f7c, a=b", 200},
		{"a line break, which net/http would make a space", "a\nb", 403},
		{"letters that no field carries safely", "zoë", 403},
		{"a space that would be cut off", "root ", 403},
	} {
		resp := send("GET /notes\nAuthorization: Bearer " + issuer.Token(map[string]any{"scope": "notes:read", "sub": row.subject}) + "\n")
		if resp.StatusCode != row.status || row.status == 200 && resp.Header.Get(fieldSubject) != row.subject {
			t.Errorf("%s: %s, %q, want %d", row.name, resp.Status, resp.Header.Get(fieldSubject), row.status)
		}
	}
	// R9700-04: a client that acts for itself is no user, though its ID may equal
	// one's.
	resp := send("GET /notes\nX-Auth-Subject: root\nAuthorization: Bearer " + issuer.Token(map[string]any{"scope": "notes:read", "sub": issuertest.ClientID}) + "\n")
	for name, want := range map[string]string{fieldSubject: "", fieldIssuer: issuer.URL, fieldClient: issuertest.ClientID} {
		if v := resp.Header[name]; resp.StatusCode != 200 || len(v) != 1 || v[0] != want {
			t.Errorf("R9700-04 a client's own token: %s, %s %q, want %q", resp.Status, name, v, want)
		}
	}
	// Fields that are empty are there: Envoy overwrites with nothing else.
	resp = send("GET /open/terms\nX-Auth-Subject: root\n")
	for _, name := range []string{fieldSubject, fieldIssuer, fieldClient} {
		if v := resp.Header[name]; len(v) != 1 || v[0] != "" {
			t.Errorf("%s of a public route is %q", name, v)
		}
	}
}

func TestListensForTheProxyAlone(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if l, err := listen(addr, nil); err == nil {
			_ = l.Close()
			t.Errorf("%s is open to everybody", addr)
		}
	}
	for _, row := range []struct {
		peers  string
		served bool
	}{
		{"127.0.0.0/8", true},
		{"192.0.2.1/32", false},
	} {
		l, err := listen("127.0.0.1:0", []netip.Prefix{netip.MustParsePrefix(row.peers)})
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.NotFoundHandler()}
		go func() { _ = server.Serve(l) }()
		resp, err := http.Get(fmt.Sprintf("http://%s/", l.Addr()))
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != row.served {
			t.Errorf("a peer on loopback, with peers %s: %v", row.peers, err)
		}
		_ = server.Close()
	}
}
