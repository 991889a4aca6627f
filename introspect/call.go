package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/internal/wire"
)

const (
	maxAnswer        = 64 << 10 // bytes
	maxSigned        = 96 << 10 // of one that holds such an answer, encoded and signed
	endpointLifetime = time.Hour
	metadataRetry    = time.Minute // after it could not be read
)

// caller asks one issuer about tokens. It is safe for concurrent use.
type caller struct {
	client       *wire.Client
	issuer       string
	authenticate ClientAuth
	accept       string
	unknown      []int // statuses that are about the token
	longest      int64 // bytes of an answer

	metadata *discovery.Issuer // nil where the endpoint is configured
	reads    flight.Group[string]

	mu       sync.Mutex // of the following; not held over I/O
	endpoint string
	due      time.Time // when the metadata is to be read again
	tried    time.Time // when that was last attempted
}

// aboutTokens are the statuses by which an issuer may say that it does not know a token.
var aboutTokens = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}

// unknownStatus is what to look at after one of them.
const unknownStatus = "UnknownStatus is for issuers that answer so to tokens that they do not know"

// outage is a failure that is about the issuer or about us, not about one
// token: it counts for the breaker.
type outage struct{ error }

func (o outage) Unwrap() error { return o.error }

// errRefused says that the issuer did not take our own credentials.
var errRefused = errors.New("introspect: the issuer refuses our own credentials, which Authenticate adds")

// errUnknown says that the issuer does not know the token, by its UnknownStatus.
var errUnknown = errors.New("introspect: the issuer does not know the token")

// told reports whether err is an issuer's word on when to come back.
func told(err error) bool { return retryAfter(err) > 0 }

// retryAfter is what an issuer said of when to come back, up to the longest
// wait that counts.
func retryAfter(err error) time.Duration {
	if t := (*backoff.TooMany)(nil); errors.As(err, &t) {
		return min(t.RetryAfter, backoff.Max)
	}
	return 0
}

// ask returns the issuer's answer to token: status 200, of whatever content.
func (c *caller) ask(ctx context.Context, token string) (*wire.Response, error) {
	endpoint, err := c.where(ctx)
	if err != nil {
		return nil, outage{fmt.Errorf("introspect: %w", err)}
	}
	this := &attempt{issuer: c.issuer}
	resp, err := c.post(ctx, endpoint, token, this)
	if wire.Unsent(err) {
		// The issuer has not seen the request: once more is safe, and finds
		// the next address, or the instance that took over.
		resp, err = c.post(ctx, endpoint, token, this)
	}
	if err == nil && (resp.StatusCode == http.StatusUnauthorized || isInvalidClient(resp)) && this.repeats(time.Now(), isInvalidClient(resp)) {
		this.again = true
		resp, err = c.post(ctx, endpoint, token, this)
	}
	if err != nil {
		if failed := (*wire.Error)(nil); errors.As(err, &failed) {
			c.mistrust()
		}
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		this.accepted(time.Now())
		return resp, nil
	case isInvalidClient(resp):
		return nil, outage{fmt.Errorf("%w: invalid_client", errRefused)}
	case slices.Contains(c.unknown, resp.StatusCode):
		if resp.StatusCode == http.StatusNotFound {
			c.mistrust() // or the endpoint has moved
		}
		return nil, errUnknown
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return nil, outage{fmt.Errorf("%w: status 401; %s", errRefused, unknownStatus)}
	case http.StatusForbidden:
		// Of us, as far as we can tell. But a firewall in front of the issuer
		// says this too, of a token that looks like an attack, and strangers
		// choose tokens: it does not count.
		return nil, fmt.Errorf("%w: status 403; %s", errRefused, unknownStatus)
	case http.StatusTooManyRequests:
		return nil, outage{fmt.Errorf("introspect: %w", &backoff.TooMany{RetryAfter: backoff.RetryAfter(resp.Header, time.Now())})}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return nil, outage{fmt.Errorf("introspect: status %d", resp.StatusCode)}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		c.mistrust()
	}
	err = fmt.Errorf("introspect: status %d", resp.StatusCode)
	if slices.Contains(aboutTokens, resp.StatusCode) {
		err = fmt.Errorf("%w; %s", err, unknownStatus)
	}
	return nil, err
}

// isInvalidClient reports whether resp is an error about our own credentials (RFC 6749
// §5.2).
func isInvalidClient(resp *wire.Response) bool {
	if resp.StatusCode != http.StatusBadRequest && resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		return false
	}
	members, err := strictjson.Parse(string(resp.Body))
	if err != nil {
		return false
	}
	code, _ := members.Get("error")
	text, ok := code.Text()
	return ok && text == "invalid_client"
}

func (c *caller) post(ctx context.Context, endpoint, token string, this *attempt) (*wire.Response, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {c.accept},
	}
	if err := c.authenticate(context.WithValue(ctx, attemptKey{}, this), form, header); err != nil {
		return nil, outage{err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("introspect: the endpoint is not a URL") // err quotes it
	}
	// Asking twice changes nothing. So net/http may send again what it sent on
	// an idle connection that the issuer was about to close; the field itself,
	// being empty, is not sent.
	header["Idempotency-Key"] = nil
	req.Header = header
	resp, err := c.client.Do(req, c.longest)
	if err == nil {
		return resp, nil
	}
	wrapped := fmt.Errorf("introspect: %w", err)
	if failed := (*wire.Error)(nil); errors.As(err, &failed) && (failed.Class == wire.TooLarge || failed.Class == wire.Redirect) {
		return nil, wrapped // an answer, if not one to use
	}
	return nil, outage{wrapped}
}

// where returns the endpoint. Metadata is read when first needed, after a call
// that failed, and otherwise at most once an hour; while it cannot be had, the
// last known endpoint counts. A known endpoint is looked up again at most once
// a second, by one call, and the others use it meanwhile: the answers to
// strangers' tokens must not make us ask more than that.
func (c *caller) where(ctx context.Context) (string, error) {
	now := time.Now()
	c.mu.Lock()
	known := c.endpoint
	if c.metadata == nil || known != "" && (now.Before(c.due) || now.Sub(c.tried) < backoff.First) {
		c.mu.Unlock()
		return known, nil
	}
	c.tried = now
	c.mu.Unlock()

	uri, err := c.reads.Do(ctx, "", func(detached context.Context) (string, error) {
		if end, ok := ctx.Deadline(); ok {
			if left := time.Until(end); known != "" {
				// Metadata that hangs must not cost the call its time.
				end = end.Add(-3 * left / 4)
			}
			var cancel context.CancelFunc
			detached, cancel = context.WithDeadline(detached, end)
			defer cancel()
		}
		return c.metadata.Endpoint(detached, "introspection_endpoint")
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.endpoint, c.due = uri, now.Add(endpointLifetime)
		return uri, nil
	case known != "":
		c.due = now.Add(metadataRetry)
		return known, nil
	}
	return "", err
}

// mistrust makes the next call read the metadata again.
func (c *caller) mistrust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = time.Time{}
}
