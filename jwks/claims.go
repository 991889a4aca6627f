package jwks

import (
	"slices"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// judge decides whether t, read from what it said, is acceptable at now, and
// returns the audience that it is acceptable for. It comes
// before keys and signatures: whatever a stranger can get wrong costs neither
// a call to the issuer nor a public-key operation.
func (v *Verifier) judge(t *middleware.Token, said strictjson.Object, profile bool, now time.Time) (audience []string, err error) {
	switch {
	case t.Issuer != v.cfg.Issuer:
		if _, ok := said.Get("iss"); !ok {
			return nil, errMissingClaim
		}
		return nil, errUnknownIssuer
	case t.Expiry.IsZero():
		return nil, errMissingClaim
	case profile && (t.Subject == "" || t.ClientID == "" || t.ID == "" || t.IssuedAt.IsZero()):
		return nil, errMissingClaim // RFC 9068 §2.2
	case v.cfg.MaxTokenAge > 0 && t.IssuedAt.IsZero():
		return nil, errMissingClaim
	}
	if err := v.judgeTime(t, now); err != nil {
		return nil, err
	}
	if audience, err = v.judgeAudience(t, said); err != nil {
		return nil, err
	}
	if !profile && looksLikeIDToken(said) {
		return nil, errWrongType
	}
	return audience, nil
}

// judgeTime decides whether t's dates make it acceptable at now.
func (v *Verifier) judgeTime(t *middleware.Token, now time.Time) error {
	switch {
	case !now.Before(t.Expiry.Add(v.cfg.ClockSkew)):
		return errExpired // at the very second already (RFC 7519 §4.1.4)
	case now.Before(t.NotBefore.Add(-v.cfg.ClockSkew)):
		return errNotYetValid
	case v.cfg.MaxTokenAge > 0 && now.Sub(t.IssuedAt) > v.cfg.MaxTokenAge:
		return errTooOld
	}
	return nil
}

// judgeAudience wants one of ours in the configured claim, and in aud if that
// is there too (RFC 7519 §4.1.3). It returns what the configured claim names.
func (v *Verifier) judgeAudience(t *middleware.Token, said strictjson.Object) (named []string, err error) {
	if v.cfg.AudienceClaim != "aud" {
		value, ok := said.Get(v.cfg.AudienceClaim)
		if !ok {
			return nil, errMissingClaim
		}
		if named, ok = claims.Audience(value); !ok {
			return nil, errInvalidClaim
		}
		if !v.isMeant(named) {
			return nil, errWrongAudience
		}
		if t.Audience == nil {
			t.Audience = named
			return named, nil
		}
	}
	switch {
	case t.Audience == nil:
		return nil, errMissingClaim
	case !v.isMeant(t.Audience):
		return nil, errWrongAudience
	}
	return t.Audience, nil
}

func (v *Verifier) isMeant(audience []string) bool {
	for _, aud := range audience {
		if slices.Contains(v.cfg.Audience, aud) {
			return true
		}
	}
	return false
}

// looksLikeIDToken reports whether claims have what only ID tokens have
// (OpenID Connect Core §2): these claims, or a client as the audience. Events
// are of logout tokens (OpenID Connect Back-Channel Logout §2.4), whose typ is
// optional too.
func looksLikeIDToken(said strictjson.Object) bool {
	for _, name := range []string{"nonce", "at_hash", "c_hash", "events"} {
		if _, ok := said.Get(name); ok {
			return true
		}
	}
	for _, name := range []string{"azp", "client_id"} {
		value, ok := said.Get(name)
		if !ok {
			continue
		}
		// aud itself, not what AudienceClaim put in its place.
		aud, _ := said.Get("aud")
		audience, _ := claims.Audience(aud)
		if client, ok := value.Text(); !ok || slices.Contains(audience, client) {
			return true
		}
	}
	return false
}
