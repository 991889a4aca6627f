package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/wire"
)

const (
	maxAnswer        = 64 << 10 // bytes
	endpointLifetime = time.Hour
)

// caller asks one issuer about tokens. It is safe for concurrent use.
type caller struct {
	client       *wire.Client
	issuer       string
	authenticate ClientAuth
	accept       string

	metadata *discovery.Issuer // nil where the endpoint is configured
	mu       sync.Mutex        // of the following; not held over I/O
	endpoint string
	read     time.Time
}

// outage is a failure that is about the issuer or about us, not about one
// token: it counts for the breaker.
type outage struct{ error }

func (o outage) Unwrap() error { return o.error }

// errRefused says that the issuer did not take our own credentials.
var errRefused = errors.New("introspect: the issuer refuses our credentials")

// told reports whether err is an issuer's word on when to come back.
func told(err error) bool {
	var t *backoff.TooMany
	return errors.As(err, &t)
}

// ask returns the issuer's answer to token: status 200, of whatever content.
func (c *caller) ask(ctx context.Context, token string) (*wire.Response, error) {
	endpoint, err := c.where(ctx)
	if err != nil {
		return nil, outage{fmt.Errorf("introspect: %w", err)}
	}
	resp, err := c.post(ctx, endpoint, token)
	if wire.Unsent(err) {
		// The issuer has not seen the request: once more is safe, and finds
		// the next address, or the instance that took over.
		resp, err = c.post(ctx, endpoint, token)
	}
	if err != nil {
		c.mistrust()
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, outage{errRefused}
	case http.StatusTooManyRequests:
		return nil, outage{fmt.Errorf("introspect: %w", &backoff.TooMany{RetryAfter: backoff.RetryAfter(resp.Header, time.Now())})}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, outage{fmt.Errorf("introspect: status %d", resp.StatusCode)}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		c.mistrust()
	}
	return nil, fmt.Errorf("introspect: status %d", resp.StatusCode)
}

func (c *caller) post(ctx context.Context, endpoint, token string) (*wire.Response, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {c.accept},
	}
	if err := c.authenticate(context.WithValue(ctx, issuerKey{}, c.issuer), form, header); err != nil {
		return nil, outage{err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("introspect: the endpoint is not a URL") // err quotes it
	}
	req.Header = header
	resp, err := c.client.Do(req, maxAnswer)
	if err == nil {
		return resp, nil
	}
	wrapped := fmt.Errorf("introspect: %w", err)
	if failed := (*wire.Error)(nil); errors.As(err, &failed) && (failed.Class == wire.TooLarge || failed.Class == wire.Redirect) {
		return nil, wrapped // an answer, if not one to use
	}
	return nil, outage{wrapped}
}

// where returns the endpoint. Metadata is read when first needed, when a call
// failed, and otherwise at most once an hour; while it cannot be had, the last
// known endpoint counts.
func (c *caller) where(ctx context.Context) (string, error) {
	c.mu.Lock()
	endpoint, read := c.endpoint, c.read
	c.mu.Unlock()
	if c.metadata == nil || endpoint != "" && time.Since(read) < endpointLifetime {
		return endpoint, nil
	}
	uri, err := c.metadata.Endpoint(ctx, "introspection_endpoint")
	if err != nil {
		if endpoint != "" {
			return endpoint, nil
		}
		return "", err
	}
	c.mu.Lock()
	c.endpoint, c.read = uri, time.Now()
	c.mu.Unlock()
	return uri, nil
}

// mistrust makes the next call read the metadata again.
func (c *caller) mistrust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = time.Time{}
}
