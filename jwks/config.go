package jwks

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/jose"
)

// Config says which access tokens a [Verifier] accepts. Issuer and Audience
// are required.
type Config struct {
	// Issuer is whose tokens are accepted: the claim iss, byte for byte
	// (RFC 9068 §4). An https URL without query and fragment; http is for
	// loopback. Beside a KeySet made by Parse, Remote or File it is only
	// compared, and may be any name, such as acme.com.
	Issuer string

	// Audience is who we are: the claim aud holds one of these, byte for byte
	// (RFC 9068 §4).
	Audience []string

	// KeySet holds the issuer's keys, and those of no other issuer. Default:
	// Discover(Issuer, &RemoteOptions{HTTPClient: HTTPClient}).
	KeySet *KeySet

	// Algorithms are the ones that are accepted (RFC 8725 §3.1), by their
	// JOSE names. A key without alg is used with the first of them that fits
	// it, an Ed25519 key with both its names. Default RS256, PS256, ES256,
	// EdDSA, Ed25519. Never none, never HMAC.
	Algorithms []string

	// PreRFC9068 is for issuers that fall short of RFC 9068. It also accepts tokens
	// whose typ is JWT or absent, and wants of all tokens, at+jwt included, only iss,
	// aud and exp; a claim that is null counts as absent, save cnf, and so does an
	// auth_time that is text.
	//
	// What is no access token is still refused. What the issuer says outright decides,
	// by the claims typ (Bearer is one) and token_use. Where it says nothing, claims of
	// ID and logout tokens refuse (nonce, at_hash, c_hash, s_hash, events), unless there
	// are scopes, and so does a client that is the very name in aud by which the token
	// is meant for us: keep the identifiers of APIs and of clients distinct.
	PreRFC9068 bool

	// InsecureAllowIDTokens accepts ID tokens too, for issuers whose access tokens
	// cannot be told from them (Dex, Firebase, the workload identity of CI systems). It
	// includes PreRFC9068. Every client that holds an ID token of a user, which is made
	// to be shown to that client, can then call this API in that user's name, with all
	// that the API allows the user: list in Audience only clients that may. ID tokens
	// have no scopes. Refresh and logout tokens are still refused.
	InsecureAllowIDTokens bool

	// ClientClaim is the claim to read [middleware.Token.ClientID] from. Default
	// client_id; azp, cid and appid are common.
	ClientClaim string

	// AudienceClaim is the claim to read the audience from. Default aud;
	// "client_id" for issuers that send no aud, such as Amazon Cognito. An aud
	// that names somebody must name us all the same.
	AudienceClaim string

	// ScopeClaims are the claims to read scopes from. Default scope, a string.
	// Those listed here may be a string or an array of strings, and what they
	// grant is united. Under PreRFC9068 a token with scopes is taken for an access
	// token whatever else it has, unless they are only in roles, groups or
	// entitlements, which users have: list no other claim that ID tokens have too.
	ScopeClaims []string

	// ClockSkew is how far the issuer's clock may be off, for exp and nbf.
	// Default 30 s, at most 5 min; negative: not at all.
	ClockSkew time.Duration

	// MaxTokenAge is the oldest acceptable iat. Default none.
	MaxTokenAge time.Duration

	// CacheSize is how many verified tokens are remembered, so that the next
	// request with one of them costs no public-key operation. Default 4096, in
	// up to 4 KiB each on average; negative: none. What is remembered is what a
	// token says and which key signed it, by the SHA-256 of the token. Whether
	// that is acceptable is judged each time: exp, nbf, MaxTokenAge and
	// Audience, and whether that very key is in the issuer's current set and
	// that set is recent enough. Only verified tokens are remembered.
	CacheSize int

	// HTTPClient fetches the keys where KeySet is nil; beside a KeySet it is
	// an error. Nil means a client of our own.
	HTTPClient *http.Client
}

const maxClockSkew = 5 * time.Minute

func (c Config) withDefaults() Config {
	c.Audience = slices.Clone(c.Audience)
	c.ScopeClaims = slices.Clone(c.ScopeClaims)
	if c.Algorithms = slices.Clone(c.Algorithms); len(c.Algorithms) == 0 {
		c.Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}
	}
	if c.AudienceClaim == "" {
		c.AudienceClaim = "aud"
	}
	if c.ClientClaim == "" {
		c.ClientClaim = "client_id"
	}
	c.PreRFC9068 = c.PreRFC9068 || c.InsecureAllowIDTokens
	switch {
	case c.ClockSkew == 0:
		c.ClockSkew = 30 * time.Second
	case c.ClockSkew < 0:
		c.ClockSkew = 0
	}
	c.MaxTokenAge = max(c.MaxTokenAge, 0)
	if c.CacheSize == 0 {
		c.CacheSize = 4096
	}
	return c
}

// check lists every mistake in c.
func (c Config) check() error {
	var errs []error
	mistake := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("jwks: "+format, args...))
	}
	if c.KeySet != nil {
		errs = append(errs, checkName(c.Issuer))
	} else {
		errs = append(errs, checkIssuer(c.Issuer, false))
	}
	if len(c.Audience) == 0 {
		mistake("Audience is missing")
	}
	if slices.Contains(c.Audience, "") {
		mistake("Audience holds an empty string")
	}
	for _, alg := range c.Algorithms {
		switch {
		case strings.EqualFold(alg, "none"), strings.HasPrefix(alg, "HS"):
			// Whoever knows such a "key" signs tokens: every API would.
			mistake("Algorithms: %q is refused, it proves nothing about the issuer", alg)
		case !jose.Known(alg):
			mistake("Algorithms: %q is not known", alg)
		}
	}
	for _, claim := range c.ScopeClaims {
		if claim == "" {
			mistake("ScopeClaims holds an empty string")
		}
	}
	if c.ClockSkew > maxClockSkew {
		mistake("ClockSkew %v: more than %v", c.ClockSkew, maxClockSkew)
	}
	if c.KeySet != nil {
		errs = append(errs, c.KeySet.mayBelongTo(c.Issuer))
	}
	if c.KeySet != nil && c.HTTPClient != nil {
		mistake("HTTPClient beside a KeySet, which has its own")
	}
	return errors.Join(errs...)
}
