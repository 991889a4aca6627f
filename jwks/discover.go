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
	s := &KeySet{opts: o, schedule: newSchedule(), disk: ownDisk, source: &discovered{
		endpoint: discovery.New(issuer, o.MetadataURL, o.InsecureAllowHTTP, o.HTTPClient).Endpoint("jwks_uri", 0),
		client:   wire.NewClient(o.HTTPClient, maxRedirects),
	}}
	return s.named(issuer), s.belongTo(issuer)
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
// KeySet's one fetch at a time uses it.
type discovered struct {
	endpoint *discovery.Endpoint
	client   *wire.Client
	again    time.Time // when the metadata was last read because of a missing key
}

// metadataPause is how long metadata is not read again for the lack of a key.
const metadataPause = time.Minute

func (d *discovered) fetch(ctx context.Context, old *snapshot, l *look) (*snapshot, error) {
	uri, read, err := d.endpoint.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("jwks: %w", err)
	}
	snap, err := fetchSet(ctx, d.client, uri, old, l != nil)
	if err == nil && !read && l != nil && l.kid != "" && len(snap.find(l.kid)) == 0 && time.Since(d.again) >= metadataPause {
		// The key is not there: the keys may have moved, and left the old ones where they
		// were. Where they moved to, it has to be.
		d.again = time.Now()
		part, cancel := context.WithTimeout(ctx, quarter(ctx)) // metadata that hangs costs no set that is there
		defer cancel()
		if moved, ok := d.endpoint.Again(part); ok {
			if there, err := fetchSet(ctx, d.client, moved, nil, true); err == nil && len(there.find(l.kid)) > 0 {
				d.endpoint.Use(moved)
				return there, nil
			}
		}
	}
	if told := (*backoff.TooMany)(nil); err == nil || errors.As(err, &told) {
		return snap, err
	}
	// The keys may have moved since the metadata was read.
	if !read {
		if moved, ok := d.endpoint.Again(ctx); ok {
			if snap, err = fetchSet(ctx, d.client, moved, nil, true); err == nil {
				d.endpoint.Use(moved)
				return snap, nil
			}
		}
	}
	d.endpoint.Mistrust()
	return nil, err
}

// quarter returns a quarter of the time that ctx has left.
func quarter(ctx context.Context) time.Duration {
	end, _ := ctx.Deadline() // a fetch always has one
	return time.Until(end) / 4
}

// mayBe reports whether keys from uri may be the issuer's. Before any
// metadata was read, nobody can say: then what it said when they were saved
// counts.
func (d *discovered) mayBe(uri string) bool {
	known := d.endpoint.Known()
	return known == "" || known == uri
}
