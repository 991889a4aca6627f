package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The table's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, "127.0.0.1:0", true); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{`"subject":"user"`, `error="insufficient_scope"`, "resource_metadata=", "curl -i "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

// writes tells when a line with the text was written.
type writes struct {
	text string
	seen chan struct{}
}

func (w *writes) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.text) {
		close(w.seen)
	}
	return len(p), nil
}

func TestServesUntilInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out := &writes{text: "Serving until Ctrl-C", seen: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- run(ctx, out, "127.0.0.1:0", false) }()
	select {
	case <-out.seen:
	case err := <-done:
		t.Fatalf("stopped before it was interrupted: %v", err)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}
