//go:build unix

package jwks

import (
	"io/fs"
	"os"
	"syscall"
)

// ours reports whether nobody but this process's user can have changed info's
// file. What cannot be told is not ours: fail closed.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}
