package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/warder-go/warder/internal/wire"
)

// maxRedirects is how many redirects keys and metadata may take, to the same
// scheme or a better one.
const maxRedirects = 3

// A source asks an issuer for its keys. Only a KeySet's one fetch at a time
// uses it.
type source interface {
	// fetch returns what there is now. old, which may be nil, is what there
	// was; the result may be old confirmed.
	fetch(ctx context.Context, old *snapshot) (*snapshot, error)

	// mayBe reports whether a set that came from uri may be this one.
	mayBe(uri string) bool
}

// fixed is a source with a known address.
type fixed struct {
	client *wire.Client
	uri    string
}

func (f fixed) fetch(ctx context.Context, old *snapshot) (*snapshot, error) {
	return fetchSet(ctx, f.client, f.uri, old)
}

func (f fixed) mayBe(uri string) bool { return uri == f.uri }

// fetchSet asks for the JWK Set at uri, or whether old is it still. What it
// says is judged by its content: many issuers serve it as plain text or octets.
func fetchSet(ctx context.Context, client *wire.Client, uri string, old *snapshot) (*snapshot, error) {
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
	resp, err := client.Do(req, maxDocument)
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
		snap.etag, snap.modified = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	case resp.StatusCode == http.StatusNotModified && conditional:
		snap = old.confirmed()
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, &tooMany{retryAfter(resp.Header, time.Now())}
	default:
		return nil, fmt.Errorf("jwks: key set: status %d", resp.StatusCode)
	}
	snap.lifetime, snap.stated = lifetime(resp.Header, time.Now())
	return snap, nil
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// tooMany is an answer of 429 and when to come back.
type tooMany struct{ retryAfter time.Duration }

func (*tooMany) Error() string { return "jwks: key set: status 429" }
