package introspect

import (
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

const (
	typeJSON   = "application/json"
	typeSigned = "application/token-introspection+jwt"

	// maxAnswerAge is how old a signed answer may be, beside the clock skew.
	maxAnswerAge = time.Minute
)

// The faults of an answer. They are the issuer's: 503, whatever the token.
var (
	errNotJSON    = errors.New("introspect: the answer is not application/json")
	errNotSigned  = errors.New("introspect: the answer is not signed as it should be")
	errMalformed  = errors.New("introspect: the answer is malformed")
	errNotForUs   = errors.New("introspect: the signed answer is of another issuer or for another audience")
	errStale      = errors.New("introspect: the signed answer is not of now")
	errNoActivity = errors.New("introspect: active is neither true nor false")
)

// notSigned is errNotSigned with the reason that a verifier of signed answers
// gave, which tells keys that cannot be had from a forgery. The rest of err is
// about a token of ours and says the wrong thing.
func notSigned(err error) error {
	if refused := (*middleware.Error)(nil); errors.As(err, &refused) && slices.Contains(middleware.Reasons(), refused.Reason) {
		return fmt.Errorf("%w: %s", errNotSigned, refused.Reason)
	}
	return errNotSigned
}

// isType reports whether a Content-Type field names this media type.
func isType(field, want string) bool {
	t, _, err := mime.ParseMediaType(field)
	return err == nil && t == want
}

// readAnswer returns the fact that an answer states (RFC 7662 §2.2). Only the
// JSON booleans count.
func (v *Verifier) readAnswer(doc string) (*fact, error) {
	members, err := strictjson.Parse(doc)
	if err != nil {
		return nil, errMalformed
	}
	switch active, _ := members.Get("active"); active {
	case "true":
	case "false":
		return new(fact), nil
	default:
		return nil, errNoActivity
	}
	t, ok := v.reader.Read(members, []byte(doc), false)
	if !ok {
		return nil, errMalformed
	}
	if _, said := members.Get("iss"); !said {
		t.Issuer = v.cfg.Issuer // an empty one is said, and is not ours
	}
	for _, name := range []string{"username", "token_type"} {
		if value, said := members.Get(name); said && !isText(value) {
			return nil, errMalformed
		}
	}
	f := &fact{token: t, other: !forAccess(members)}
	if _, bound := t.Confirmation["jkt"]; !bound {
		f.unbound = says(members, "token_type", "DPoP") // RFC 9449 §6.2
	}
	return f, nil
}

func isText(value strictjson.Value) bool { _, ok := value.Text(); return ok }

// says reports whether the member is one of these texts, in any case.
func says(o strictjson.Object, member string, texts ...string) bool {
	value, _ := o.Get(member)
	said, ok := value.Text()
	return ok && slices.ContainsFunc(texts, func(t string) bool { return strings.EqualFold(t, said) })
}

// forAccess reports whether an answer can be about an access token. An issuer
// answers for refresh tokens too (RFC 7662 §2), and no member of that RFC tells
// which it was: a client could use one in place of the other. Some issuers have
// a member of their own: token_use or token_type (Ory Hydra), typ (Keycloak).
func forAccess(answer strictjson.Object) bool {
	if _, said := answer.Get("token_use"); said && !says(answer, "token_use", "access_token", "access") {
		return false
	}
	return !says(answer, "token_type", "refresh_token") && !says(answer, "typ", "Refresh", "Offline", "ID")
}

// openSigned returns the answer within a signed one (RFC 9701 §5) whose
// signature was verified. What stands beside it is about the answer only.
func (v *Verifier) openSigned(payload string, now time.Time) (string, error) {
	said, err := strictjson.Parse(payload)
	if err != nil {
		return "", errMalformed
	}
	get := func(name string) strictjson.Value { value, _ := said.Get(name); return value }
	if iss, ok := get("iss").Text(); !ok || iss != v.cfg.Issuer {
		return "", errNotForUs
	}
	audience, ok := claims.Audience(get("aud"))
	if !ok || !intersect(audience, v.cfg.ResponseAudience) {
		return "", errNotForUs
	}
	issued, ok := get("iat").NumericDate()
	if age := now.Sub(issued); !ok || age > maxAnswerAge+v.cfg.ClockSkew || age < -v.cfg.ClockSkew-time.Second {
		return "", errStale
	}
	answer := get("token_introspection")
	if answer == "" {
		return "", errMalformed
	}
	return strings.Clone(string(answer)), nil // and let go of what stood beside it
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// The refusals of a token. What the issuer calls inactive is refused in one
// way, whatever the reason (RFC 7662 §2.2).
var (
	errUnlikely      = invalid(middleware.ReasonMalformedToken, "The access token is malformed")
	errInactive      = invalid(middleware.ReasonInactive, "The access token is not active")
	errExpired       = invalid(middleware.ReasonExpired, "The access token expired")
	errNotYetValid   = invalid(middleware.ReasonNotYetValid, "The access token is not valid yet")
	errUnknownIssuer = invalid(middleware.ReasonUnknownIssuer, "The access token is from an issuer that is not accepted here")
	errWrongAudience = invalid(middleware.ReasonWrongAudience, "The access token is meant for another audience")
	errMissingClaim  = invalid(middleware.ReasonMissingClaim, "The access token does not say whom it is meant for")
	errWrongType     = invalid(middleware.ReasonWrongType, "The token is not an access token")
	errUnbound       = invalid(middleware.ReasonUnconfirmedBinding, "The access token is bound to a key that is not known")
)

func invalid(reason middleware.Reason, description string) *middleware.Error {
	return &middleware.Error{Code: middleware.InvalidToken, Reason: reason, Description: description}
}

// judge decides whether the token that f is about is acceptable at now: the
// issuer has checked all this, perhaps (RFC 7662 §4).
func (v *Verifier) judge(f *fact, now time.Time) error {
	t := f.token
	switch {
	case t == nil:
		return errInactive
	case !t.Expiry.IsZero() && !now.Before(t.Expiry.Add(v.cfg.ClockSkew)):
		return errExpired
	case now.Before(t.NotBefore.Add(-v.cfg.ClockSkew)):
		return errNotYetValid
	case t.Issuer != v.cfg.Issuer:
		return errUnknownIssuer
	case t.Audience == nil && !v.cfg.AllowMissingAudience:
		return errMissingClaim
	case t.Audience != nil && !intersect(t.Audience, v.cfg.Audience):
		return errWrongAudience
	case f.other:
		return errWrongType
	case f.unbound:
		return errUnbound
	}
	return nil
}
