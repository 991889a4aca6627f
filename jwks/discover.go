package jwks

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/wire"
)

// metadataLifetime is how long a jwks_uri is used before the metadata is read
// again, if its keys can be fetched.
const (
	metadataLifetime = time.Hour
	metadataRetry    = time.Minute // after it could not be read
)

// Discover returns the KeySet of issuer, whose metadata says where its keys
// are: RFC 8414, then OpenID Connect Discovery, at the locations that these
// derive from the issuer. It does no I/O: the first request that needs a key
// fetches. The metadata is read again when a fetch of the keys fails, and
// otherwise at most once an hour. The error lists every mistake.
//
// A document that names another issuer, byte for byte, is not used (RFC 8414
// §3.3). A jwks_uri that is not https, or that names a loopback or link-local
// host though neither issuer nor MetadataURL does, is not followed (RFC 8725
// §3.10).
func Discover(issuer string, opts *RemoteOptions) (*KeySet, error) {
	o := opts.withDefaults()
	err := errors.Join(checkIssuer(issuer, o.InsecureAllowHTTP), o.check())
	if o.MetadataURL != "" {
		err = errors.Join(err, checkURL("MetadataURL", o.MetadataURL, o.InsecureAllowHTTP))
	}
	if err != nil {
		return nil, err
	}
	s := &KeySet{opts: o, source: &discovered{
		issuer: discovery.New(issuer, o.MetadataURL, o.InsecureAllowHTTP, o.HTTPClient),
		client: wire.NewClient(o.HTTPClient, maxRedirects),
	}}
	return s, s.belongTo(issuer)
}

func checkIssuer(issuer string, allowHTTP bool) error {
	if err := discovery.CheckIssuer("Issuer", issuer, allowHTTP); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

// checkName judges an issuer that is only compared.
func checkName(issuer string) error {
	if err := discovery.CheckName("Issuer", issuer); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

func checkURL(what, raw string, allowHTTP bool) error {
	if err := discovery.CheckURL(what, raw, allowHTTP); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

// discovered is a source whose address is in its issuer's metadata. Only the
// KeySet's one fetch at a time changes it.
type discovered struct {
	issuer *discovery.Issuer
	client *wire.Client

	uri atomic.Pointer[string] // jwks_uri; nil before the metadata was first read
	due time.Time              // when to read it again
}

func (d *discovered) fetch(ctx context.Context, old *snapshot) (*snapshot, error) {
	known := d.uri.Load()
	asked := known == nil || !time.Now().Before(d.due)
	switch {
	case known == nil:
		if err := d.discover(ctx); err != nil {
			return nil, fmt.Errorf("jwks: %w", err)
		}
	case asked:
		// Without metadata, keys may still be where they were: they get most
		// of the time, and the metadata another try in a while.
		part, cancel := context.WithTimeout(ctx, quarter(ctx))
		err := d.discover(part)
		cancel()
		if err != nil {
			d.due = time.Now().Add(metadataRetry)
		}
	}
	uri := *d.uri.Load()
	snap, err := fetchSet(ctx, d.client, uri, old)
	if told := (*backoff.TooMany)(nil); err == nil || errors.As(err, &told) {
		return snap, err
	}
	// The keys may have moved since the metadata was read.
	if !asked && d.discover(ctx) == nil && *d.uri.Load() != uri {
		return fetchSet(ctx, d.client, *d.uri.Load(), old)
	}
	d.due = time.Time{}
	return nil, err
}

// quarter returns a quarter of the time that ctx has left.
func quarter(ctx context.Context) time.Duration {
	end, _ := ctx.Deadline() // a fetch always has one
	return time.Until(end) / 4
}

func (d *discovered) discover(ctx context.Context) error {
	uri, err := d.issuer.Endpoint(ctx, "jwks_uri")
	if err == nil {
		d.uri.Store(&uri)
		d.due = time.Now().Add(metadataLifetime)
	}
	return err
}

// mayBe reports whether keys from uri may be the issuer's. Before any
// metadata was read, nobody can say: then what it said when they were saved
// counts.
func (d *discovered) mayBe(uri string) bool {
	known := d.uri.Load()
	return known == nil || *known == uri
}
