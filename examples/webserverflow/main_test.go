package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
)

// The story's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, "127.0.0.1:0", true); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"    GET /notes                       200            401\n",
		`Bearer realm="api", error="insufficient_scope"`, `scope="notes:write"`, `error="invalid_token"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// lines tells when a line with the text was written.
type lines struct {
	text string
	seen chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.text) {
		close(l.seen)
	}
	return len(p), nil
}

func TestServesUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out := &lines{text: "Serving until Ctrl-C", seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- run(ctx, out, "127.0.0.1:0", false) }()
	select {
	case <-out.seen:
	case err := <-done:
		t.Fatalf("stopped before it was interrupted: %v", err)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestWhereTheApplicationListens(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0"} {
		t.Run("loopback "+addr, func(t *testing.T) {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Log("this machine lacks it")
				return
			}
			l.Close()
			var out strings.Builder
			if err := run(t.Context(), &out, addr, true); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "127.0.0.2:0", "192.0.2.1:0", "[::1%1]:0"} {
		t.Run("not "+addr, func(t *testing.T) {
			if err := run(t.Context(), io.Discard, addr, true); err == nil || !strings.Contains(err.Error(), "-addr: ") {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("no address", func(t *testing.T) {
		if err := run(t.Context(), io.Discard, "nowhere", true); err == nil {
			t.Error("no error")
		}
	})
}
