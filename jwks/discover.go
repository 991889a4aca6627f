package jwks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/wire"
)

// metadataLifetime is how long a jwks_uri is used before the metadata is read
// again, if its keys can be fetched.
const metadataLifetime = time.Hour

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

func checkURL(what, raw string, allowHTTP bool) error {
	if err := discovery.CheckURL(what, raw, allowHTTP); err != nil {
		return fmt.Errorf("jwks: %w", err)
	}
	return nil
}

// discovered is a source whose address is in its issuer's metadata. Only the
// KeySet's one fetch at a time uses it, so it needs no lock.
type discovered struct {
	issuer *discovery.Issuer
	client *wire.Client

	uri  string    // jwks_uri; empty before the metadata was first read
	read time.Time // when it was
}

func (d *discovered) fetch(ctx context.Context, old *snapshot) (*snapshot, error) {
	asked := d.uri == "" || time.Since(d.read) >= metadataLifetime
	if asked {
		// Without metadata, keys may still be where they were.
		if err := d.discover(ctx); err != nil && d.uri == "" {
			return nil, fmt.Errorf("jwks: %w", err)
		}
	}
	known := d.uri
	snap, err := fetchSet(ctx, d.client, d.uri, old)
	if told := (*backoff.TooMany)(nil); err == nil || errors.As(err, &told) {
		return snap, err
	}
	// The keys may have moved since the metadata was read.
	if !asked && d.discover(ctx) == nil && d.uri != known {
		return fetchSet(ctx, d.client, d.uri, old)
	}
	d.read = time.Time{}
	return nil, err
}

func (d *discovered) discover(ctx context.Context) error {
	uri, err := d.issuer.Endpoint(ctx, "jwks_uri")
	if err == nil {
		d.uri, d.read = uri, time.Now()
	}
	return err
}

// mayBe reports whether keys from uri may be the issuer's. Before any
// metadata was read, nobody can say: then what it said when they were saved
// counts.
func (d *discovered) mayBe(uri string) bool {
	return d.uri == "" || d.uri == uri
}
