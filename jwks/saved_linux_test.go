package jwks_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// lease takes a lease on a file: the kernel lets nobody else open it until the lease is
// given back, for 45 s by default. It is a disk that hangs, as the opener sees it.
func lease(t *testing.T, file string) (giveBack func()) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	must(err)
	t.Cleanup(func() { f.Close() })
	const setLease = 1024 // F_SETLEASE
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), setLease, syscall.F_WRLCK); errno != 0 {
		t.Skipf("no leases on this file system: %v", errno)
	}
	return func() { f.Close() }
}

// TestSavedHangingRead with a system call that hangs indeed, and a real clock.
func TestSavedHangingSystemCall(t *testing.T) {
	s, file := newServer(all()...), snapshotFile(t)
	before := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
	before.wants(t, rs().token(nil), "OK")
	must(before.keys.Refresh(t.Context()))
	giveBack := lease(t, file)

	const timeout = 6 * time.Second
	s.serve(keysURL, status(500))
	p := started(t, s, false, jwks.RemoteOptions{Snapshot: file, Timeout: timeout})
	d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") }) })
	if d < timeout/4 || d > timeout {
		t.Errorf("waited %v", d)
	}
	if d := took(func() { each(20, func() { p.wants(t, rs().token(nil), "503-U keys_unavailable") }) }); d > timeout/2 {
		t.Errorf("waited %v again", d)
	}
	if n := goroutines("jwks.readOwn"); n != 1 {
		t.Errorf("%d goroutines read", n)
	}
	s.serve(keysURL, document(keySet(es().jwk(nil))))
	must(p.keys.Refresh(t.Context())) // which writes, too: a file beside that one, and a name
	p.wants(t, es().token(nil), "OK")
	if got := p.events.errorsOf(middleware.OpSnapshot); got != diskHangs+"\n" {
		t.Errorf("told %q", got)
	}
	giveBack()
}
