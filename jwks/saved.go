package jwks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// maxSaved bounds the file: a document in JSON quotes, of which encoding/json
// writes some characters in six, and a little more.
const maxSaved = 6*maxDocument + 64<<10

// saved is the snapshot file. Whoever can write it decides which tokens are
// good, so it is read as strictly as an issuer's answer and trusted only
// where nobody else could have written it.
type saved struct {
	Issuer   string    `json:"issuer"`
	URI      string    `json:"jwks_uri"`
	Fetched  time.Time `json:"fetched"`
	Document string    `json:"document"` // the JWK Set as received
}

var (
	errSavedAccess  = errors.New("jwks: snapshot: it or its folder can be written by others, or is not ours")
	errSavedDamaged = errors.New("jwks: snapshot: damaged")
	errSavedForeign = errors.New("jwks: snapshot: of another issuer or jwks_uri")
	errSavedOld     = errors.New("jwks: snapshot: older than MaxStale")
	errSavedFuture  = errors.New("jwks: snapshot: dated in the future")
	errSavedAbsent  = errors.New("jwks: snapshot: cannot be read")
	errNotSaved     = errors.New("jwks: snapshot: cannot be written")
)

// restored returns the keys of the snapshot file, for a process that has none
// yet. It looks once. Nil where there are none to trust.
func (s *KeySet) restored(ctx context.Context) *snapshot {
	if s.opts.Snapshot == "" || s.looked.Load() || s.issuer.Load() == nil {
		return s.current.Load() // whose keys they would have to be is not known yet
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout) // a disk may hang
	defer cancel()
	// Shared, so that nobody goes on without the file while another reads it.
	_, _ = s.flights.Do(ctx, "snapshot", func(ctx context.Context) (*snapshot, error) {
		if s.looked.Load() {
			return nil, nil
		}
		began := time.Now()
		snap, err := s.readSaved(began)
		if err == nil {
			s.current.CompareAndSwap(nil, snap)
		}
		s.looked.Store(true)
		if !errors.Is(err, fs.ErrNotExist) { // never saved: no event
			s.report(ctx, middleware.OpSnapshot, began, err)
		}
		return nil, nil
	})
	return s.current.Load()
}

// dropForeign forgets keys from a snapshot file that turn out to come from
// elsewhere than the issuer's metadata says now.
func (s *KeySet) dropForeign(ctx context.Context, seen *snapshot) {
	if seen != nil && seen.restored && !s.source.mayBe(seen.uri) && s.current.CompareAndSwap(seen, nil) {
		s.report(ctx, middleware.OpSnapshot, time.Now(), errSavedForeign)
	}
}

func (s *KeySet) readSaved(now time.Time) (*snapshot, error) {
	content, err := readOwn(s.opts.Snapshot)
	if err != nil {
		return nil, err
	}
	doc, err := strictjson.Parse(string(content))
	if err != nil {
		return nil, errSavedDamaged
	}
	var f saved
	for name, field := range map[string]*string{"issuer": &f.Issuer, "jwks_uri": &f.URI, "document": &f.Document} {
		var ok bool
		value, _ := doc.Get(name)
		if *field, ok = value.Text(); !ok {
			return nil, errSavedDamaged
		}
	}
	value, _ := doc.Get("fetched")
	fetched, _ := value.Text()
	if f.Fetched, err = time.Parse(time.RFC3339Nano, fetched); err != nil {
		return nil, errSavedDamaged
	}
	age := now.Sub(f.Fetched)
	switch {
	case f.Issuer != s.issuerName(), !s.source.mayBe(f.URI):
		return nil, errSavedForeign
	case age < 0:
		return nil, errSavedFuture
	case age >= s.opts.MaxStale:
		return nil, errSavedOld
	}
	snap, err := parseSet([]byte(f.Document))
	if err != nil {
		return nil, errSavedDamaged
	}
	snap.uri, snap.fetched, snap.restored = f.URI, f.Fetched, true
	return snap, nil
}

// saveSoon keeps the current keys in the snapshot file. Nobody waits for the
// disk. A failure costs the next restart, not this process: it is reported and
// nothing else.
func (s *KeySet) saveSoon(ctx context.Context) {
	if s.opts.Snapshot == "" || s.issuer.Load() == nil {
		return
	}
	if s.unsaved.Add(1) > 1 {
		return // who writes just now will see it
	}
	var alone flight.Group[*snapshot] // a new Group: joining a save that is finishing would miss this set
	alone.Go(ctx, "", func(ctx context.Context) (*snapshot, error) {
		seen := s.unsaved.Load()
		defer func() { // by an Observer's panic too
			if !s.unsaved.CompareAndSwap(seen, 0) {
				s.unsaved.Store(0)
				s.saveSoon(ctx)
			}
		}()
		if snap := s.current.Load(); snap != nil && !snap.restored {
			s.save(ctx, snap)
		}
		return nil, nil
	})
}

// save writes snap.
func (s *KeySet) save(ctx context.Context, snap *snapshot) {
	began := time.Now()
	content, err := json.Marshal(saved{s.issuerName(), snap.uri, snap.fetched.UTC(), string(snap.document)})
	if err == nil {
		err = writeOwn(s.opts.Snapshot, content)
	}
	switch {
	case err == errSavedAccess:
	case err != nil:
		err = errNotSaved // err quotes a path
	}
	if err != nil {
		s.report(ctx, middleware.OpSnapshot, began, err)
	}
}

func (s *KeySet) issuerName() string {
	if issuer := s.issuer.Load(); issuer != nil {
		return *issuer
	}
	return ""
}

// readOwn reads a file that only we can have written.
func readOwn(name string) ([]byte, error) {
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
		return nil, errSavedAbsent
	}
	// And that it is still the file of that name. In a folder that only we
	// can write, nobody else can have put another there.
	if !os.SameFile(link, info) {
		return nil, errSavedAccess
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSaved+1))
	if err != nil {
		return nil, errSavedAbsent
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
	return errSavedAbsent
}

// writeOwn replaces the file with this name as a whole or not at all.
// It is not written where it would not be trusted: the mistake shows at the first
// save, not in an outage.
func writeOwn(name string, content []byte) (err error) {
	if folder, err := os.Stat(filepath.Dir(name)); err != nil {
		return err
	} else if !ours(folder) {
		return errSavedAccess
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // 0600
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
