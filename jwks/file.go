package jwks

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/warder-go/warder/internal/jose"
)

// File returns the KeySet that the JWK Set document in the file called name holds
// (RFC 7517 §5), such as a mounted secret. It is read when a token first needs it, and
// again when it may have changed: by the first request that comes RefreshAfter after the
// last time, and when a token has a key ID that is not in the set, at most once a
// Cooldown. Links are followed, so a file may be replaced as a whole by another one. A
// file that is gone, half-written or without a usable key keeps the last keys, up to
// MaxStale, and is tried again once a second.
//
// A file is read more readily than an issuer is asked: RefreshAfter is 10 s by default,
// WaitAfter none, and Cooldown 1 s. What is for requests and for the file of another source is an error:
// Snapshot, MetadataURL, InsecureAllowHTTP and HTTPClient. The file is trusted like
// configuration: whoever can write it can sign tokens. It does no I/O; the error lists
// every mistake in its arguments.
func File(name string, opts *RemoteOptions) (*KeySet, error) {
	var o RemoteOptions
	if opts != nil {
		o = *opts
	}
	if o.RefreshAfter == 0 {
		o.RefreshAfter = 10 * time.Second
	}
	if o.WaitAfter == 0 {
		o.WaitAfter = -1
	}
	if o.Cooldown == 0 {
		o.Cooldown = time.Second
	}
	o = o.withDefaults()
	errs := []error{o.check()}
	if name == "" {
		errs = append(errs, errors.New("jwks: File without a name"))
	}
	if o.Snapshot != "" || o.MetadataURL != "" || o.InsecureAllowHTTP || o.HTTPClient != nil {
		errs = append(errs, errors.New("jwks: File takes no Snapshot, MetadataURL, InsecureAllowHTTP or HTTPClient; it asks nobody"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s := &KeySet{source: &file{name: name}, opts: o, steady: true}
	return s.named(filepath.Base(name)), nil // a folder may tell of the machine
}

// file is a source on a disk. Only the KeySet's one fetch at a time uses it.
type file struct {
	name    string
	reading chan struct{} // closed when the read that is under way ends; nil: none is
}

// fetch reads the file. A disk that hangs costs the time of this fetch and one
// goroutine, however often it is asked.
func (f *file) fetch(ctx context.Context, old *snapshot, _ *look) (*snapshot, error) {
	if f.reading != nil {
		select {
		case <-f.reading:
		default:
			return nil, errFileHangs
		}
	}
	done := make(chan struct{})
	f.reading = done
	var document []byte
	var err error
	go func() {
		defer close(done)
		document, err = f.read()
	}()
	select {
	case <-ctx.Done():
		return nil, errFileHangs
	case <-done:
	}
	if err != nil {
		return nil, err
	}
	if old != nil && old.digest == sha256.Sum256(document) {
		return old.confirmed(), nil
	}
	snap, err := parseSet(document)
	if err != nil {
		return nil, fmt.Errorf("jwks: key file: %w", err)
	}
	snap.uri = f.name
	return snap, nil
}

var (
	errFileHangs   = errors.New("jwks: key file: the disk does not answer")
	errFileAbsent  = errors.New("jwks: key file: there is none of this name")
	errFileRefused = errors.New("jwks: key file: may not be read by this process")
	errFileKind    = errors.New("jwks: key file: not a regular file")
	errFile        = errors.New("jwks: key file: cannot be read")
)

// read returns what is in the file. Its errors do not quote the path.
func (f *file) read() ([]byte, error) {
	// To open a pipe would wait for its writer, but for this flag.
	opened, err := os.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileError(err)
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, errFile
	}
	if !info.Mode().IsRegular() {
		return nil, errFileKind
	}
	document, err := io.ReadAll(io.LimitReader(opened, jose.MaxKeySet+1))
	if err != nil {
		return nil, errFile
	}
	return document, nil
}

func fileError(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errFileAbsent
	case errors.Is(err, os.ErrPermission):
		return errFileRefused
	}
	return errFile
}

func (f *file) mayBe(uri string) bool { return uri == f.name }
