package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/wire"
)

// maxRedirects is how many redirects keys and metadata may take, to the same
// scheme or a better one.
const maxRedirects = 3

// A source asks an issuer for its keys. Only a KeySet's one fetch at a time
// uses it.
type source interface {
	// fetch returns what there is now. old, which may be nil, is what there
	// was; the result may be old confirmed. A look wants what the issuer has now,
	// past caches on the way; look.seen, which may be nil, lacks the key look.kid.
	fetch(ctx context.Context, old *snapshot, l *look) (*snapshot, error)

	// mayBe reports whether a set that came from uri may be this one.
	mayBe(uri string) bool
}

// look is a fetch that is to find what caches may not have.
type look struct {
	seen *snapshot
	kid  string // empty where no certain key is wanted
}

// fixed is a source with a known address.
type fixed struct {
	client *wire.Client
	uri    string
}

func (f fixed) fetch(ctx context.Context, old *snapshot, l *look) (*snapshot, error) {
	return fetchSet(ctx, f.client, f.uri, old, l != nil)
}

func (f fixed) mayBe(uri string) bool { return uri == f.uri }

// fetchSet asks for the JWK Set at uri, or whether old is it still, pastCaches or not. Sets
// are asked for rarely, so that each time has a connection of its own: the last one may
// be dead, or lead to a server that lags. What it says is judged by its content: many
// issuers serve it as plain text or octets.
func fetchSet(ctx context.Context, client *wire.Client, uri string, old *snapshot, pastCaches bool) (*snapshot, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, errors.New("jwks: key set: not a URL") // err quotes it
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	conditional := old != nil && old.uri == uri && old.etag+old.modified != ""
	if conditional {
		setIf(req.Header, "If-None-Match", old.etag)
		setIf(req.Header, "If-Modified-Since", old.modified)
	}
	if pastCaches {
		req.Header.Set("Cache-Control", "no-cache") // RFC 9111 §5.2.1.4
	}
	resp, err := client.DoAfresh(req, maxDocument)
	if err != nil {
		return nil, fmt.Errorf("jwks: key set: %w", err)
	}
	var snap *snapshot
	switch {
	case resp.StatusCode == http.StatusOK:
		if snap, err = parseSet(resp.Body); err != nil {
			return nil, fmt.Errorf("jwks: key set: %w", err)
		}
		snap.uri = uri
		snap.etag, snap.modified = validators(resp.Header)
		snap.dated = dated(resp.Header, time.Now())
	case resp.StatusCode == http.StatusNotModified && conditional:
		snap = old.confirmed()
		if at := dated(resp.Header, time.Now()); at.After(snap.dated) {
			snap.dated = at
		}
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, fmt.Errorf("jwks: key set: %w", &backoff.TooMany{RetryAfter: backoff.RetryAfter(resp.Header, time.Now())})
	case resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "": // RFC 9110 §15.6.4
		return nil, fmt.Errorf("jwks: key set: %w", &backoff.TooMany{Status: resp.StatusCode, RetryAfter: backoff.RetryAfter(resp.Header, time.Now())})
	default:
		return nil, fmt.Errorf("jwks: key set: status %d", resp.StatusCode)
	}
	// A 304 need not repeat what was stated before (RFC 9111 §4.3.4).
	if fresh, stated := lifetime(resp.Header, time.Now()); stated || resp.StatusCode == http.StatusOK {
		snap.lifetime, snap.stated = fresh, stated
	}
	return snap, nil
}

// validators returns what to ask the next time whether the answer with these
// fields is still good. A date is none if the set might have changed once more
// within its second (RFC 9110 §8.8.2.2).
func validators(h http.Header) (etag, modified string) {
	if etag = h.Get("ETag"); etag != "" {
		return etag, ""
	}
	at, err := http.ParseTime(h.Get("Last-Modified"))
	sent, noDate := http.ParseTime(h.Get("Date"))
	if err != nil || noDate != nil || sent.Sub(at) < time.Minute {
		return "", ""
	}
	return "", h.Get("Last-Modified")
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
