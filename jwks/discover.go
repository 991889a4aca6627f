package jwks

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/strictjson"
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
// host though issuer's own host is none, is not followed (RFC 8725 §3.10).
func Discover(issuer string, opts *RemoteOptions) (*KeySet, error) {
	o := opts.withDefaults()
	err := errors.Join(checkIssuer(issuer, o.InsecureAllowHTTP), o.check())
	if o.MetadataURL != "" {
		err = errors.Join(err, checkURL("MetadataURL", o.MetadataURL, o.InsecureAllowHTTP))
	}
	if err != nil {
		return nil, err
	}
	d := &discovery{
		issuer:    issuer,
		locations: locations(issuer),
		allowHTTP: o.InsecureAllowHTTP,
		client:    wire.NewClient(o.HTTPClient, maxRedirects),
	}
	if o.MetadataURL != "" {
		d.locations = []string{o.MetadataURL}
	}
	for _, l := range append([]string{issuer}, d.locations...) {
		if u, err := url.Parse(l); err == nil && wire.Local(u.Hostname()) {
			d.allowLocal = true
		}
	}
	s := &KeySet{source: d, opts: o}
	return s, s.belongTo(issuer)
}

// checkIssuer judges a configured issuer (RFC 8414 §2).
func checkIssuer(issuer string, allowHTTP bool) error {
	if err := checkURL("Issuer", issuer, allowHTTP); err != nil {
		return err
	}
	if strings.Contains(issuer, "?") {
		return fmt.Errorf("jwks: Issuer %q: has a query", issuer)
	}
	return nil
}

// locations returns where issuer's metadata may be, in order: RFC 8414 §3.1,
// the same for OpenID Connect, then OpenID Connect Discovery §4. The issuer's
// text is kept as it is, but for a terminating slash.
func locations(issuer string) []string {
	scheme, rest, _ := strings.Cut(strings.TrimSuffix(issuer, "/"), "://")
	host, path, _ := strings.Cut(rest, "/")
	if path != "" {
		path = "/" + path
	}
	origin := scheme + "://" + host + "/.well-known/"
	return slices.Compact([]string{
		origin + "oauth-authorization-server" + path,
		origin + "openid-configuration" + path,
		scheme + "://" + rest + "/.well-known/openid-configuration",
	})
}

// discovery finds an issuer's key set. Only the KeySet's one fetch at a time
// uses it, so it needs no lock.
type discovery struct {
	issuer                string
	locations             []string
	allowHTTP, allowLocal bool
	client                *wire.Client

	uri  string    // jwks_uri; empty before the metadata was first read
	read time.Time // when it was
}

func (d *discovery) fetch(ctx context.Context, old *snapshot) (*snapshot, error) {
	asked := d.uri == "" || time.Since(d.read) >= metadataLifetime
	if asked {
		// Without metadata, keys may still be where they were.
		if err := d.discover(ctx); err != nil && d.uri == "" {
			return nil, err
		}
	}
	known := d.uri
	snap, err := fetchSet(ctx, d.client, d.uri, old)
	if told := (*tooMany)(nil); err == nil || errors.As(err, &told) {
		return snap, err
	}
	// The keys may have moved since the metadata was read.
	if !asked && d.discover(ctx) == nil && d.uri != known {
		return fetchSet(ctx, d.client, d.uri, old)
	}
	d.read = time.Time{}
	return nil, err
}

// mayBe reports whether keys from uri may be the issuer's. Before any
// metadata was read, nobody can say: then what it said when they were saved
// counts.
func (d *discovery) mayBe(uri string) bool {
	return d.uri == "" || d.uri == uri
}

// discover reads jwks_uri from the first location that has a usable document.
func (d *discovery) discover(ctx context.Context) error {
	var first error
	for _, l := range d.locations {
		uri, err := d.ask(ctx, l)
		if err == nil {
			d.uri, d.read = uri, time.Now()
			return nil
		}
		if told := (*tooMany)(nil); errors.As(err, &told) {
			return err
		}
		if first == nil {
			first = fmt.Errorf("jwks: metadata: %w", err)
		}
		if wire.Unsent(err) || ctx.Err() != nil {
			break // the host would not answer elsewhere either
		}
	}
	return first
}

// ask returns the jwks_uri that the document at location says.
func (d *discovery) ask(ctx context.Context, location string) (string, error) {
	// Half of what is left: a location that hangs leaves time for the next,
	// and for the keys.
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	resp, err := d.client.Get(ctx, location, "application/json", maxDocument)
	if err != nil {
		return "", err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return "", &tooMany{"metadata", retryAfter(resp.Header, time.Now())}
	}
	return d.jwksURI(resp)
}

// jwksURI judges an answer as metadata of d.issuer (RFC 8414 §3.2, §3.3).
func (d *discovery) jwksURI(resp *wire.Response) (string, error) {
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", resp.StatusCode)
	}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return "", errors.New("not application/json")
	}
	doc, err := strictjson.Parse(string(resp.Body))
	if err != nil {
		return "", err
	}
	// Nothing in a document of another issuer is used.
	if iss, ok := textOf(doc, "issuer"); !ok || iss != d.issuer {
		// Both are public, and a slash too many is found only by seeing them.
		return "", fmt.Errorf("the document is of issuer %q, not of %q", iss[:min(len(iss), 200)], d.issuer)
	}
	uri, ok := textOf(doc, "jwks_uri")
	if !ok {
		return "", errors.New("no jwks_uri")
	}
	if checkURL("jwks_uri", uri, d.allowHTTP) != nil {
		return "", errors.New("jwks_uri is not an https URL")
	}
	if u, err := url.Parse(uri); err != nil || wire.Local(u.Hostname()) && !d.allowLocal {
		return "", errors.New("jwks_uri names a host of this machine or link")
	}
	return uri, nil
}

func textOf(o strictjson.Object, name string) (string, bool) {
	v, ok := o.Get(name)
	if !ok {
		return "", false
	}
	return v.Text()
}
