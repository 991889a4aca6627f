package jwks

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/warder-go/warder/internal/wire"
	"github.com/warder-go/warder/middleware"
)

// RemoteOptions says how [Remote] and [Discover] fetch keys. Nil and the zero
// value mean the defaults. Durations are taken as given; where one is negative,
// what it stands for is off.
//
// By the age of the keys since the fetch that brought them:
//   - below RefreshAfter they are served;
//   - for WaitAfter from then on they are served and refreshed in the
//     background;
//   - then a request waits for one refresh, at most Timeout. If that fails the
//     keys are served still;
//   - from MaxStale on, whatever WaitAfter says, and without keys, a request
//     waits for one attempt, and is answered 503 if that fails.
//
// Without RefreshAfter nothing of this is by age: keys are served as long as
// the process lives.
//
// A failed fetch is repeated after 1 s, 2 s and so on up to 60 s, or up to half
// of that earlier; while there are no keys after 1 s, or up to a fifth earlier.
// Retry-After is honoured with status 429, and with 503 at the address of the keys: up
// to 60 s, and up to a fifth longer.
type RemoteOptions struct {
	// RefreshAfter counts where the issuer states no lifetime (RFC 9111 §4.2.1).
	// One that it states counts instead, but at least 1 min and at most 1 h, nor
	// more than half of MaxStale. Either counts up to a fifth less, drawn anew for
	// each set, so that replicas do not ask together; below 150 s up to 30 s less,
	// but never less than half.
	RefreshAfter time.Duration // default 5 min; negative: never by age

	WaitAfter time.Duration // default 10 min; negative: at once

	// MaxStale below RefreshAfter is an error.
	MaxStale time.Duration // default 24 h; negative: never serve stale keys

	// Cooldown is the least time between two fetches for key IDs that are not in the
	// set, or for signatures that its keys do not verify: strangers can make up both,
	// and an issuer may have a new key under an old ID. Meanwhile a token whose key ID
	// nobody has looked for is answered 503 with Retry-After, as it may be good; one
	// whose key ID was looked for, and not found, is invalid. Default 30 s; negative:
	// neither ever causes a fetch.
	Cooldown time.Duration

	// Timeout bounds one fetch whole, metadata and keys. Default 5 s; a
	// negative one is an error.
	Timeout time.Duration

	// Snapshot names a file that keeps the last good set, so that a restart
	// survives an outage of the issuer: a process without keys reads it, tries
	// one refresh, and serves its keys as stale ones if that fails. It is
	// trusted like configuration: on Unix it is neither used nor written if it
	// or its folder can be written by others or belongs to another user. One
	// of another issuer or jwks_uri, one older than MaxStale and one from the
	// future are not used. Nor does a request wait longer than a quarter of Timeout
	// for the file, nor for it to be written: [KeySet.Refresh] does. Several
	// processes may have one file. Default none.
	Snapshot string

	// MetadataURL is where Discover reads the issuer's metadata, such as an
	// address inside a cluster, instead of the well-known locations. The
	// issuer that it names is still compared. Remote takes none.
	MetadataURL string

	// InsecureAllowHTTP allows http beyond loopback, such as inside a mesh
	// that encrypts by itself. Whoever can answer such a request can sign
	// tokens.
	InsecureAllowHTTP bool

	// HTTPClient sends the requests; nil means one of our own. It is copied;
	// its redirect rule and cookies do not count.
	HTTPClient *http.Client

	// Observe is told of fetches that no request behind a guard caused, or one
	// whose guard has no Observe: those of Refresh, KeepFresh, Ready and
	// ReadyHandler, and of a Verifier that is called without a guard. Nil means
	// nobody is.
	Observe middleware.Observer
}

func (o *RemoteOptions) withDefaults() RemoteOptions {
	var d RemoteOptions
	if o != nil {
		d = *o
	}
	for _, f := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&d.RefreshAfter, 5 * time.Minute},
		{&d.WaitAfter, 10 * time.Minute},
		{&d.MaxStale, 24 * time.Hour},
		{&d.Cooldown, 30 * time.Second},
		{&d.Timeout, 5 * time.Second},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	return d
}

func (o *RemoteOptions) check() error {
	var errs []error
	if o.Timeout < 0 {
		errs = append(errs, errors.New("jwks: Timeout is negative; a fetch needs an end"))
	}
	for _, f := range []struct {
		name string
		d    time.Duration
	}{
		{"RefreshAfter", o.RefreshAfter}, {"WaitAfter", o.WaitAfter}, {"MaxStale", o.MaxStale},
		{"Cooldown", o.Cooldown}, {"Timeout", o.Timeout},
	} {
		if 0 < f.d && f.d < time.Millisecond { // 300 is 300 nanoseconds, and would hammer the issuer
			errs = append(errs, fmt.Errorf("jwks: %s %v: is its unit missing?", f.name, f.d))
		}
	}
	if 0 < o.MaxStale && o.MaxStale < o.RefreshAfter { // each request would wait for a fetch between the two
		errs = append(errs, fmt.Errorf("jwks: MaxStale %v is below RefreshAfter %v: keys would expire before they are refreshed", o.MaxStale, o.RefreshAfter))
	}
	return errors.Join(errs...)
}

// Remote returns the KeySet that the JWK Set document at uri holds (RFC 7517
// §5). It does no I/O: the first request that needs a key fetches. The error
// lists every mistake in its arguments.
func Remote(uri string, opts *RemoteOptions) (*KeySet, error) {
	o := opts.withDefaults()
	err := errors.Join(checkURL("uri", uri, o.InsecureAllowHTTP), o.check())
	if o.MetadataURL != "" {
		err = errors.Join(err, errors.New("jwks: MetadataURL is for Discover; Remote reads no metadata"))
	}
	if err != nil {
		return nil, err
	}
	s := &KeySet{source: fixed{wire.NewClient(o.HTTPClient, maxRedirects), uri}, opts: o, schedule: newSchedule(), disk: ownDisk}
	return s.named(withoutQuery(uri)), nil
}
