package jwks

import (
	"context"
	"net/http"
	"time"
)

// unasked marks the context of work that no guarded request asked for.
type unasked struct{}

func ownWork(ctx context.Context) context.Context {
	return context.WithValue(ctx, unasked{}, true)
}

// Refresh fetches the keys now, whatever their age, or joins the fetch that is
// under way, and waits for it, at most Timeout and until ctx ends. It is for when somebody knows
// that the issuer's keys have changed; nothing else needs it. On an error the
// keys remain as they were. A KeySet made by Parse has nothing to fetch.
//
// Within the same time, Refresh also waits until the new keys are in the Snapshot file.
// Requests never wait for that. A file that cannot be written is no error of Refresh:
// Observe is told.
func (s *KeySet) Refresh(ctx context.Context) error {
	if s.source == nil {
		return nil
	}
	now := time.Now()
	_, err := s.refresh(ownWork(ctx), s.current.Load(), asked, "", now)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(ctx, now.Add(s.opts.Timeout))
	defer cancel()
	s.saves.wait(ctx)
	return nil
}

// KeepFresh refreshes the keys on schedule until ctx ends, so that no request
// ever waits for them and keys are there before the first one. It is optional,
// and meant for a goroutine of the caller's:
//
//	go verifier.KeySet().KeepFresh(ctx)
//
// It fetches when there are no keys, when the last ones are RefreshAfter old or a
// little less, and again after a failure as [RemoteOptions] says.
func (s *KeySet) KeepFresh(ctx context.Context) {
	if s.source == nil {
		<-ctx.Done()
		return
	}
	ctx = ownWork(ctx)
	s.restored(ctx)
	for floor := time.Duration(0); ; floor = time.Second { // whatever the options say
		snap := s.current.Load()
		wait, due := s.untilDue(snap, time.Now())
		if !due {
			<-ctx.Done()
			return
		}
		if s.schedule.failing() { // replicas that failed together come back each at a time of its own
			floor /= 2
		}
		timer := time.NewTimer(max(wait, floor))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		// Whether it succeeded shows in the next wait, and to Observe.
		_, _ = s.refresh(ctx, snap, scheduled, "", time.Now())
	}
}

// untilDue returns when the keys want a refresh, or false if they never do.
func (s *KeySet) untilDue(snap *snapshot, now time.Time) (time.Duration, bool) {
	wait := s.schedule.wait(now)
	switch {
	case snap == nil || snap.restored:
		return wait, true
	case snap.fresh < 0:
		return 0, false
	}
	return max(wait, snap.fresh-now.Sub(snap.fetched)), true
}

// Ready reports whether requests can be judged: nil while there are keys
// within MaxStale. Where there are none it fetches, as a request would, so
// that a process that gets requests only once it is ready becomes ready.
func (s *KeySet) Ready(ctx context.Context) error {
	_, _, err := s.usable(ownWork(ctx), time.Now())
	return err
}

// ReadyHandler answers readiness probes: 200 while there are keys; 200 and a
// body that says so while they are stale, because the issuer's outage is no
// reason to take this process out of service; 503 where there are none. A probe
// may wait for a fetch, at most Timeout: allow for that in the prober's own.
func (s *KeySet) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, isStale, err := s.usable(ownWork(r.Context()), time.Now())
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		status, body := http.StatusOK, "ready\n"
		switch {
		case err != nil:
			status, body = http.StatusServiceUnavailable, "not ready: no keys of the issuer\n"
		case isStale:
			body = "ready, with stale keys: the issuer does not answer\n"
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the prober may be gone
	})
}
