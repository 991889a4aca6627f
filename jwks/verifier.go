package jwks

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/facts"
	"github.com/warder-go/warder/internal/jose"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// Verifier verifies JWT access tokens of one issuer (RFC 9068). It is a
// [middleware.Verifier]. Make one with [NewVerifier]. It is immutable and safe
// for concurrent use.
type Verifier struct {
	cfg  Config
	keys *KeySet

	// known is what verified tokens said: see recall.
	known *facts.Cache[*verified]

	// reader has a copy of cfg.Audience, which tokens then hold: whoever
	// changes a Token, though nobody may, does not make us accept tokens for
	// others.
	reader claims.Reader
}

// NewVerifier returns a Verifier. It does no I/O, so that a process can start
// while its issuer is down. The error lists every mistake in cfg.
func NewVerifier(cfg Config) (*Verifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.KeySet == nil {
		keys, err := Discover(cfg.Issuer, &RemoteOptions{HTTPClient: cfg.HTTPClient})
		if err != nil {
			return nil, err
		}
		cfg.KeySet = keys
	}
	if err := cfg.KeySet.belongTo(cfg.Issuer); err != nil {
		return nil, err
	}
	reader := claims.Reader{Scopes: cfg.ScopeClaims, Audience: slices.Clone(cfg.Audience)}
	return &Verifier{
		cfg: cfg, keys: cfg.KeySet, reader: reader,
		known: facts.New[*verified](cfg.CacheSize, meanSize),
	}, nil
}

// KeySet returns the keys that v verifies with.
func (v *Verifier) KeySet() *KeySet { return v.keys }

// The refusals of a token. Each is one value: a stranger's bad token costs no
// allocation here.
var (
	errMalformed        = invalid(middleware.ReasonMalformedToken, "The access token is malformed")
	errWrongType        = invalid(middleware.ReasonWrongType, "The token is not an access token")
	errAlgorithm        = invalid(middleware.ReasonAlgorithmNotAllowed, "The access token is signed with an algorithm that is not accepted here")
	errUnknownIssuer    = invalid(middleware.ReasonUnknownIssuer, "The access token is from an issuer that is not accepted here")
	errWrongAudience    = invalid(middleware.ReasonWrongAudience, "The access token is meant for another audience")
	errExpired          = invalid(middleware.ReasonExpired, "The access token expired")
	errNotYetValid      = invalid(middleware.ReasonNotYetValid, "The access token is not valid yet")
	errTooOld           = invalid(middleware.ReasonTooOld, "The access token was issued too long ago")
	errMissingClaim     = invalid(middleware.ReasonMissingClaim, "The access token lacks a claim that is required here")
	errInvalidClaim     = invalid(middleware.ReasonInvalidClaim, "The access token has a claim of the wrong type")
	errUnknownKey       = invalid(middleware.ReasonUnknownKey, "The access token is signed with an unknown key")
	errCoolingDown      = invalid(middleware.ReasonCooldown, "The access token is signed with an unknown key")
	errBadSignature     = invalid(middleware.ReasonBadSignature, "The signature of the access token is wrong")
	errTooManyKeys      = &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonUnknownKey, Description: "The access token does not say which key signed it", Err: errors.New("no kid, and more keys fit than are tried")}
	errKeyOfAnotherKind = &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonAlgorithmNotAllowed, Description: "The access token is signed with an algorithm that is not accepted here", Err: errors.New("the key is not for the token's algorithm")}
)

func invalid(reason middleware.Reason, description string) *middleware.Error {
	return &middleware.Error{Code: middleware.InvalidToken, Reason: reason, Description: description}
}

// Verify judges a JWT access token (RFC 9068 §4): its form, header and claims
// first, then its signature by a key of the issuer. Of a token that was verified
// before, it judges again whatever can change: see [Config.CacheSize]. The error
// is an [middleware.InvalidToken], or one without a Code where keys are needed
// and cannot be had.
func (v *Verifier) Verify(ctx context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	now := time.Now()
	e := middleware.Event{Op: middleware.OpVerify, Issuer: v.cfg.Issuer, Via: middleware.ViaCache, Reason: middleware.ReasonOK}
	var k facts.Key
	var t *middleware.Token
	var err error
	if v.known != nil && len(token) <= jose.MaxCompact {
		k = facts.KeyOf("", token)
		t, err = v.recall(ctx, k, now, &e)
	}
	if t == nil && err == nil {
		var p proof
		t, p, err = v.verify(ctx, token, now)
		e.Duration = time.Since(now)
		if err == nil {
			err = v.judgeTime(t, now.Add(e.Duration)) // keys may have taken a while
		}
		if err == nil {
			v.remember(k, t, p)
		}
		e.Via, e.Stale = "", p.isStale
		if err == nil || err == errBadSignature {
			e.Via = middleware.ViaSignature // nothing else needed one
		}
	}
	if err != nil {
		e.Err, e.Reason = err, middleware.ReasonKeysUnavailable
		if refused, ok := err.(*middleware.Error); ok {
			e.Reason = refused.Reason
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Reason = middleware.ReasonCanceled
		}
		middleware.Observe(ctx, e)
		return nil, err
	}
	middleware.Observe(ctx, e)
	return t, nil
}

// verify judges token without regard to what is remembered.
func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (t *middleware.Token, p proof, err error) {
	j, err := v.parse(token)
	if err != nil {
		return nil, p, err
	}
	profile := isType(j.header.Type, "at+jwt") // RFC 9068 §2.1
	if !profile && !(v.cfg.PreRFC9068 && (j.header.Type == "" || isType(j.header.Type, "JWT"))) {
		return nil, p, errWrongType
	}
	var few [24]strictjson.Member // the claims of most tokens, on the stack
	said, err := strictjson.Append(few[:0], string(j.payload))
	if err != nil {
		return nil, p, errMalformed
	}
	t, ok := v.reader.Read(said, j.payload, !profile)
	if !ok {
		return nil, p, errInvalidClaim
	}
	if p.audience, err = v.judge(t, said, profile, now); err != nil {
		return nil, p, err
	}
	err = v.verifySignature(ctx, j, now, &p)
	return t, p, err
}

// VerifyJWS verifies a compact JWS of type typ, other than an access token,
// that v's issuer signed, such as a signed introspection response (RFC 9701
// §5), and returns its payload. It judges algorithm, key and signature; the
// caller judges the claims. The error is as Verify's.
func (v *Verifier) VerifyJWS(ctx context.Context, typ, compact string) ([]byte, error) {
	j, err := v.parse(compact)
	if err != nil {
		return nil, err
	}
	if !isType(j.header.Type, typ) {
		return nil, errWrongType
	}
	if err := v.verifySignature(ctx, j, time.Now(), new(proof)); err != nil {
		return nil, err
	}
	return j.payload, nil
}

// jws is a compact JWS taken apart (RFC 7515 §7.1). Nothing in it is verified.
type jws struct {
	header    jose.Header
	segment   string // the header's
	signed    string // what the signature is over: the octets as received
	payload   []byte
	signature string // not decoded
}

// parse takes compact apart and judges the form of its header and payload, and
// the algorithm.
func (v *Verifier) parse(compact string) (j jws, err error) {
	segment, payload, signature, err := jose.Split(compact)
	if err != nil {
		return j, errMalformed
	}
	j.segment, j.signature = segment, signature
	j.signed = compact[:len(segment)+1+len(payload)]
	if j.header, err = v.keys.current.Load().header(segment); err != nil {
		return j, errMalformed
	}
	if !slices.Contains(v.cfg.Algorithms, j.header.Algorithm) {
		return j, errAlgorithm
	}
	if v.keys.lacks(j.header.KeyID) {
		if v.keys.source == nil {
			return j, errUnknownKey
		}
		return j, errCoolingDown
	}
	if j.payload, err = strictjson.Base64URL(payload); err != nil {
		return j, errMalformed
	}
	return j, nil
}

// isType compares media types as RFC 7515 §4.1.9 wants: in any case, with or
// without "application/".
func isType(typ, want string) bool {
	const prefix = "application/"
	if len(typ) == len(prefix)+len(want) && strings.EqualFold(typ[:len(prefix)], prefix) {
		typ = typ[len(prefix):]
	}
	return strings.EqualFold(typ, want)
}
