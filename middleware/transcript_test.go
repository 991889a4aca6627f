package middleware_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

var update = flag.Bool("update", false, "rewrite the responses in testdata/*.http")

// TestTranscripts sends the request of each file to a server whose guard the
// file describes, and compares the response byte by byte, Date apart:
//
//	# guard: bearer dpop mtls cookie metadata require-binding require-tls anonymous for=/r scope=a,b realm=the rest
//	# peer: the address that the request comes from; default 192.0.2.1:40000
//	# local: the address that the request reaches; default 192.0.2.2:80
//	# needs: scopes that the route requires; "all" for none, "nothing said" for the zero Requirement
//	# reason: of the one authenticate event; "-" where there is no guard
//	# verified: how often the Verifier is called; default 1
//
// In a request, {n*c} stands for n times c, and $ for the rest of a token.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := parseTranscript(t, string(raw))
			got := s.run(t)
			if *update {
				if err := os.WriteFile(file, []byte(s.upToResponse+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != s.response {
				t.Errorf("response\n%s\nwant\n%s", got, s.response)
			}
		})
	}
}

type transcript struct {
	directives        map[string]string
	request, response string
	upToResponse      string
}

var (
	directive = regexp.MustCompile(`^# (guard|peer|local|needs|reason|verified): (.*)$`)
	repeated  = regexp.MustCompile(`\{(\d+)\*(.)\}`)
)

func parseTranscript(t *testing.T, raw string) *transcript {
	t.Helper()
	head, response, ok := strings.Cut(raw, "\n---\n")
	if !ok {
		t.Fatal("no --- in the transcript")
	}
	s := &transcript{directives: map[string]string{"peer": "192.0.2.1:40000", "local": "192.0.2.2:80", "verified": "1"}}
	s.upToResponse, s.response = head+"\n---\n", response
	for strings.HasPrefix(head, "#") {
		var line string
		line, head, _ = strings.Cut(head, "\n")
		if m := directive.FindStringSubmatch(line); m != nil {
			s.directives[m[1]] = m[2]
		}
	}
	if s.directives["guard"] == "" || s.directives["reason"] == "" {
		t.Fatal("the transcript names no guard or no reason")
	}
	head = repeated.ReplaceAllStringFunc(head+"\n", func(m string) string {
		parts := repeated.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[1])
		return strings.Repeat(parts[2], n)
	})
	head = strings.ReplaceAll(head, "$", tokenSuffix)
	s.request = strings.ReplaceAll(head, "\n", "\r\n")
	return s
}

// guard makes the guard that the transcript describes; nil where there is none.
func (s *transcript) guard(t *testing.T, v middleware.Verifier, observe middleware.Observer) *middleware.Guard {
	t.Helper()
	words, realm, _ := strings.Cut(s.directives["guard"], "realm=")
	opts := &middleware.Options{Realm: realm, Observe: observe}
	route, scope := "", ""
	for _, word := range strings.Fields(words) {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "bearer":
		case "none":
			return nil
		case "dpop":
			opts.Bindings = append(opts.Bindings, fakeDPoP{})
		case "mtls":
			opts.Bindings = append(opts.Bindings, fakeMTLS{})
		case "cookie":
			opts.Sources = []middleware.Source{
				middleware.FromHeader, middleware.FromCookie("access_token", http.NewCrossOriginProtection()),
			}
		case "require-binding":
			opts.RequireBinding = true
		case "require-tls":
			opts.RequireTLS = true
		case "anonymous":
			opts.AllowAnonymous = true
		case "metadata":
			opts.Metadata = &middleware.Metadata{Resource: "https://rs.example/api", AuthorizationServers: []string{issuer}}
		case "for":
			route = value
		case "scope":
			scope = strings.ReplaceAll(value, ",", " ")
		default:
			t.Fatalf("guard: unknown word %q", word)
		}
	}
	g := middleware.New(v, opts)
	if route != "" || scope != "" {
		g = g.For(route, scope)
	}
	return g
}

func (s *transcript) requirement() scopes.Requirement {
	switch needs := s.directives["needs"]; needs {
	case "", "all":
		return scopes.All()
	case "nothing said":
		return scopes.Requirement{}
	default:
		return scopes.All(strings.Fields(needs)...)
	}
}

// run sends the request and returns the response, Date apart.
func (s *transcript) run(t *testing.T) string {
	v, seen := newFakeVerifier(), newRecorder()
	ran, finished := 0, make(chan struct{})
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ran++
		who := "nobody"
		if token, ok := middleware.FromContext(r.Context()); ok {
			who = token.Subject + " of " + token.Issuer
		}
		fmt.Fprintf(w, "handled for %s, x=%s\n", who, r.PostFormValue("x"))
	})
	if s.directives["needs"] != "" {
		h = s.requirement().Handler(h)
	}
	g := s.guard(t, v, seen.observe)
	if g != nil {
		h = g.Handler(h)
	}
	guarded := h
	h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(finished)
		guarded.ServeHTTP(w, r)
	})

	listener := newPipes()
	var serverLog bytes.Buffer
	server := &http.Server{Handler: h, ErrorLog: log.New(&serverLog, "", 0)}
	go server.Serve(listener)
	defer server.Close()
	conn, serverSide := listener.dial(s.directives["peer"], s.directives["local"])
	go io.WriteString(conn, s.request)

	var got string
	if s.directives["reason"] == string(middleware.ReasonCanceled) {
		<-v.entered
		conn.Close()
		<-finished
		server.Close() // waits for nobody, but no write can follow it unseen
		if n := serverSide.written.Load(); n != 0 {
			t.Errorf("%d bytes were written to a client that is gone", n)
		}
	} else {
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		got = readResponse(t, conn, !strings.HasPrefix(s.request, "HEAD "))
		conn.Close()
	}
	s.check(t, got, v, seen)
	if refused := !strings.HasPrefix(got, "HTTP/1.1 200 "); refused != (ran == 0) {
		t.Errorf("the handler ran %d times", ran)
	}
	if serverLog.Len() > 0 {
		t.Errorf("the server logged: %s", serverLog.String())
	}
	return got
}

// check looks at what the response does not show.
func (s *transcript) check(t *testing.T, got string, v *fakeVerifier, seen *recorder) {
	t.Helper()
	if reason := s.directives["reason"]; reason != "-" {
		if e := seen.authenticated(t); string(e.Reason) != reason {
			t.Errorf("reason %q, want %q", e.Reason, reason)
		}
	}
	if n := strconv.FormatInt(v.calls.Load(), 10); n != s.directives["verified"] {
		t.Errorf("verified %s times, want %s", n, s.directives["verified"])
	}
	challenges := 0
	for line := range strings.Lines(got) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "Www-Authenticate: ")
		if !ok {
			continue
		}
		challenges++
		c, err := parseChallenge(value)
		if err != nil {
			t.Errorf("challenge %s: %v", value, err)
		}
		if len(c.Params) == 0 {
			t.Errorf("a bare challenge: %s (R6750-13)", value)
		}
	}
	if unauthorized := strings.HasPrefix(got, "HTTP/1.1 401 "); unauthorized && challenges == 0 {
		t.Error("401 without a challenge (R9110-03)")
	}
	// R6750-18: whatever was sent as credentials is nowhere.
	for line := range strings.Lines(s.request) {
		if name, value, ok := strings.Cut(line, ":"); ok && slices.Contains([]string{"Authorization", "Cookie", "Proxy-Authorization"}, name) {
			value = strings.TrimSpace(value)
			_, value, _ = strings.Cut(value, " ")
			if leaks(got+seen.text(), value) {
				t.Errorf("part of the credentials leaked:\n%s\n%s", got, seen.text())
			}
		}
	}
	if text := got + seen.text(); leaks(text, tokenSuffix) {
		t.Errorf("part of the token leaked:\n%s", text)
	}
	if strings.Contains(got, "marker-3f9a") {
		t.Error("an internal error reached the client")
	}
}

// readResponse returns one response with LF line ends and without Date.
func readResponse(t *testing.T, conn io.Reader, hasBody bool) string {
	t.Helper()
	r := textproto.NewReader(bufio.NewReader(conn))
	var b strings.Builder
	length := 0
	for {
		line, err := r.ReadLine()
		if err != nil {
			t.Fatalf("reading the response: %v, after %q", err, b.String())
		}
		if strings.HasPrefix(line, "Date: ") {
			continue
		}
		if n, ok := strings.CutPrefix(line, "Content-Length: "); ok && hasBody {
			length, _ = strconv.Atoi(n)
		}
		b.WriteString(line + "\n")
		if line == "" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r.R, body); err != nil {
		t.Fatal(err)
	}
	b.Write(body)
	return b.String()
}
