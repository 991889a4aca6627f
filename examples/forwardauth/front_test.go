package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	// Around the server is what makes nginx pass on names like X_Auth_Subject and
	// X.Auth.Subject: it must not depend on the http block that it stands in.
	conf := "daemon off; master_process off; pid " + dir + "/pid; error_log stderr info;\nevents {}\nhttp {\naccess_log off;\n" +
		"underscores_in_headers on;\nignore_invalid_headers off;\n"
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
