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
	// http is for loopback and InsecureAllowHTTP. Beside an Endpoint it is only
	// compared, and may be any name, such as acme.com.
	Issuer string

	// Endpoint is the introspection endpoint, an https URL; http is for loopback
	// and InsecureAllowHTTP. Default: what the issuer's metadata says (RFC 8414
	// §2), read when first needed.
	Endpoint string

	// InsecureAllowHTTP allows http beyond loopback, such as inside a cluster or a
	// mesh that encrypts by itself. Whoever can answer such a request decides which
	// tokens are good, and whoever can read it learns tokens and our credentials.
	InsecureAllowHTTP bool

	// Audience is who we are: aud holds one of these, byte for byte.
	Audience []string

	// AllowMissingAudience accepts answers without aud, for an issuer that
	// answers only for tokens meant for the caller (RFC 7662 §4). A foreign aud
	// is still refused.
	AllowMissingAudience bool

	// ScopeClaims are the members to read scopes from. Default scope, a string.
	// Those listed here may be a string or an array of strings, and what they
	// grant is united.
	ScopeClaims []string

	// RequireTokenType refuses answers whose token_type is not that of an access token
	// (RFC 6749 §5.1), such as Bearer. It is for issuers that answer for refresh tokens
	// too (RFC 7662 §2) and give these none, such as node-oidc-provider: a client could
	// send its refresh token in place of the other. docs/providers.md says where.
	RequireTokenType bool

	// UnknownStatus are the statuses, of 400, 401, 403 and 404, by which this issuer
	// says that it does not know a token, against RFC 7662 §2.2. Default none: any
	// status but 200 is then the issuer's trouble, or ours with our credentials, and
	// answered 503. A status listed here is answered as an inactive token, 401, unless
	// its body says invalid_client (RFC 6749 §5.2): so with 401 or 403 listed, an issuer
	// that refuses our credentials in any other way looks like one that knows no token.
	UnknownStatus []int

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
	// Audience. It is often our client id (RFC 9701 §5).
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
	c.ScopeClaims, c.UnknownStatus = slices.Clone(c.ScopeClaims), slices.Clone(c.UnknownStatus)
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
	if c.Endpoint != "" {
		if err := discovery.CheckName("Issuer", c.Issuer); err != nil {
			mistake("%w", err)
		}
		if err := discovery.CheckURL("Endpoint", c.Endpoint, c.InsecureAllowHTTP); err != nil {
			mistake("%w", err)
		}
	} else if err := discovery.CheckIssuer("Issuer", c.Issuer, c.InsecureAllowHTTP); err != nil {
		mistake("%w", err)
	}
	if slices.Contains(c.ScopeClaims, "") {
		mistake("ScopeClaims holds an empty string")
	}
	for _, status := range c.UnknownStatus {
		if !slices.Contains(aboutTokens, status) {
			mistake("UnknownStatus %d: only 400, 401, 403 and 404 can be about a token", status)
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
