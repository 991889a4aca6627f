//go:build unix

package jwks_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/warder-go/warder/jwks"
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
