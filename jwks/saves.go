package jwks

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/middleware"
)

// saves are the writes of a snapshot file. There is one at a time, of the last keys. The
// zero value is ready. It is safe for concurrent use.
type saves struct {
	mu    sync.Mutex
	done  chan struct{} // closed when what came is written; nil: it is
	more  bool          // keys came since the write under way looked for them
	began time.Time     // the write under way
}

// came notes that keys came at now. It reports whether the caller is to write, and if
// not, for how long another has been writing.
func (w *saves) came(now time.Time) (write bool, since time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done != nil {
		w.more = true
		return false, now.Sub(w.began)
	}
	w.done, w.began = make(chan struct{}), now
	return true, 0
}

// again notes that a write has ended at now, and reports whether one more is to follow.
func (w *saves) again(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.more {
		w.more, w.began = false, now
		return true
	}
	close(w.done)
	w.done = nil
	return false
}

// wait returns when the keys that came are written, or cannot be, or ctx ends.
func (w *saves) wait(ctx context.Context) {
	w.mu.Lock()
	done := w.done
	w.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// saveSoon keeps the current keys in the snapshot file. No request waits for the
// disk. A failure costs the next restart, not this process: it is reported and
// nothing else.
func (s *KeySet) saveSoon(ctx context.Context) {
	if s.opts.Snapshot == "" || s.issuer.Load() == nil {
		return
	}
	now := time.Now()
	write, since := s.saves.came(now)
	switch {
	case write:
		s.saveNow(ctx)
	case since > s.opts.Timeout:
		s.report(ctx, middleware.OpSnapshot, now.Add(-since), errSavedHangs)
	}
}

// saveNow writes the current keys, and those that come meanwhile.
func (s *KeySet) saveNow(ctx context.Context) {
	var alone flight.Group[*snapshot] // for what it does about panics
	alone.Go(ctx, "", func(ctx context.Context) (*snapshot, error) {
		defer func() { // by an Observer's panic too
			if s.saves.again(time.Now()) {
				s.saveNow(ctx)
			}
		}()
		if snap := s.current.Load(); snap != nil && !snap.restored {
			s.save(ctx, snap)
		}
		return nil, nil
	})
}

// save writes snap.
func (s *KeySet) save(ctx context.Context, snap *snapshot) {
	began := time.Now()
	content, err := json.Marshal(saved{s.issuerName(), snap.uri, snap.fetched.UTC(), snap.dated.UTC(), string(snap.document)})
	if err == nil {
		err = s.disk.write(s.opts.Snapshot, content)
	}
	switch {
	case err == errSavedAccess:
	case err != nil:
		err = errnoOf(errNotSaved, err) // err quotes a path
	}
	if err != nil {
		s.report(ctx, middleware.OpSnapshot, began, err)
	}
}
