//go:build unix

package jwks_test

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// childOf names the snapshot file of a process that runs one test again, as a child.
const childOf = "WARDER_TEST_SNAPSHOT"

// child returns the process that runs the calling test with this snapshot file.
func child(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(err)
	if _, err := os.Stat("/proc/self/exe"); err == nil {
		self = "/proc/self/exe" // other users cannot find it by its name
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), childOf+"="+file)
	return c
}

// writing returns a process whose key set of some 700 KiB goes to file each time that it
// is refreshed.
func writing(t *testing.T, file string) process {
	t.Helper()
	long := keySet(rs().jwk(nil))
	long = append(long[:len(long)-1], `,"x":"`+strings.Repeat("A", 700<<10)+`"}`...)
	s := newServer()
	s.serve(keysURL, document(long))
	return started(t, s, false, jwks.RemoteOptions{Snapshot: file, Timeout: time.Minute}) // by a real clock
}

// writes writes file n times, or until the process is killed, and prints a dot for each.
func writes(t *testing.T, file string, n int) {
	p := writing(t, file)
	for ; n != 0; n-- {
		must(p.keys.Refresh(t.Context()))
		os.Stdout.WriteString(".")
		if told := p.events.errorsOf(middleware.OpSnapshot); told != "" {
			t.Fatal(told)
		}
	}
}

// dots reads what a child prints until it has printed n dots.
func dots(t *testing.T, out io.Reader, n int) {
	t.Helper()
	seen := 0
	for one := make([]byte, 1); seen < n; {
		if _, err := out.Read(one); err != nil {
			t.Fatalf("%d of %d writes, then %v", seen, n, err)
		}
		if one[0] == '.' {
			seen++
		}
	}
}

// unfinishedFiles returns the names in the folder of file that say that they are not
// finished.
func unfinishedFiles(file string) []string {
	left, err := filepath.Glob(file + ".*.warder-unfinished")
	must(err)
	return left
}

// A process that is killed while it writes leaves a file behind; the next one removes it.
func TestSavedKill(t *testing.T) {
	if file := os.Getenv(childOf); file != "" {
		writes(t, file, -1)
		return
	}
	file := snapshotFile(t)
	must(os.WriteFile(file+".bak", []byte("not ours"), 0o600))
	abandoned := 0
	for n := range 20 {
		c := child(t, file)
		out, err := c.StdoutPipe()
		must(err)
		must(c.Start())
		dots(t, out, 1+n%3)
		for began := time.Now(); len(unfinishedFiles(file)) == 0; { // until it writes again
			if time.Since(began) > 30*time.Second {
				t.Fatal("it writes no more")
			}
		}
		must(c.Process.Kill())
		_ = c.Wait()
		left := unfinishedFiles(file)
		if len(left) > 1 {
			t.Fatalf("%d unfinished files", len(left))
		}
		abandoned += len(left)
		if got := content(t, file); len(got.Document) < 700<<10 {
			t.Fatalf("the file has a document of %d bytes", len(got.Document))
		}
	}
	if abandoned == 0 {
		t.Error("no kill left a file behind: nothing was tried")
	}
	must(os.WriteFile(file+".1.warder-unfinished", nil, 0o600)) // if the last one did not
	writes(t, file, 1)
	entries, err := os.ReadDir(filepath.Dir(file))
	must(err)
	if len(entries) != 2 {
		t.Errorf("in the folder are %v", entries)
	}
}

// Of two processes that write one file all the time, none takes the other's away, and a
// third can start with it at any time.
func TestSavedByTwoProcesses(t *testing.T) {
	if file := os.Getenv(childOf); file != "" {
		writes(t, file, 50)
		return
	}
	file := snapshotFile(t)
	writes(t, file, 1)
	down := newServer()
	down.serve(keysURL, status(500))
	var children []*exec.Cmd
	var outs []*strings.Builder
	for range 2 {
		c, out := child(t, file), new(strings.Builder)
		c.Stdout, c.Stderr = out, out
		must(c.Start())
		children, outs = append(children, c), append(outs, out)
	}
	for range 200 {
		p := started(t, down, false, jwks.RemoteOptions{Snapshot: file, Timeout: time.Minute})
		if err := p.keys.Ready(t.Context()); err != nil { // by whosever keys
			t.Error(err)
		}
		if told := p.events.errorsOf(middleware.OpSnapshot); told != "" {
			t.Fatal(told)
		}
	}
	for n, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("%v: %s", err, outs[n])
		}
	}
	if got := content(t, file); len(got.Document) < 700<<10 {
		t.Errorf("the file has a document of %d bytes", len(got.Document))
	}
	writes(t, file, 1)
	if left := unfinishedFiles(file); len(left) > 0 {
		t.Errorf("%d unfinished files", len(left))
	}
}

// spoilt is a process whose disk takes nothing until it is repaired: it tells so each
// time with these words, no request feels it, the old file stays whole, and then the
// new keys are saved.
func spoilt(t *testing.T, file, words string, repair func()) {
	t.Helper()
	old, err := os.ReadFile(file)
	must(err)
	p := writing(t, file)
	for range 3 {
		p.wants(t, rs().token(nil), "OK")
		must(p.keys.Refresh(t.Context()))
	}
	told := p.events.errorsOf(middleware.OpSnapshot)
	if n := strings.Count(told, "jwks: snapshot: cannot be written: "+words+"\n"); n < 3 || strings.Contains(told, filepath.Dir(file)) {
		t.Errorf("told %q", told)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(old) {
		t.Errorf("the old file has changed: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("in the folder are %v", entries)
	}
	repair()
	must(p.keys.Refresh(t.Context()))
	if got := content(t, file); len(got.Document) < 700<<10 || len(unfinishedFiles(file)) > 0 {
		t.Error("not saved after the repair")
	}
}

// runs waits for a child, which runs the calling test, to pass it.
func runs(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v: %s", err, out)
	}
}

// A disk that is full in the middle of a write. The limit of a file's size is met as
// the end of a disk is: after some of the bytes.
func TestSavedDiskFull(t *testing.T) {
	if file := os.Getenv(childOf); file != "" {
		signal.Ignore(syscall.SIGXFSZ)
		var limit syscall.Rlimit
		must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
		small := limit
		small.Cur = 64 << 10
		must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
		spoilt(t, file, "file too large", func() { must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)) })
		return
	}
	file := snapshotFile(t)
	must(os.WriteFile(file, []byte("old"), 0o600))
	runs(t, child(t, file))
}

// A folder in which nothing can be made. For root there is none such, so the child is
// another user.
func TestSavedReadOnlyFolder(t *testing.T) {
	if file := os.Getenv(childOf); file != "" {
		spoilt(t, file, "permission denied", func() { must(os.Chmod(filepath.Dir(file), 0o700)) })
		return
	}
	file := snapshotFile(t)
	must(os.WriteFile(file, []byte("old"), 0o600))
	c := child(t, file)
	if os.Geteuid() == 0 {
		const nobody = 65534
		for _, name := range []string{file, filepath.Dir(file)} {
			must(os.Chown(name, nobody, nobody))
		}
		above := filepath.Dir(filepath.Dir(file))
		must(os.Chmod(above, 0o755))
		must(os.Chmod(filepath.Dir(above), 0o755))
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		c.Dir = filepath.Dir(file)
	}
	must(os.Chmod(filepath.Dir(file), 0o500))
	defer os.Chmod(filepath.Dir(file), 0o700)
	runs(t, c)
}
