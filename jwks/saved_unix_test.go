//go:build unix

package jwks_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// Whoever can write the file decides which tokens are good.
func TestSavedByOthers(t *testing.T) {
	for name, open := range map[string]func(file string) string{
		"a file that the group can write":   chmod(0o620),
		"a file that everybody can write":   chmod(0o602),
		"a folder that the group can write": chmodFolder(0o720),
		"a folder that everybody can write": chmodFolder(0o702),
		"a sticky folder":                   chmodFolder(0o777 | os.ModeSticky),
		"a file of another user":            another(func(file string) string { return file }),
		"a folder of another user":          another(filepath.Dir),
		"a link to a good file": func(file string) string {
			link := file + ".link"
			must(os.Symlink(file, link))
			return link
		},
		"a pipe that nobody writes": func(file string) string {
			must(os.Remove(file))
			must(syscall.Mkfifo(file, 0o600))
			return file
		},
		"a folder": func(file string) string {
			must(os.Remove(file))
			must(os.Mkdir(file, 0o700))
			return file
		},
		"a file in a file": func(file string) string { return filepath.Join(file, "x") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(all()...)
				file := saved(t, s, false)
				defer os.Chmod(filepath.Dir(file), 0o700)
				s.serve(keysURL, status(500))
				file = open(file)
				p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
				p.wants(t, rs().token(nil), "503-U keys_unavailable")
				if got := p.events.reasonsOf("snapshot"); got != "snapshot_unusable" {
					t.Errorf("told of the snapshot: %q", got)
				}
			})
		})
	}
	t.Run("a file that others can read is used", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(all()...)
			file := saved(t, s, false)
			chmod(0o644)(file)
			chmodFolder(0o755)(file)
			s.serve(keysURL, status(500))
			started(t, s, false, jwks.RemoteOptions{Snapshot: file}).wants(t, rs().token(nil), "OK")
		})
	})
}

func chmod(mode os.FileMode) func(string) string {
	return func(file string) string {
		must(os.Chmod(file, mode))
		return file
	}
}

func chmodFolder(mode os.FileMode) func(string) string {
	return func(file string) string {
		must(os.Chmod(filepath.Dir(file), mode))
		return file
	}
}

// another gives what of returns to another user. Only root can do that; others
// are shown a file of root's instead.
func another(of func(string) string) func(string) string {
	return func(file string) string {
		if os.Geteuid() != 0 {
			return "/etc/passwd"
		}
		must(os.Chown(of(file), 65534, -1))
		return file
	}
}

// What somebody puts in the file's place between two saves: no request feels it, what
// can be replaced is, and nothing else changes.
func TestSavedReplaced(t *testing.T) {
	put := func(make func(file string) error) func(string) {
		return func(file string) {
			must(os.Remove(file))
			must(make(file))
		}
	}
	for name, row := range map[string]struct {
		replace func(file string)
		told    string
	}{
		"nothing":                    {func(file string) { must(os.Remove(file)) }, ""},
		"a pipe":                     {put(func(file string) error { return syscall.Mkfifo(file, 0o600) }), ""},
		"a link to another file":     {put(func(file string) error { return os.Symlink(file+".bak", file) }), ""},
		"a link to nothing":          {put(func(file string) error { return os.Symlink("nothing", file) }), ""},
		"a file that nobody may use": {func(file string) { chmod(0)(file) }, ""},
		"a file of another user":     {func(file string) { another(func(file string) string { return file })(file) }, ""},
		"a folder":                   {put(func(file string) error { return os.Mkdir(file, 0o700) }), "jwks: snapshot: cannot be written: file exists\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, file := newServer(all()...), snapshotFile(t)
				must(os.WriteFile(file+".bak", []byte("not ours"), 0o600))
				p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
				must(p.keys.Refresh(t.Context()))
				row.replace(file)
				must(p.keys.Refresh(t.Context()))
				p.wants(t, rs().token(nil), "OK")
				if got := p.events.errorsOf(middleware.OpSnapshot); got != row.told {
					t.Errorf("told %q", got)
				}
				info, err := os.Lstat(file)
				must(err)
				if row.told == "" && (info.Mode() != 0o600 || content(t, file).Document != string(keySet(all()...))) {
					t.Errorf("there is %v now", info.Mode())
				}
				if other, err := os.ReadFile(file + ".bak"); err != nil || string(other) != "not ours" {
					t.Errorf("another file holds %q", other)
				}
				if left := unfinishedFiles(file); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
		})
	}
}

// Of files that look like those which a killed process leaves behind, only such are
// removed.
func TestSavedRemovesItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, file := newServer(all()...), snapshotFile(t)
		own := file + ".123.warder-unfinished"
		for _, name := range []string{
			own, file + ".bak", file + ".123", file + ".123.tmp", file + ".warder-unfinished", file + "..warder-unfinished",
			file + ".1a.warder-unfinished", file + ".1.2.warder-unfinished", file + ".123.warder-unfinished.bak",
			filepath.Join(filepath.Dir(file), "other.json.123.warder-unfinished"),
		} {
			must(os.WriteFile(name, nil, 0o600))
		}
		must(os.Mkdir(file+".4.warder-unfinished", 0o700))
		must(os.Symlink(file+".bak", file+".5.warder-unfinished"))
		before, err := os.ReadDir(filepath.Dir(file))
		must(err)
		p := started(t, s, false, jwks.RemoteOptions{Snapshot: file})
		must(p.keys.Refresh(t.Context()))
		after, err := os.ReadDir(filepath.Dir(file))
		must(err)
		if _, err := os.Lstat(own); !os.IsNotExist(err) {
			t.Error("what a process left behind stays")
		}
		if len(after) != len(before) { // one less and the file itself
			t.Errorf("of %v remain %v", before, after)
		}
	})
}
