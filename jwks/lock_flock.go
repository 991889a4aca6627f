//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package jwks

import (
	"os"
	"syscall"
)

// lock locks a folder until it is closed, alone or, where others write, with them.
func lock(folder *os.File) lockState {
	switch err := flock(folder, syscall.LOCK_EX|syscall.LOCK_NB); err {
	case nil:
		return locked
	case syscall.EWOULDBLOCK:
		share(folder)
		return lockedAlso
	}
	return lockUnknown
}

// share lets others write too. It waits while another cleans up.
func share(folder *os.File) { _ = flock(folder, syscall.LOCK_SH) }

func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); err != syscall.EINTR {
			return err
		}
	}
}
