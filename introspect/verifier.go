package introspect

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/discovery"
	"github.com/warder-go/warder/internal/facts"
	"github.com/warder-go/warder/internal/flight"
	"github.com/warder-go/warder/internal/wire"
	"github.com/warder-go/warder/middleware"
)

// maxToken bounds the tokens that the issuer is asked about, in bytes.
const maxToken = 4 << 10

// Verifier verifies opaque access tokens of one issuer by asking it (RFC
// 7662). It is a [middleware.Verifier]. Make one with [NewVerifier]. It is
// safe for concurrent use.
type Verifier struct {
	cfg     Config
	rules   *claims.Rules
	caller  *caller
	cache   *cache
	prefix  string // of what is hashed to find a token: the issuer, so that no two are confused where a cache is ever shared
	flights flight.Group[*fact]
	breaker breaker
	known   known
	slots   chan struct{} // of calls under way
}

// NewVerifier returns a Verifier. It does no I/O, so that a process can start
// while its issuer is down. The error lists every mistake in cfg.
func NewVerifier(cfg Config) (*Verifier, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &caller{
		client:       wire.NewClient(cfg.HTTPClient, 0),
		issuer:       cfg.Issuer,
		authenticate: cfg.Authenticate,
		accept:       typeJSON,
		endpoint:     cfg.Endpoint,
		unknown:      cfg.UnknownStatus,
		longest:      maxAnswer,
	}
	if cfg.SignedBy != nil {
		c.accept, c.longest = typeSigned, maxSigned
	}
	if cfg.Endpoint == "" {
		// Strangers' tokens must not make us read it more often than once a second.
		c.found = discovery.New(cfg.Issuer, "", cfg.InsecureAllowHTTP, cfg.HTTPClient).Endpoint("introspection_endpoint", backoff.First)
	}
	return &Verifier{
		cfg: cfg,
		rules: claims.NewRules(claims.Config{
			Issuer: cfg.Issuer, Audience: cfg.Audience, ScopeClaims: cfg.ScopeClaims,
			Answer: true, AllowMissingAudience: cfg.AllowMissingAudience, RequireTokenType: cfg.RequireTokenType,
			ClockSkew: cfg.ClockSkew,
		}),
		caller: c,
		cache:  newCache(cfg),
		prefix: cfg.Issuer + "\x00",
		slots:  make(chan struct{}, cfg.MaxConcurrent),
	}, nil
}

// Verify judges an access token by what the issuer says of it, now or within
// CacheTTL. The error is a [middleware.InvalidToken], or one without a Code
// where the issuer cannot be asked or does not answer as it should.
func (v *Verifier) Verify(ctx context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	now := time.Now()
	t, via, err := v.verify(ctx, token, now)
	e := middleware.Event{Op: middleware.OpVerify, Issuer: v.cfg.Issuer, Via: via, Duration: time.Since(now)}
	if claims.Report(ctx, e, err, middleware.ReasonIntrospectionUnavailable) != nil {
		return nil, err
	}
	return t, nil
}

// Forget makes v ask again about token, which its owner has revoked, say. A
// call under way does not bring it back.
func (v *Verifier) Forget(token string) {
	v.cache.forget(facts.KeyOf(v.prefix, token))
	v.known.forget(token) // after the epoch has changed, which remember looks at
}

func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (*middleware.Token, middleware.Via, error) {
	switch {
	case token == "":
		return nil, "", errEmpty
	case len(token) > maxToken:
		return nil, "", errTooLong
	case v.cfg.Match != nil && !v.cfg.Match(token):
		return nil, "", errNoMatch
	}
	k := facts.KeyOf(v.prefix, token)
	f, via := v.cache.get(k, now), middleware.ViaCache
	if f == nil {
		var err error
		if f, via, err = v.ask(ctx, k, token, now); err != nil {
			return nil, via, err
		}
	} else if f.said == nil {
		via = middleware.ViaNegativeCache
	}
	// Now, and not when the request came: a call takes time.
	if err := v.judge(f, time.Now()); err != nil {
		return nil, via, err
	}
	return &f.said.Token, via, nil
}

// remember keeps what the issuer has just said of token, unless it is forgotten since
// epoch.
func (v *Verifier) remember(k facts.Key, token string, f *fact, epoch uint64) {
	now := time.Now()
	acceptable, ttl := v.judge(f, now) == nil, v.cfg.NegativeTTL
	if acceptable {
		ttl = v.cfg.CacheTTL
	}
	f.until = now.Add(ttl)
	// Never past exp (RFC 7662 §4), unless it is refused for that.
	if f.said != nil {
		exp := f.said.Token.Expiry
		if !exp.IsZero() && exp.Before(f.until) && (acceptable || exp.After(now)) {
			f.until = exp
		}
	}
	v.cache.put(k, f, acceptable, epoch)
	if acceptable {
		v.known.note(now, token, f.said.Token.Expiry)
		if v.cache.epoch(k) != epoch {
			v.known.forget(token)
		}
	}
}

// refuse reports why there is no fact, and returns it as the answer 503.
func (v *Verifier) refuse(ctx context.Context, began time.Time, reason middleware.Reason, err error, wait time.Duration) error {
	v.report(ctx, time.Since(began), reason, err)
	return refusal(reason, err, wait)
}

func refusal(reason middleware.Reason, err error, wait time.Duration) error {
	return &middleware.Error{Reason: reason, Header: backoff.Header(wait), Err: err}
}

func (v *Verifier) report(ctx context.Context, took time.Duration, reason middleware.Reason, err error) {
	middleware.Observe(ctx, middleware.Event{
		Op: middleware.OpIntrospect, Issuer: v.cfg.Issuer, Reason: reason, Duration: took, Err: err,
	})
}

func unavailable(err error) error {
	return refusal(middleware.ReasonIntrospectionUnavailable, err, 0)
}

var (
	errBusy     = errors.New("introspect: as many calls are under way as MaxConcurrent allows")
	errOpen     = errors.New("introspect: the last calls failed and the issuer is not asked for a moment")
	errPanicked = errors.New("introspect: the call panicked")
	errHung     = errors.New("introspect: Authenticate or SignedBy does not return")
)
