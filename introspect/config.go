package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/warder-go/warder/internal/discovery"
)

// Config says whom a [Verifier] asks and what it accepts. Issuer, Audience and
// Authenticate are required. Of every number, 0 means the default; negative
// means off where that is said.
type Config struct {
	// Issuer is whom the tokens are from: compared with iss where the answer
	// has one, and then Token.Issuer. An https URL without query and fragment;
	// http is for loopback.
	Issuer string

	// Endpoint is the introspection endpoint, with the same rule. Default: what
	// the issuer's metadata says (RFC 8414 §2), read when first needed.
	Endpoint string

	// Audience is who we are: aud holds one of these, byte for byte.
	Audience []string

	// AllowMissingAudience accepts answers without aud, for an issuer that
	// answers only for tokens meant for the caller (RFC 7662 §4). A foreign aud
	// is still refused.
	AllowMissingAudience bool

	// Authenticate proves to the issuer who asks (RFC 7662 §2.1): Basic, Post,
	// PrivateKeyJWT or Bearer. Mutual TLS comes with HTTPClient, beside Post
	// with an empty secret.
	Authenticate ClientAuth

	// Match tells the shape of this issuer's tokens, such as a prefix; default
	// any. Tokens that do not match are refused without a call. It sees what
	// strangers send, and is called concurrently.
	Match func(token string) bool

	// SignedBy requires signed answers (RFC 9701) and verifies them; a
	// *jwks.Verifier of the issuer does. A plain JSON answer is then refused.
	SignedBy interface {
		VerifyJWS(ctx context.Context, typ, compact string) ([]byte, error)
	}

	// ResponseAudience is whom a signed answer is addressed to; default
	// Audience. It is often our client id.
	ResponseAudience []string

	CacheSize     int           // active tokens remembered; default 10,000; negative: none
	MaxConcurrent int           // calls under way; default 64. Beyond that: 503
	CacheTTL      time.Duration // how long an answer is used that admits the token, never past exp; default 30 s; negative: not at all
	NegativeTTL   time.Duration // how long an answer is used that refuses the token; default 10 s; negative: not at all
	Timeout       time.Duration // of one call whole, retry included; default 2 s
	ClockSkew     time.Duration // how far the issuer's clock may be off; default 30 s, at most 5 min; negative: not at all

	// HTTPClient sends the requests; nil means a client of our own. It is
	// copied; redirects are never followed.
	HTTPClient *http.Client
}

const maxClockSkew = 5 * time.Minute

func (c Config) withDefaults() Config {
	c.Audience = slices.Clone(c.Audience)
	if c.ResponseAudience = slices.Clone(c.ResponseAudience); len(c.ResponseAudience) == 0 {
		c.ResponseAudience = c.Audience
	}
	if c.CacheSize == 0 {
		c.CacheSize = 10_000
	}
	if c.MaxConcurrent == 0 {
		c.MaxConcurrent = 64
	}
	for _, f := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&c.CacheTTL, 30 * time.Second},
		{&c.NegativeTTL, 10 * time.Second},
		{&c.Timeout, 2 * time.Second},
		{&c.ClockSkew, 30 * time.Second},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	c.ClockSkew = max(c.ClockSkew, 0)
	return c
}

// check lists every mistake in c.
func (c Config) check() error {
	var errs []error
	mistake := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("introspect: "+format, args...))
	}
	if err := discovery.CheckIssuer("Issuer", c.Issuer, false); err != nil {
		mistake("%w", err)
	}
	if c.Endpoint != "" {
		if err := discovery.CheckURL("Endpoint", c.Endpoint, false); err != nil {
			mistake("%w", err)
		}
	}
	if len(c.Audience) == 0 {
		mistake("Audience is missing")
	}
	if slices.Contains(c.Audience, "") || slices.Contains(c.ResponseAudience, "") {
		mistake("Audience or ResponseAudience holds an empty string")
	}
	if c.Authenticate == nil {
		mistake("Authenticate is missing; an endpoint that answers anybody tells strangers about tokens")
	}
	if c.MaxConcurrent < 0 {
		mistake("MaxConcurrent is negative; the issuer needs a bound")
	}
	if c.Timeout < 0 {
		mistake("Timeout is negative; a call needs an end")
	}
	if c.ClockSkew > maxClockSkew {
		mistake("ClockSkew %v: more than %v", c.ClockSkew, maxClockSkew)
	}
	return errors.Join(errs...)
}
