package jwks

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

// Limits of the claims.
const (
	maxAudiences = 64
	maxScopes    = 256
)

// read returns the Token that claims describe, whose types are right as far as
// anybody downstream may rely on them. Whether the token is acceptable is not
// judged here.
func (v *Verifier) read(claims strictjson.Object, raw []byte, profile bool) (*middleware.Token, error) {
	t := &middleware.Token{Raw: json.RawMessage(raw)}
	ok := true
	for _, m := range claims {
		switch m.Name {
		case "iss":
			t.Issuer, ok = m.Value.Text()
		case "sub":
			t.Subject, ok = m.Value.Text()
		case "client_id":
			t.ClientID, ok = m.Value.Text()
		case "jti":
			t.ID, ok = m.Value.Text()
		case "acr":
			t.ACR, ok = m.Value.Text()
		case "aud":
			t.Audience, ok = v.audienceOf(m.Value)
		case "exp":
			t.Expiry, ok = m.Value.NumericDate()
		case "nbf":
			t.NotBefore, ok = m.Value.NumericDate()
		case "iat":
			t.IssuedAt, ok = m.Value.NumericDate()
		case "auth_time":
			if t.AuthTime, ok = m.Value.NumericDate(); !ok && !profile {
				// AD FS writes it as text, in tokens from before RFC 9068. It
				// counts as absent: nobody can take it for a recent one.
				_, ok = m.Value.Text()
			}
		case "scope":
			if len(v.cfg.ScopeClaims) == 0 {
				t.Scopes, ok = scopeString(m.Value)
			}
		case "cnf":
			t.Confirmation, ok = confirmation(m.Value)
		case "amr":
			_, ok = m.Value.Texts()
		case "act":
			ok = strings.HasPrefix(string(m.Value), "{")
		case "authorization_details":
			ok = details(m.Value)
		}
		if !ok {
			return nil, errInvalidClaim
		}
	}
	for _, name := range v.cfg.ScopeClaims {
		value, found := claims.Get(name)
		if !found {
			continue
		}
		more, ok := scopeList(value)
		if !ok {
			return nil, errInvalidClaim
		}
		t.Scopes = append(t.Scopes, more...)
	}
	if len(t.Scopes) > maxScopes {
		return nil, errInvalidClaim
	}
	t.Scopes = slices.Clip(t.Scopes)
	return t, nil
}

// judge decides whether t, read from claims, is acceptable at now. It comes
// before keys and signatures: whatever a stranger can get wrong costs neither
// a call to the issuer nor a public-key operation.
func (v *Verifier) judge(t *middleware.Token, claims strictjson.Object, profile bool, now time.Time) error {
	switch {
	case t.Issuer != v.cfg.Issuer:
		if _, ok := claims.Get("iss"); !ok {
			return errMissingClaim
		}
		return errUnknownIssuer
	case t.Expiry.IsZero():
		return errMissingClaim
	case profile && (t.Subject == "" || t.ClientID == "" || t.ID == "" || t.IssuedAt.IsZero()):
		return errMissingClaim // RFC 9068 §2.2
	case !now.Before(t.Expiry.Add(v.cfg.ClockSkew)):
		return errExpired // at the very second already (RFC 7519 §4.1.4)
	case now.Before(t.NotBefore.Add(-v.cfg.ClockSkew)):
		return errNotYetValid
	case v.cfg.MaxTokenAge > 0 && t.IssuedAt.IsZero():
		return errMissingClaim
	case v.cfg.MaxTokenAge > 0 && now.Sub(t.IssuedAt) > v.cfg.MaxTokenAge:
		return errTooOld
	}
	if err := v.judgeAudience(t, claims); err != nil {
		return err
	}
	if !profile && looksLikeIDToken(t, claims) {
		return errWrongType
	}
	return nil
}

// judgeAudience wants one of ours in the configured claim, and in aud if that
// is there too (RFC 7519 §4.1.3).
func (v *Verifier) judgeAudience(t *middleware.Token, claims strictjson.Object) error {
	if v.cfg.AudienceClaim != "aud" {
		value, ok := claims.Get(v.cfg.AudienceClaim)
		if !ok {
			return errMissingClaim
		}
		named, ok := words(value, maxAudiences)
		if !ok {
			return errInvalidClaim
		}
		if !v.isMeant(named) {
			return errWrongAudience
		}
		if t.Audience == nil {
			t.Audience = named
			return nil
		}
	}
	switch {
	case t.Audience == nil:
		return errMissingClaim
	case !v.isMeant(t.Audience):
		return errWrongAudience
	}
	return nil
}

// audienceOf reads aud. The common one, our own identifier alone, is there
// already and costs nothing.
func (v *Verifier) audienceOf(aud strictjson.Value) ([]string, bool) {
	if s, ok := aud.Text(); ok {
		if i := slices.Index(v.cfg.Audience, s); i >= 0 {
			return v.audience[i : i+1 : i+1], true
		}
	}
	return words(aud, maxAudiences)
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
func looksLikeIDToken(t *middleware.Token, claims strictjson.Object) bool {
	for _, name := range []string{"nonce", "at_hash", "c_hash", "events"} {
		if _, ok := claims.Get(name); ok {
			return true
		}
	}
	for _, name := range []string{"azp", "client_id"} {
		value, ok := claims.Get(name)
		if !ok {
			continue
		}
		// aud itself, not what AudienceClaim put in its place.
		aud, _ := claims.Get("aud")
		audience, _ := words(aud, maxAudiences)
		if client, ok := value.Text(); !ok || slices.Contains(audience, client) {
			return true
		}
	}
	return false
}

// words reads a string or an array of strings. An array is not nil, even if
// it is empty.
func words(v strictjson.Value, limit int) ([]string, bool) {
	if s, ok := v.Text(); ok {
		return []string{s}, true
	}
	list, ok := v.Texts()
	if !ok || len(list) > limit {
		return nil, false
	}
	if list == nil {
		list = []string{}
	}
	return slices.Clip(list), true
}

// scopeString reads a scope claim: scope-tokens separated by spaces (RFC 6749
// §3.3). Other characters make a word that grants nothing; it is left out.
func scopeString(v strictjson.Value) ([]string, bool) {
	s, ok := v.Text()
	if !ok || s == "" {
		return nil, ok
	}
	scopes := make([]string, 0, min(strings.Count(s, " ")+1, maxScopes+1))
	for word := range strings.SplitSeq(s, " ") {
		if len(scopes) > maxScopes {
			return nil, false
		}
		if isScopeToken(word) {
			scopes = append(scopes, word)
		}
	}
	return scopes, true
}

// scopeList reads a claim that some issuer uses for scopes: a string as in
// scope, or an array with one scope an element.
func scopeList(v strictjson.Value) ([]string, bool) {
	if _, ok := v.Text(); ok {
		return scopeString(v)
	}
	list, ok := v.Texts()
	if !ok || len(list) > maxScopes {
		return nil, false
	}
	return slices.DeleteFunc(list, func(s string) bool { return !isScopeToken(s) }), true
}

func isScopeToken(s string) bool {
	for i := range len(s) {
		if ch := s[i]; ch <= ' ' || ch > '~' || ch == '"' || ch == '\\' {
			return false
		}
	}
	return s != ""
}

// confirmation reads cnf (RFC 7800 §3.1). The result is never nil: an empty
// cnf is one that nobody confirms.
func confirmation(v strictjson.Value) (map[string]string, bool) {
	members, err := v.Object()
	if err != nil {
		return nil, false
	}
	cnf := make(map[string]string, len(members))
	for _, m := range members {
		s, ok := m.Value.Text()
		if !ok {
			s = string(m.Value)
		}
		cnf[m.Name] = s
	}
	return cnf, true
}

// details reports whether v is an array of objects with a type (RFC 9396 §2).
func details(v strictjson.Value) bool {
	each, err := v.Elements(maxScopes)
	if err != nil {
		return false
	}
	for _, e := range each {
		o, err := e.Object()
		if err != nil {
			return false
		}
		if _, ok := textOf(o, "type"); !ok {
			return false
		}
	}
	return true
}
