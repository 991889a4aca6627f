package discovery

import (
	"context"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/flight"
)

const (
	lifetime = time.Hour   // of what metadata says, while nothing is the matter with it
	retry    = time.Minute // after metadata that could not be read
)

// Endpoint is a URL that an issuer's metadata names. It is read when first needed,
// and then at most once an hour, sooner after [Endpoint.Mistrust]. While the metadata
// cannot be had, what it said last counts. It is safe for concurrent use.
type Endpoint struct {
	issuer *Issuer
	member string
	pause  time.Duration
	reads  flight.Group[string]

	mu    sync.Mutex // not held over I/O
	uri   string     // empty before the metadata was first read
	due   time.Time  // when it is to be read again
	tried time.Time  // when that was last attempted
}

// Endpoint returns what member of i's metadata says. A known one is looked up again
// at most once a pause, by one call, and the others use it meanwhile.
func (i *Issuer) Endpoint(member string, pause time.Duration) *Endpoint {
	return &Endpoint{issuer: i, member: member, pause: pause}
}

// Known returns the URL as far as it is known without reading, or "".
func (e *Endpoint) Known() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.uri
}

// Get returns the URL, and whether this call, or one that it joined, has read it just
// now. For a known one the metadata gets a quarter of the time that ctx has left:
// metadata that hangs must not cost the caller the rest.
func (e *Endpoint) Get(ctx context.Context) (uri string, read bool, err error) {
	now := time.Now()
	e.mu.Lock()
	known := e.uri
	if known != "" && (now.Before(e.due) || now.Sub(e.tried) < e.pause) {
		e.mu.Unlock()
		return known, false, nil
	}
	e.tried = now
	e.mu.Unlock()

	uri, err = e.read(ctx, known != "")
	switch {
	case err == nil:
		return uri, true, nil
	case known != "":
		e.mu.Lock()
		defer e.mu.Unlock()
		e.due = now.Add(retry)
		return known, true, nil
	}
	return "", false, err
}

// Again reads the metadata now, past caches, and returns the URL if there is another
// one. Until [Endpoint.Use] of it, e is as before.
func (e *Endpoint) Again(ctx context.Context) (uri string, moved bool) {
	uri, err := e.issuer.Find(ctx, e.member, true)
	return uri, err == nil && uri != e.Known()
}

// Use makes uri, which the metadata said just now, the URL.
func (e *Endpoint) Use(uri string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.uri, e.due = uri, time.Now().Add(lifetime)
}

// Mistrust makes the next Get read the metadata again.
func (e *Endpoint) Mistrust() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due = time.Time{}
}

// read reads the metadata, for all who want it now.
func (e *Endpoint) read(ctx context.Context, brief bool) (string, error) {
	return e.reads.Do(ctx, "", func(detached context.Context) (string, error) {
		if end, ok := ctx.Deadline(); ok {
			if brief {
				end = end.Add(-3 * time.Until(end) / 4)
			}
			var cancel context.CancelFunc
			detached, cancel = context.WithDeadline(detached, end)
			defer cancel()
		}
		uri, err := e.issuer.Find(detached, e.member, false)
		if err == nil {
			e.Use(uri)
		}
		return uri, err
	})
}
