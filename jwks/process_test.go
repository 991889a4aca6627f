package jwks_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// events collects what an Observer is told.
type events struct {
	mu   sync.Mutex
	told []middleware.Event
}

func (e *events) observe(_ context.Context, event middleware.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, event)
}

// of returns the events of op so far.
func (e *events) of(op middleware.Op) []middleware.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	var some []middleware.Event
	for _, event := range e.told {
		if event.Op == op {
			some = append(some, event)
		}
	}
	return some
}

// reasonsOf returns the reasons of the events of op so far, in one line.
func (e *events) reasonsOf(op middleware.Op) string {
	var some []string
	for _, event := range e.of(op) {
		some = append(some, string(event.Reason))
	}
	return strings.Join(some, " ")
}

// process is an API from its start, as after a restart of the process.
type process struct {
	api
	keys   *jwks.KeySet
	events *events // of requests and of own work
}

// started returns a process with keys from keysURL; discovering, from where
// the metadata says.
func started(t *testing.T, s *server, discovering bool, opts jwks.RemoteOptions) process {
	t.Helper()
	p := process{events: &events{}}
	opts.Observe = p.events.observe
	if opts.HTTPClient == nil {
		opts.HTTPClient = s.client()
	}
	var err error
	if discovering {
		p.keys, err = jwks.Discover(issuer, &opts)
	} else {
		p.keys, err = jwks.Remote(keysURL, &opts)
	}
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, func(c *jwks.Config) { c.KeySet = p.keys })
	p.api = newAPI(v, middleware.Options{Observe: p.events.observe})
	return p
}
