package claims

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/warder-go/warder/middleware"
)

// A Check is one thing that is judged of what is said of a token.
type Check struct {
	Name  string // what is judged: the claim, or "type"
	judge func(*Rules, *Said, time.Time) *middleware.Error
}

// checks is the order of judgement, which is contract: the first that fails is the
// Reason. Each but the dates comes out the same whenever it is judged.
var checks = [...]Check{
	{"claims", func(_ *Rules, s *Said, _ time.Time) *middleware.Error { return s.unread }},
	{"iss", (*Rules).judgeIssuer},
	{"required claims", (*Rules).judgeRequired},
	{"exp", (*Rules).judgeExpiry},
	{"nbf", (*Rules).judgeNotBefore},
	{"iat", (*Rules).judgeAge},
	{"aud", (*Rules).judgeAudience},
	{"type", func(_ *Rules, s *Said, _ time.Time) *middleware.Error { return s.notAccess }},
	{"cnf", (*Rules).judgeConfirmation},
}

// Each runs every check on s at now, in the order of judgement, and yields its
// refusal, or nil.
func (r *Rules) Each(s *Said, now time.Time) iter.Seq2[Check, *middleware.Error] {
	return func(yield func(Check, *middleware.Error) bool) {
		for _, c := range checks {
			if !yield(c, c.judge(r, s, now)) {
				return
			}
		}
	}
}

// Judge returns the first refusal of Each, or nil.
func (r *Rules) Judge(s *Said, now time.Time) error {
	for _, refusal := range r.Each(s, now) {
		if refusal != nil {
			return refusal
		}
	}
	return nil
}

// JudgeDates is Judge as far as it may come out otherwise the next time.
func (r *Rules) JudgeDates(s *Said, now time.Time) error {
	for _, judge := range [...]func(*Rules, *Said, time.Time) *middleware.Error{
		(*Rules).judgeExpiry, (*Rules).judgeNotBefore, (*Rules).judgeAge,
	} {
		if refusal := judge(r, s, now); refusal != nil {
			return refusal
		}
	}
	return nil
}

// JudgeAudience is Judge of the audience alone.
func (r *Rules) JudgeAudience(s *Said) error {
	if refusal := r.judgeAudience(s, time.Time{}); refusal != nil {
		return refusal
	}
	return nil
}

// MayPass reports whether what JudgeDates refused may pass later.
func MayPass(err error) bool { return err == errNotYetValid }

func (r *Rules) judgeIssuer(s *Said, _ time.Time) *middleware.Error {
	switch {
	case s.Token.Issuer == r.cfg.Issuer:
		return nil
	case !s.fromWhom && !r.cfg.Answer:
		return r.missing(s, "iss")
	}
	return r.refuse.issuer
}

// judgeRequired wants exp, which RFC 9068 §4 has a resource server check, and of
// tokens that have to fit that profile whole, the claims of its §2.2.
func (r *Rules) judgeRequired(s *Said, _ time.Time) *middleware.Error {
	t := &s.Token
	switch whole := s.typed && !r.lenient; {
	case t.Expiry.IsZero() && !r.cfg.Answer:
		return r.missing(s, "exp")
	case t.Subject == "" && whole:
		return r.missing(s, "sub")
	case t.ClientID == "" && whole:
		return r.missing(s, r.cfg.ClientClaim)
	case t.ID == "" && whole:
		return r.missing(s, "jti")
	case t.IssuedAt.IsZero() && (whole || r.cfg.MaxTokenAge > 0):
		return r.missing(s, "iat")
	}
	return nil
}

// missing returns the refusal of a token for the lack of a claim.
func (r *Rules) missing(s *Said, name string) *middleware.Error {
	if slices.Contains(s.nulls, name) {
		return r.refuse.null[name]
	}
	return r.refuse.missing[name]
}

func (r *Rules) judgeExpiry(s *Said, now time.Time) *middleware.Error {
	if exp := s.Token.Expiry; !exp.IsZero() && !now.Before(exp.Add(r.cfg.ClockSkew)) {
		return errExpired // at the very second already (RFC 7519 §4.1.4)
	}
	return nil
}

func (r *Rules) judgeNotBefore(s *Said, now time.Time) *middleware.Error {
	if now.Before(s.Token.NotBefore.Add(-r.cfg.ClockSkew)) {
		return errNotYetValid
	}
	return nil
}

func (r *Rules) judgeAge(s *Said, now time.Time) *middleware.Error {
	if r.cfg.MaxTokenAge > 0 && now.Sub(s.Token.IssuedAt) > r.cfg.MaxTokenAge {
		return r.refuse.tooOld
	}
	return nil
}

// judgeAudience wants one of ours in the configured claim, and in aud if that is
// there too (RFC 7519 §4.1.3).
func (r *Rules) judgeAudience(s *Said, _ time.Time) *middleware.Error {
	aud := s.aud
	if r.cfg.AudienceClaim != "aud" {
		switch {
		case s.named == nil:
			return r.missing(s, r.cfg.AudienceClaim)
		case !r.isMeant(s.named):
			return r.refuse.audienceClaim
		case len(aud) == 0:
			return nil
		}
	}
	switch {
	case aud == nil && r.cfg.AllowMissingAudience:
		return nil
	case aud == nil:
		return r.missing(s, "aud")
	case !r.isMeant(aud):
		return r.refuse.wrongAudience
	}
	return nil
}

// isMeant reports whether one of these names is ours.
func (r *Rules) isMeant(audience []string) bool {
	for _, aud := range audience {
		if slices.Contains(r.cfg.Audience, aud) {
			return true
		}
	}
	return false
}

func (r *Rules) judgeConfirmation(s *Said, _ time.Time) *middleware.Error {
	if s.unbound {
		return errUnbound
	}
	return nil
}

// Report tells the Observer of ctx how Verify came out, by err, which is nil, a
// *[middleware.Error] or what kept v from deciding: unavailable. It returns err.
func Report(ctx context.Context, e middleware.Event, err error, unavailable middleware.Reason) error {
	e.Reason = middleware.ReasonOK
	if err != nil {
		e.Err, e.Reason = err, unavailable
		if refused, ok := err.(*middleware.Error); ok {
			e.Reason = refused.Reason
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Reason = middleware.ReasonCanceled
		}
	}
	middleware.Observe(ctx, e)
	return err
}
