package jwks

import (
	"context"
	"errors"
	"io/fs"
	"time"

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
	Dated    time.Time `json:"dated"`    // when the issuer said it; zero if that is not known
	Document string    `json:"document"` // the JWK Set as received
}

var (
	errSavedAccess  = errors.New("jwks: snapshot: it or its folder can be written by others, or is not ours")
	errSavedDamaged = errors.New("jwks: snapshot: damaged")
	errSavedForeign = errors.New("jwks: snapshot: of another issuer or jwks_uri")
	errSavedOld     = errors.New("jwks: snapshot: older than MaxStale")
	errSavedFuture  = errors.New("jwks: snapshot: dated in the future")
	errSavedAbsent  = errors.New("jwks: snapshot: cannot be read")
	errSavedHangs   = errors.New("jwks: snapshot: the disk does not answer")
	errNotSaved     = errors.New("jwks: snapshot: cannot be written")
)

// restored returns the keys of the snapshot file, for a process that has none
// yet. It looks once, for a quarter of Timeout: the rest is for the issuer. Nil where
// there are none to trust.
func (s *KeySet) restored(ctx context.Context) *snapshot {
	if s.opts.Snapshot == "" || s.looked.Load() || s.issuer.Load() == nil {
		return s.current.Load() // whose keys they would have to be is not known yet
	}
	limit := s.opts.Timeout / 4
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// Shared, so that nobody goes on without the file while another reads it.
	_, _ = s.flights.Do(ctx, "snapshot", func(ctx context.Context) (*snapshot, error) {
		if !s.looked.Load() {
			s.readSaved(ctx, limit)
		}
		return nil, nil
	})
	return s.current.Load()
}

// readSaved reads the snapshot file, or leaves that to a goroutine once limit has passed: a
// disk may hang, and nobody can end a read.
func (s *KeySet) readSaved(ctx context.Context, limit time.Duration) {
	began := time.Now()
	type file struct {
		content []byte
		err     error
	}
	inTime, late := make(chan file), make(chan struct{})
	go func() {
		var f file
		f.content, f.err = s.disk.read(s.opts.Snapshot)
		select {
		case inTime <- f:
		case <-late:
			s.flights.Go(ctx, "late", func(ctx context.Context) (*snapshot, error) {
				s.restore(ctx, began, f.content, f.err)
				return nil, nil
			})
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case f := <-inTime:
		s.restore(ctx, began, f.content, f.err)
	case <-timer.C:
		defer close(late) // so that this is told first
		s.looked.Store(true)
		s.report(ctx, middleware.OpSnapshot, began, errSavedHangs)
	}
}

// restore uses what was read from began on, if there are no keys still.
func (s *KeySet) restore(ctx context.Context, began time.Time, content []byte, err error) {
	var snap *snapshot
	if err == nil {
		snap, err = s.parseSaved(content, time.Now())
	}
	used := err == nil && s.current.CompareAndSwap(nil, snap)
	s.looked.Store(true)
	switch {
	case used, err != nil && !errors.Is(err, fs.ErrNotExist): // never saved: no event
		s.report(ctx, middleware.OpSnapshot, began, err)
	}
	s.dropForeign(ctx) // a fetch may have learnt of another address meanwhile
}

// dropForeign forgets keys from a snapshot file that turn out to come from
// elsewhere than the issuer's metadata says now.
func (s *KeySet) dropForeign(ctx context.Context) {
	if snap := s.current.Load(); snap != nil && snap.restored && !s.source.mayBe(snap.uri) && s.current.CompareAndSwap(snap, nil) {
		s.report(ctx, middleware.OpSnapshot, time.Now(), errSavedForeign)
	}
}

// parseSaved reads the content of a snapshot file.
func (s *KeySet) parseSaved(content []byte, now time.Time) (*snapshot, error) {
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
	if value, said := doc.Get("dated"); said { // versions before did not write it
		dated, _ := value.Text()
		if f.Dated, err = time.Parse(time.RFC3339Nano, dated); err != nil {
			return nil, errSavedDamaged
		}
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
	snap.uri, snap.fetched, snap.dated, snap.restored = f.URI, f.Fetched, f.Dated, true
	return snap, nil
}

func (s *KeySet) issuerName() string {
	if issuer := s.issuer.Load(); issuer != nil {
		return *issuer
	}
	return ""
}
