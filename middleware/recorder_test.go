package middleware_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// recorder is an Observer that keeps its events, and logs them.
type recorder struct {
	mu     sync.Mutex
	events []middleware.Event
	log    bytes.Buffer
	logger middleware.Observer
}

func newRecorder() *recorder {
	r := new(recorder)
	r.logger = middleware.Log(slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return r
}

func (r *recorder) observe(ctx context.Context, e middleware.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	r.logger(ctx, e)
}

// of returns the events of one operation.
func (r *recorder) of(op middleware.Op) []middleware.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []middleware.Event
	for _, e := range r.events {
		if e.Op == op {
			found = append(found, e)
		}
	}
	return found
}

// authenticated expects exactly one authenticate event and returns it.
func (r *recorder) authenticated(t *testing.T) middleware.Event {
	t.Helper()
	events := r.of(middleware.OpAuthenticate)
	if len(events) != 1 {
		t.Fatalf("%d authenticate events, want exactly one: %v", len(events), events)
	}
	if reason := events[0].Reason; !slices.Contains(middleware.Reasons(), reason) {
		t.Errorf("reason %q is not in the closed set", reason)
	}
	return events[0]
}

// text is everything that was logged, and every error of an event.
func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	b.Write(r.log.Bytes())
	for _, e := range r.events {
		if e.Err != nil {
			b.WriteString(e.Err.Error())
		}
	}
	return b.String()
}

// leaks reports whether any 12 bytes of secret in a row occur in text.
func leaks(text, secret string) bool {
	pieces := make(map[string]bool, len(text))
	for i := 0; i+12 <= len(text); i++ {
		pieces[text[i:i+12]] = true
	}
	for i := 0; i+12 <= len(secret); i++ {
		if pieces[secret[i:i+12]] {
			return true
		}
	}
	return false
}
