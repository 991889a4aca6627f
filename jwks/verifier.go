package jwks

import (
	"context"
	"errors"
	"fmt"
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

	rules *claims.Rules // for what tokens say

	errAlgorithm, errType *middleware.Error // with values of cfg
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
	typ := "typ in the header is not at+jwt (RFC 9068 §2.1); PreRFC9068 also takes JWT and none"
	if cfg.PreRFC9068 {
		typ = "typ in the header is neither at+jwt nor JWT nor absent"
	}
	return &Verifier{
		cfg: cfg, keys: cfg.KeySet,
		known: facts.New[*verified](cfg.CacheSize, meanSize),
		rules: claims.NewRules(claims.Config{
			Issuer: cfg.Issuer, Audience: cfg.Audience, AudienceClaim: cfg.AudienceClaim,
			ClientClaim: cfg.ClientClaim, ScopeClaims: cfg.ScopeClaims,
			PreRFC9068: cfg.PreRFC9068, InsecureAllowIDTokens: cfg.InsecureAllowIDTokens,
			ClockSkew: cfg.ClockSkew, MaxTokenAge: cfg.MaxTokenAge,
		}),
		errAlgorithm: invalid(middleware.ReasonAlgorithmNotAllowed, descriptionAlgorithm, fmt.Errorf("alg in the header is not in Algorithms %q", cfg.Algorithms)),
		errType:      invalid(middleware.ReasonWrongType, descriptionType, errors.New(typ)),
	}, nil
}

// KeySet returns the keys that v verifies with.
func (v *Verifier) KeySet() *KeySet { return v.keys }

// maxToken is the longest access token that is read, in bytes. maxJWS is that of
// other JWS, which hold a document of 64 KiB.
const (
	maxToken = 16 << 10
	maxJWS   = 96 << 10
)

// The refusals for keys and signatures; internal/claims has those for claims. Each is
// one value: a stranger's bad token costs little.
var (
	errWrongType        = invalid(middleware.ReasonWrongType, descriptionType, errors.New("typ is of another kind of JWT"))
	errUnknownKey       = invalid(middleware.ReasonUnknownKey, descriptionKey, errors.New("no key of the issuer has the token's kid, nor did asking for new ones bring one"))
	errNotInFixed       = invalid(middleware.ReasonUnknownKey, descriptionKey, errors.New("no key has the token's kid, and the set is a fixed one, made by Parse"))
	errBadSignature     = invalid(middleware.ReasonBadSignature, "The signature of the access token is wrong", errors.New("no key of the issuer that fits verifies the signature"))
	errTooManyKeys      = invalid(middleware.ReasonUnknownKey, "The access token does not say which key signed it", errors.New("more keys fit the token's alg and kid than the 4 that are tried"))
	errKeyOfAnotherKind = invalid(middleware.ReasonAlgorithmNotAllowed, descriptionAlgorithm, errors.New("the key with the token's kid is not for the token's alg, or pinned to another one in Algorithms"))
)

// What clients are told (RFC 6750 §3).
const (
	descriptionType      = "The token is not an access token"
	descriptionAlgorithm = "The access token is signed with an algorithm that is not accepted here"
	descriptionKey       = "The access token is signed with an unknown key"
)

func invalid(reason middleware.Reason, description string, err error) *middleware.Error {
	return &middleware.Error{Code: middleware.InvalidToken, Reason: reason, Description: description, Err: err}
}

// malformed says why a token is not even read; err quotes nothing of it.
func malformed(err error) *middleware.Error {
	return invalid(middleware.ReasonMalformedToken, "The access token is malformed", err)
}

// Verify judges a JWT access token (RFC 9068 §4): its form, header and claims
// first, then its signature by a key of the issuer. Of a token that was verified
// before, it judges again whatever can change: see [Config.CacheSize]. The error
// is an [middleware.InvalidToken], or one without a Code where keys are needed
// and cannot be had.
func (v *Verifier) Verify(ctx context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	now := time.Now()
	e := middleware.Event{Op: middleware.OpVerify, Issuer: v.cfg.Issuer, Via: middleware.ViaCache}
	var k facts.Key
	var s *claims.Said
	var err error
	if v.known != nil && len(token) <= maxToken {
		k = facts.KeyOf("", token)
		s, err = v.recall(ctx, k, now, &e)
	}
	if s == nil && err == nil {
		var p proof
		s, p, err = v.verify(ctx, token, now)
		e.Duration = time.Since(now)
		if err == nil {
			err = v.rules.JudgeDates(s, now.Add(e.Duration)) // keys may have taken a while
		}
		if err == nil {
			v.remember(k, s, p)
		}
		e.Via, e.Stale = "", p.isStale
		if err == nil || err == errBadSignature {
			e.Via = middleware.ViaSignature // nothing else needed one
		}
	}
	if claims.Report(ctx, e, err, middleware.ReasonKeysUnavailable) != nil {
		return nil, err
	}
	return &s.Token, nil
}

// verify judges token without regard to what is remembered.
func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (s *claims.Said, p proof, err error) {
	j, err := v.parse(token, maxToken)
	if err != nil {
		return nil, p, err
	}
	typed := isType(j.header.Type, "at+jwt") // RFC 9068 §2.1
	if !typed && !(v.cfg.PreRFC9068 && (j.header.Type == "" || isType(j.header.Type, "JWT"))) {
		return nil, p, v.errType
	}
	var few [24]strictjson.Member // the claims of most tokens, on the stack
	said, err := strictjson.Append(few[:0], string(j.payload))
	if err != nil {
		return nil, p, malformed(fmt.Errorf("payload: %w", err))
	}
	s = v.rules.Read(said, j.payload, typed)
	if err := v.rules.Judge(s, now); err != nil {
		return nil, p, err
	}
	err = v.verifySignature(ctx, j, now, &p)
	return s, p, err
}

// VerifyJWS verifies a compact JWS of type typ, other than an access token,
// that v's issuer signed, such as a signed introspection response (RFC 9701
// §5), and returns its payload. It judges algorithm, key and signature; the
// caller judges the claims. compact may be 96 KiB long. The error is as Verify's.
func (v *Verifier) VerifyJWS(ctx context.Context, typ, compact string) ([]byte, error) {
	j, err := v.parse(compact, maxJWS)
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

// parse takes compact, of at most limit bytes, apart and judges the form of its header
// and payload, and the algorithm.
func (v *Verifier) parse(compact string, limit int) (j jws, err error) {
	segment, payload, signature, err := jose.Split(compact, limit)
	if err != nil {
		return j, malformed(err)
	}
	j.segment, j.signature = segment, signature
	j.signed = compact[:len(segment)+1+len(payload)]
	if j.header, err = v.keys.current.Load().header(segment); err != nil {
		return j, malformed(err)
	}
	if !slices.Contains(v.cfg.Algorithms, j.header.Algorithm) {
		return j, v.errAlgorithm
	}
	if v.keys.lacks(j.header.KeyID) {
		return j, v.keys.lacking(v.keys.current.Load(), j.header.KeyID)
	}
	if j.payload, err = strictjson.Base64URL(payload); err != nil {
		return j, malformed(fmt.Errorf("payload: %w", err))
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
