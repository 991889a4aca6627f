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
	errNotJSON     = errors.New("introspect: the answer is not application/json")
	errSigned      = errors.New("introspect: the answer is signed (RFC 9701); SignedBy verifies such answers")
	errNotSigned   = errors.New("introspect: the answer is not signed, as SignedBy wants it")
	errForged      = errors.New("introspect: SignedBy does not verify the signed answer")
	errMalformed   = errors.New("introspect: the answer is malformed")
	errOtherIssuer = errors.New("introspect: iss of the signed answer is not Issuer")
	errNotForUs    = errors.New("introspect: aud of the signed answer names none of ResponseAudience, which is often our client id")
	errStale       = errors.New("introspect: iat of the signed answer is not of now: it is older than a minute, or a clock is off")
	errNoActivity  = errors.New("introspect: active is neither true nor false")
)

// forged is errForged with the reason that a verifier of signed answers gave, which
// tells keys that cannot be had from a forgery. The rest of err is about a token of
// ours and says the wrong thing.
func forged(err error) error {
	if refused := (*middleware.Error)(nil); errors.As(err, &refused) && slices.Contains(middleware.Reasons(), refused.Reason) {
		return fmt.Errorf("%w: %s", errForged, refused.Reason)
	}
	return errForged
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
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	switch active, _ := members.Get("active"); active {
	case "true":
	case "false":
		return new(fact), nil
	default:
		return nil, errNoActivity
	}
	said := v.rules.Read(members, []byte(doc), false)
	if err := said.Unread(); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return &fact{said: said}, nil
}

// openSigned returns the answer within a signed one (RFC 9701 §5) whose
// signature was verified. What stands beside it is about the answer only.
func (v *Verifier) openSigned(payload string, now time.Time) (string, error) {
	said, err := strictjson.Parse(payload)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errMalformed, err)
	}
	get := func(name string) strictjson.Value { value, _ := said.Get(name); return value }
	if iss, ok := get("iss").Text(); !ok || iss != v.cfg.Issuer {
		return "", errOtherIssuer
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
	switch {
	case answer == "":
		return "", fmt.Errorf("%w: token_introspection is missing", errMalformed)
	case len(answer) > maxAnswer:
		return "", fmt.Errorf("%w: token_introspection is longer than 64 KiB", errMalformed)
	}
	return strings.Clone(string(answer)), nil // and let go of what stood beside it
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// The refusals of a token; internal/claims has those for what is said of it. What the
// issuer calls inactive is refused in one way, whatever the reason (RFC 7662 §2.2).
var (
	errEmpty    = invalid(middleware.ReasonMalformedToken, "The access token is malformed", "the token is empty")
	errTooLong  = invalid(middleware.ReasonMalformedToken, "The access token is malformed", "the token is longer than the 4 KiB that the issuer is asked about")
	errNoMatch  = invalid(middleware.ReasonMalformedToken, "The access token is malformed", "the token is not of the shape that Match wants")
	errInactive = invalid(middleware.ReasonInactive, "The access token is not active", "the issuer says that the token is not active, or that it does not know it")
)

func invalid(reason middleware.Reason, description, why string) *middleware.Error {
	return &middleware.Error{Code: middleware.InvalidToken, Reason: reason, Description: description, Err: errors.New(why)}
}

// judge decides whether the token that f is about is acceptable at now: the
// issuer has checked all this, perhaps (RFC 7662 §4).
func (v *Verifier) judge(f *fact, now time.Time) error {
	if f.said == nil {
		return errInactive
	}
	return v.rules.Judge(f.said, now)
}
