package jwks

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// disk is where a snapshot file is.
type disk struct {
	read  func(name string) ([]byte, error)
	write func(name string, content []byte) error
}

var ownDisk = disk{readOwn, writeOwn}

// readOwn reads a file that only we can have written. Another process may be replacing
// it just now: then it reads the new one.
func readOwn(name string) (content []byte, err error) {
	for range 10 {
		if content, err = readOwnOnce(name); err != errReplaced {
			return content, err
		}
	}
	return nil, errSavedAccess
}

var errReplaced = errors.New("jwks: snapshot: replaced while it was opened")

func readOwnOnce(name string) ([]byte, error) {
	folder, err := os.Stat(filepath.Dir(name))
	if err != nil {
		return nil, absent(err)
	}
	link, err := os.Lstat(name)
	if err != nil {
		return nil, absent(err)
	}
	// Judged before it is opened: to open a pipe would wait for its writer,
	// and a link leads to folders that nobody looked at.
	if !ours(folder) || !ours(link) || !link.Mode().IsRegular() {
		return nil, errSavedAccess
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, absent(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errnoOf(errSavedAbsent, err)
	}
	// And that it is still the file of that name. In a folder that only we
	// can write, nobody else can have put another there.
	if !os.SameFile(link, info) {
		return nil, errReplaced
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSaved+1))
	if err != nil {
		return nil, errnoOf(errSavedAbsent, err)
	}
	if len(content) > maxSaved {
		return nil, errSavedDamaged
	}
	return content, nil
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	return errnoOf(errSavedAbsent, err)
}

// errnoOf is what with the system's word for err, which does not quote the path.
func errnoOf(what, err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%w: %w", what, errno)
	}
	return what
}

// writeOwn replaces the file with this name as a whole or not at all.
// It is not written where it would not be trusted: the mistake shows at the first
// save, not in an outage.
func writeOwn(name string, content []byte) (err error) {
	folder := filepath.Dir(name)
	if info, err := os.Stat(folder); err != nil {
		return err
	} else if !ours(info) {
		return errSavedAccess
	}
	defer beginWriting(name)()
	f, err := os.CreateTemp(folder, filepath.Base(name)+".*"+unfinished) // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// unfinished ends the name of a file until it is written. One that keeps it was left
// behind by a process that died.
const unfinished = ".warder-unfinished"

// abandonedAfter is how old a file must be that nobody can be working at, where that is
// all that can be known of it.
const abandonedAfter = time.Hour

// beginWriting removes what writers of the file called name left behind, and tells
// others that somebody writes, until done is called. Of several processes with one
// folder, whoever writes alone cleans up.
func beginWriting(name string) (done func()) {
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return func() {}
	}
	switch lock(folder) {
	case locked:
		removeUnfinished(name, 0)
		share(folder)
	case lockUnknown:
		removeUnfinished(name, abandonedAfter)
	}
	return func() { _ = folder.Close() } // which gives up the lock, as death does
}

// removeUnfinished removes the unfinished files of name that are older than age, all of
// them if that is 0, and nothing else.
func removeUnfinished(name string, age time.Duration) {
	folder := filepath.Dir(name)
	entries, _ := os.ReadDir(folder) // those before an error
	for _, entry := range entries {
		if !isUnfinished(entry.Name(), filepath.Base(name)) {
			continue
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && ours(info) && (age == 0 || time.Since(info.ModTime()) >= age) {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}

// isUnfinished reports whether an entry has the name of an unfinished file of base, as
// os.CreateTemp makes them up.
func isUnfinished(entry, base string) bool {
	middle, ofBase := strings.CutPrefix(entry, base+".")
	middle, ends := strings.CutSuffix(middle, unfinished)
	return ofBase && ends && middle != "" && strings.Trim(middle, "0123456789") == ""
}
