// Package discovery reads what an issuer's metadata says: RFC 8414, then OpenID
// Connect Discovery.
package discovery

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

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/internal/wire"
)

const (
	maxDocument  = 1 << 20 // bytes
	maxRedirects = 3       // to the same scheme or a better one
)

// Issuer is an issuer whose metadata can be read. It is immutable.
type Issuer struct {
	name                  string
	locations             []string
	allowHTTP, allowLocal bool
	client                *wire.Client
}

// New returns the issuer of this name, which CheckIssuer found good. Its
// metadata is at the locations derived from the name, or at metadataURL if that
// is not empty. Endpoints may be http beyond loopback if allowHTTP. c sends the
// requests; nil means a client of our own.
func New(name, metadataURL string, allowHTTP bool, c *http.Client) *Issuer {
	i := &Issuer{
		name:      name,
		locations: locations(name),
		allowHTTP: allowHTTP,
		client:    wire.NewClient(c, maxRedirects),
	}
	if metadataURL != "" {
		i.locations = []string{metadataURL}
	}
	for _, l := range append([]string{name}, i.locations...) {
		if u, err := url.Parse(l); err == nil && wire.Near(u.Hostname()) {
			i.allowLocal = true
		}
	}
	return i
}

// CheckIssuer judges a configured issuer (RFC 8414 §2).
func CheckIssuer(what, issuer string, allowHTTP bool) error {
	if err := CheckURL(what, issuer, allowHTTP); err != nil {
		return err
	}
	return withoutQuery(what, issuer)
}

func withoutQuery(what, issuer string) error {
	if strings.Contains(issuer, "?") {
		return fmt.Errorf("%s %q: has a query", what, issuer)
	}
	return nil
}

// CheckName judges an issuer that is only compared with iss, and never asked: any
// StringOrURI (RFC 7519 §2). Of a URL it wants what a URL without a mistake has.
func CheckName(what, issuer string) error {
	switch {
	case issuer == "":
		return fmt.Errorf("%s is missing", what)
	case strings.ContainsFunc(issuer, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("%s %q: has a space or a control character", what, issuer)
	case !strings.Contains(issuer, "://"):
		return nil
	}
	if err := checkURL(what, issuer); err != nil {
		return err
	}
	return withoutQuery(what, issuer)
}

// CheckURL judges a configured URL, which the error calls what: https (RFC
// 8414 §2, §3), or http to this machine, or http where allowHTTP; no user
// information and no fragment.
func CheckURL(what, raw string, allowHTTP bool) error {
	if err := checkURL(what, raw); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	shown, _, _ := strings.Cut(raw, "?") // a query may hold a key
	switch {
	case err == nil && (u.Scheme == "https" || u.Scheme == "http" && (allowHTTP || wire.Loopback(u.Hostname()))):
		return nil
	case err == nil && u.Scheme == "http":
		return fmt.Errorf("%s %q: not https; InsecureAllowHTTP is for http inside a cluster", what, shown)
	}
	return fmt.Errorf("%s %q: not https", what, shown)
}

// checkURL is CheckURL for every scheme.
func checkURL(what, raw string) error {
	u, err := url.Parse(raw)
	shown, _, _ := strings.Cut(raw, "?")
	switch {
	case raw == "":
		return fmt.Errorf("%s is missing", what)
	case strings.Contains(raw, "@") && (err != nil || u.Hostname() == "" || u.User != nil):
		return fmt.Errorf("%s: a URL with a password in it", what) // not quoted, of course
	case err != nil || u.Hostname() == "":
		return fmt.Errorf("%s %q: not an absolute URL", what, shown)
	case strings.Contains(raw, "#"):
		return fmt.Errorf("%s %q: has a fragment", what, shown)
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

// Find returns the URL that member of the metadata says, from the first
// location that has a usable document. A document of another issuer, byte for
// byte, is not used (RFC 8414 §3.3). A URL that is not https, or that names a
// host of this machine or link though the issuer's own is none, is an error
// (RFC 8725 §3.10). An answer of 429 is a [*backoff.TooMany]. The error says what
// is the matter at each location. pastCaches wants what the issuer has now.
func (i *Issuer) Find(ctx context.Context, member string, pastCaches bool) (string, error) {
	err := errors.New("metadata")
	for n, l := range i.locations {
		uri, fault := i.ask(ctx, l, member, pastCaches)
		if fault == nil {
			return uri, nil
		}
		if told := (*backoff.TooMany)(nil); errors.As(fault, &told) {
			return "", fmt.Errorf("metadata: %w", fault)
		}
		separator := ": "
		if n > 0 {
			separator = "; "
		}
		shown, _, _ := strings.Cut(l, "?") // a query may hold a key
		err = fmt.Errorf("%w%s%s: %w", err, separator, shown, fault)
		if wire.Unsent(fault) || ctx.Err() != nil {
			break // the host would not answer elsewhere either
		}
	}
	return "", err
}

// ask returns what the document at location says.
func (i *Issuer) ask(ctx context.Context, location, member string, pastCaches bool) (string, error) {
	// Half of what is left: a location that hangs leaves time for the next,
	// and for the endpoint.
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	get := i.client.Get
	if pastCaches {
		get = i.client.GetPastCaches
	}
	resp, err := get(ctx, location, "application/json", maxDocument)
	if err != nil {
		return "", err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return "", &backoff.TooMany{RetryAfter: backoff.RetryAfter(resp.Header, time.Now())}
	}
	return i.read(resp, member)
}

// read judges an answer as metadata of i (RFC 8414 §3.2, §3.3).
func (i *Issuer) read(resp *wire.Response, member string) (string, error) {
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
	value, _ := doc.Get("issuer")
	if name, ok := value.Text(); !ok || name != i.name {
		// Both are public, and a slash too many is found only by seeing them.
		return "", fmt.Errorf("the document is of issuer %q, not of %q: they are compared byte for byte", name[:min(len(name), 200)], i.name)
	}
	value, _ = doc.Get(member)
	uri, ok := value.Text()
	if !ok {
		return "", fmt.Errorf("no %s", member)
	}
	if CheckURL(member, uri, i.allowHTTP) != nil {
		return "", fmt.Errorf("%s is not an https URL; InsecureAllowHTTP is for http inside a cluster", member)
	}
	if u, err := url.Parse(uri); err != nil || wire.Local(u.Hostname()) && !i.allowLocal {
		return "", fmt.Errorf("%s names a host of this machine or link", member)
	}
	return uri, nil
}
