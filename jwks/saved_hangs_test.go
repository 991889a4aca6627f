package jwks_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

const (
	diskHangs = "jwks: snapshot: the disk does not answer"
	quarter   = 1250 * time.Millisecond // of Timeout
)

// errorsOf returns the errors of the events of op so far, a line each.
func (e *events) errorsOf(op middleware.Op) string {
	var b strings.Builder
	for _, event := range e.of(op) {
		if event.Err != nil {
			b.WriteString(event.Err.Error() + "\n")
		}
	}
	return b.String()
}

// goroutines returns how many there are with this text in their stacks.
func goroutines(text string) (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, text) {
			n++
		}
	}
	return n
}

// A disk that hangs when a process starts: the issuer is asked after a quarter of
// Timeout, once, and what the disk says later may still be of use.
func TestSavedHangingRead(t *testing.T) {
	// hanging starts a process whose disk answers once answer is called.
	hanging := func(t *testing.T, s *server, file string, discovering bool) (p process, answer func()) {
		then := make(chan struct{})
		p = started(t, s, discovering, jwks.RemoteOptions{Snapshot: file})
		p.keys.HangReads(then)
		return p, func() {
			close(then)
			synctest.Wait()
		}
	}
	run := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f(t)
				time.Sleep(quarter) // a fetch that began late ends late
				synctest.Wait()
			})
		})
	}
	run("the issuer answers", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		p, answer := hanging(t, s, file, false)
		if d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "OK") }) }); d != quarter {
			t.Errorf("waited %v", d)
		}
		if d := took(func() { p.wants(t, es().token(nil), "OK") }); d != 0 {
			t.Errorf("waited %v once the issuer had answered", d)
		}
		answer()
		if got := p.events.errorsOf(middleware.OpSnapshot); got != diskHangs+"\n" {
			t.Errorf("told %q", got)
		}
		if got := p.events.reasonsOf(middleware.OpSnapshot); got != "snapshot_unusable" {
			t.Errorf("told of the snapshot: %s", got)
		}
	})
	run("nobody answers, and one goroutine waits in all", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		s.serve(keysURL, status(500))
		p, answer := hanging(t, s, file, false)
		each(20, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") })
		for range 5 {
			time.Sleep(time.Minute)
			if d := took(func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") }); d != 0 {
				t.Errorf("waited %v again", d)
			}
		}
		synctest.Wait()
		if n := goroutines("jwks.(*KeySet)"); n != 1 {
			t.Errorf("%d goroutines are left", n)
		}
		answer()
		if d := took(func() { p.wants(t, rs().token(nil), "OK") }); d != 0 {
			t.Errorf("waited %v with keys from the disk", d)
		}
		if got := p.events.reasonsOf(middleware.OpSnapshot); got != "snapshot_unusable ok" {
			t.Errorf("told of the snapshot: %s", got)
		}
	})
	run("the issuer hangs too, and the disk answers first", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		s.serve(keysURL, hang)
		p, answer := hanging(t, s, file, false)
		go func() {
			time.Sleep(3 * time.Second)
			answer()
		}()
		if d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "OK") }) }); d != 5*time.Second {
			t.Errorf("waited %v", d)
		}
	})
	run("newer keys came meanwhile", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		s.serve(keysURL, document(keySet(es().jwk(nil))))
		p, answer := hanging(t, s, file, false)
		p.wants(t, es().token(nil), "OK")
		answer()
		if got := p.get(rs().token(nil)); got == "OK" {
			t.Error("the old keys are back")
		}
		if got := p.events.reasonsOf(middleware.OpSnapshot); got != "snapshot_unusable" {
			t.Errorf("told of the snapshot: %s", got)
		}
	})
	run("what it says at last is damaged", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, false)
		must(os.WriteFile(file, []byte("{"), 0o600))
		s.serve(keysURL, status(500))
		p, answer := hanging(t, s, file, false)
		p.wants(t, rs().token(nil), "503-U keys_unavailable")
		answer()
		p.wants(t, rs().token(nil), "503-U keys_unavailable")
		if got := p.events.errorsOf(middleware.OpSnapshot); got != diskHangs+"\njwks: snapshot: damaged\n" {
			t.Errorf("told %q", got)
		}
	})
	run("the keys have moved meanwhile", func(t *testing.T) {
		s := newServer(all()...)
		file := saved(t, s, true)
		const moved = "https://as.example/moved"
		s.serve(rfcURL, document(encode(object{"issuer": issuer, "jwks_uri": moved})))
		s.serve(moved, status(500))
		p, answer := hanging(t, s, file, true)
		p.wants(t, rs().token(nil), "503-U keys_unavailable")
		answer()
		p.wants(t, rs().token(nil), "503-U keys_unavailable")
	})
}

// A disk that hangs later on, or is slow: only Refresh waits for it.
func TestSavedHangingWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, file, then := newServer(all()...), snapshotFile(t), make(chan struct{})
		p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
		p.keys.HangWrites(then)
		for range 3 {
			if d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "OK") }) }); d != 0 {
				t.Errorf("a request waited %v", d)
			}
			time.Sleep(8 * time.Minute) // refreshed in the background
		}
		if got := p.events.errorsOf(middleware.OpSnapshot); got != diskHangs+"\n"+diskHangs+"\n" {
			t.Errorf("told %q", got)
		}
		s.serve(keysURL, document(keySet(es().jwk(nil))))
		if d := took(func() { must(p.keys.Refresh(t.Context())) }); d != 5*time.Second {
			t.Errorf("Refresh waited %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if d := took(func() { must(p.keys.Refresh(ctx)) }); d != time.Second {
			t.Errorf("Refresh waited %v with a context of a second", d)
		}
		if n := goroutines("jwks.(*KeySet)"); n > 2 {
			t.Errorf("%d goroutines are left", n)
		}
		close(then)
		must(p.keys.Refresh(t.Context()))
		if got := content(t, file).Document; got != string(keySet(es().jwk(nil))) {
			t.Error("the last set is not what is saved")
		}
		if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
			t.Errorf("%d files are left", len(left))
		}
	})
}

// An answer is late, too, if it is the reading of it that took so long: it counts as a
// failure, and is not asked for again at once.
func TestSlowParse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(all()...)
		p := started(t, s, false, jwks.RemoteOptions{})
		p.keys.SlowParse(7 * time.Second)
		if d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") }) }); d != 5*time.Second {
			t.Errorf("waited %v", d)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for range 3 {
			p.wants(t, rs().token(nil), "503-U keys_unavailable")
		}
		if n := s.count(keysURL); n != 1 {
			t.Errorf("asked %d times", n)
		}
		for _, e := range p.events.of(middleware.OpFetch) {
			if e.Reason != middleware.ReasonKeysUnavailable || !strings.Contains(e.Err.Error(), "no answer within Timeout") {
				t.Errorf("told %v, %v", e.Reason, e.Err)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) { // with keys to fall back to
		s := newServer(all()...)
		p := started(t, s, false, jwks.RemoteOptions{})
		p.wants(t, rs().token(nil), "OK")
		p.keys.SlowParse(7 * time.Second)
		s.serve(keysURL, document(keySet(es().jwk(nil))))
		time.Sleep(time.Hour)
		for range 10 {
			p.wants(t, rs().token(nil), "OK")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p.wants(t, rs().token(nil), "OK")
		if got := p.events.reasonsOf(middleware.OpFetch); got != "ok keys_unavailable" {
			t.Errorf("told of fetches: %s", got)
		}
		time.Sleep(7 * time.Second)
	})
}
