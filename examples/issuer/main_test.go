package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// The tour's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, "127.0.0.1:0", "", true); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"alice      password wonderland", "error=access_denied", "unsupported_response_type", "Your device is connected"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// lines keeps what was written and tells when a line with the text was.
type lines struct {
	strings.Builder
	text string
	seen chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	n, err := l.Builder.Write(p)
	if strings.Contains(string(p), l.text) {
		close(l.seen)
	}
	return n, err
}

// Programs that run this one read its first line.
func TestServesUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out := &lines{text: "Serving until Ctrl-C", seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- run(ctx, out, "127.0.0.1:0", "", false) }()
	select {
	case <-out.seen:
	case err := <-done:
		t.Fatalf("stopped before it was interrupted: %v", err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	resp, err := http.Get(first + "/.well-known/oauth-authorization-server")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the metadata: %s", resp.Status)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	for name, row := range map[string]struct {
		addr, identifier string
		once             bool
	}{
		"an address that is none": {addr: "nowhere"},
		"an issuer with a path":   {addr: "127.0.0.1:0", identifier: "https://login.example/realm"},
		"an issuer with a slash":  {addr: "127.0.0.1:0", identifier: "https://login.example/"},
		"an issuer without host":  {addr: "127.0.0.1:0", identifier: "https://"},
		"another scheme":          {addr: "127.0.0.1:0", identifier: "ftp://login.example"},
		"no URL":                  {addr: "127.0.0.1:0", identifier: "%"},
		"a tour through a proxy":  {addr: "127.0.0.1:0", identifier: "https://login.example", once: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := run(ctx, new(strings.Builder), row.addr, row.identifier, row.once); err == nil {
				t.Error("no error")
			}
		})
	}
}

// Everybody knows the passwords.
func TestServesThisMachineAlone(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, ":0", "", false); err == nil || out.Len() != 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}
