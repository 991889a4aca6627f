package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/internal/wire"
)

const (
	maxAnswer = 64 << 10 // bytes
	maxSigned = 96 << 10 // of one that holds such an answer, encoded and signed
)

// caller asks one issuer about tokens. It is safe for concurrent use.
type caller struct {
	client       *wire.Client
	issuer       string
	authenticate ClientAuth
	refusals     refusals
	accept       string
	unknown      []int // statuses that are about the token
	longest      int64 // bytes of an answer

	endpoint string              // as configured
	found    *discovery.Endpoint // nil where it is configured
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

// ask returns the issuer's answer to token, which do gets: status 200, of whatever
// content.
func (c *caller) ask(ctx context.Context, token string, do doer) (*wire.Response, error) {
	endpoint := c.endpoint
	if c.found != nil {
		var err error
		if endpoint, _, err = c.found.Get(ctx); err != nil {
			return nil, outage{fmt.Errorf("introspect: %w", err)}
		}
	}
	this := &attempt{issuer: c.issuer}
	resp, err := c.post(ctx, endpoint, token, this, do)
	if wire.Repeatable(err) {
		// Asking twice changes nothing. Once more, on a connection of its own, finds
		// the next address, or the instance that took over.
		resp, err = c.post(ctx, endpoint, token, this, c.client.DoAfresh)
	}
	if err == nil && (resp.StatusCode == http.StatusUnauthorized || isInvalidClient(resp)) {
		resp, err = c.renewed(ctx, endpoint, token, this, resp, do)
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
	case http.StatusUnauthorized, http.StatusForbidden:
		// Of us, as far as we can tell. But some issuers say it of tokens that they
		// do not know, and a firewall in front of one of a token that looks like an
		// attack, and strangers choose tokens: it does not count.
		return nil, fmt.Errorf("%w: status %d; %s", errRefused, resp.StatusCode, unknownStatus)
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

// renewed asks again after refusal, which is about our credentials or the token, if
// there are other credentials by now. Else it returns refusal.
func (c *caller) renewed(ctx context.Context, endpoint, token string, this *attempt, refusal *wire.Response, do doer) (*wire.Response, error) {
	now, sure := time.Now(), isInvalidClient(refusal)
	before := *this
	this.again = this.repeats(now, sure)
	told := c.refusals.tell(now, sure)
	if !told && !this.again && c.refusals.count() == before.renewals {
		return refusal, nil
	}
	if told {
		ctx = context.WithValue(ctx, refusedKey{}, true)
	}
	err := c.compose(ctx, token, this)
	if told {
		c.refusals.done(err)
	}
	if err != nil || this.sameAs(before) {
		return refusal, nil
	}
	return c.send(ctx, endpoint, this, do)
}

// post asks once.
func (c *caller) post(ctx context.Context, endpoint, token string, this *attempt, do doer) (*wire.Response, error) {
	if err := c.compose(ctx, token, this); err != nil {
		return nil, outage{err}
	}
	return c.send(ctx, endpoint, this, do)
}

// compose makes the question, our own credentials included.
func (c *caller) compose(ctx context.Context, token string, this *attempt) error {
	this.renewals = c.refusals.count()
	this.form = url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	this.header = http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"},
		"Accept":       {c.accept},
	}
	return c.authenticate(context.WithValue(ctx, attemptKey{}, this), this.form, this.header)
}

// doer sends a request and reads so many bytes of the answer.
type doer func(*http.Request, int64) (*wire.Response, error)

func (c *caller) send(ctx context.Context, endpoint string, this *attempt, do doer) (*wire.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(this.form.Encode()))
	if err != nil {
		return nil, errors.New("introspect: the endpoint is not a URL") // err quotes it
	}
	req.Header = this.header
	resp, err := do(req, c.longest)
	if err == nil {
		return resp, nil
	}
	wrapped := fmt.Errorf("introspect: %w", err)
	if failed := (*wire.Error)(nil); errors.As(err, &failed) && (failed.Class == wire.TooLarge || failed.Class == wire.Redirect) {
		return nil, wrapped // an answer, if not one to use
	}
	return nil, outage{wrapped}
}

// mistrust makes the next call read the metadata again.
func (c *caller) mistrust() {
	if c.found != nil {
		c.found.Mistrust()
	}
}
