package claims

import (
	"errors"
	"fmt"

	"github.com/warder-go/warder/middleware"
)

// The refusals that say all there is to say. Each refusal is one value, made before
// the first token: a stranger's bad token costs no allocation here. Their Err is for
// the operator, and names claims and options, never a value of the token's.
var (
	errExpired     = refusal(middleware.ReasonExpired, "exp has passed, ClockSkew included")
	errNotYetValid = refusal(middleware.ReasonNotYetValid, "nbf is in the future, beyond ClockSkew: one of the clocks is off")
	errUnbound     = refusal(middleware.ReasonUnconfirmedBinding, "the token is said to be for DPoP, and cnf.jkt does not say for which key")
)

// descriptions are what clients are told (RFC 6750 §3).
var descriptions = map[middleware.Reason]string{
	middleware.ReasonWrongType:          "The token is not an access token",
	middleware.ReasonUnknownIssuer:      "The access token is from an issuer that is not accepted here",
	middleware.ReasonWrongAudience:      "The access token is meant for another audience",
	middleware.ReasonExpired:            "The access token expired",
	middleware.ReasonNotYetValid:        "The access token is not valid yet",
	middleware.ReasonTooOld:             "The access token was issued too long ago",
	middleware.ReasonMissingClaim:       "The access token lacks a claim that is required here",
	middleware.ReasonInvalidClaim:       "The access token has a claim of the wrong type",
	middleware.ReasonUnconfirmedBinding: "The access token is bound to a key that is not known",
}

func refusal(reason middleware.Reason, format string, args ...any) *middleware.Error {
	return &middleware.Error{
		Code: middleware.InvalidToken, Reason: reason,
		Description: descriptions[reason], Err: fmt.Errorf(format, args...),
	}
}

// refusals are those in which names or values of the configuration stand.
type refusals struct {
	issuer, wrongAudience, audienceClaim, noTokenType, tooOld *middleware.Error

	// By claim.
	missing, null, wrong, isNull     map[string]*middleware.Error
	kinds, identity, looks, audience map[string]*middleware.Error
}

func newRefusals(cfg Config) refusals {
	f := refusals{
		issuer:        refusal(middleware.ReasonUnknownIssuer, "iss is not the Issuer %.200q, byte for byte", cfg.Issuer),
		wrongAudience: refusal(middleware.ReasonWrongAudience, "aud names none of the Audience %.200q", cfg.Audience),
		audienceClaim: refusal(middleware.ReasonWrongAudience, "%s, the AudienceClaim, names none of the Audience %.200q", cfg.AudienceClaim, cfg.Audience),
		noTokenType:   refusal(middleware.ReasonWrongType, "token_type is not that of an access token, such as Bearer, which RequireTokenType wants: this may be a refresh token"),
		tooOld:        refusal(middleware.ReasonTooOld, "iat is longer ago than MaxTokenAge %v", cfg.MaxTokenAge),
		missing:       map[string]*middleware.Error{}, null: map[string]*middleware.Error{},
		wrong: map[string]*middleware.Error{}, isNull: map[string]*middleware.Error{},
		kinds: map[string]*middleware.Error{}, identity: map[string]*middleware.Error{},
		looks: map[string]*middleware.Error{}, audience: map[string]*middleware.Error{},
	}
	f.ofClaims(cfg)
	f.ofKinds(cfg)
	return f
}

// ofClaims makes the refusals for claims that are absent or cannot be read.
func (f refusals) ofClaims(cfg Config) {
	const profile = "RFC 9068 §2.2 requires it, PreRFC9068 does not"
	aud := "AudienceClaim names a claim to read in its place"
	if cfg.Answer {
		aud = "AllowMissingAudience is for issuers that answer only for tokens meant for the caller"
	}
	needs := map[string]string{
		"iss": "whose token it is cannot be told", "exp": "a token must expire",
		"sub": profile, cfg.ClientClaim: profile + "; ClientClaim names a claim to read in its place", "jti": profile, "iat": profile,
		cfg.AudienceClaim: "it is the AudienceClaim", "aud": aud,
	}
	if cfg.MaxTokenAge > 0 {
		needs["iat"] = "MaxTokenAge needs it"
	}
	for name, why := range needs {
		f.missing[name] = refusal(middleware.ReasonMissingClaim, "%s is missing: %s", name, why)
		f.null[name] = refusal(middleware.ReasonMissingClaim, "%s is null, which counts as missing: %s", name, why)
	}

	const text, date = "a string", "a number of seconds before the year 10000 (RFC 7519 §2)"
	const list = "a string or an array of strings"
	types := map[string]string{
		"iss": text, "sub": text, "client_id": text, "jti": text, "acr": text, "token_type": text,
		"exp": date, "nbf": date, "iat": date, "auth_time": date,
		"aud": list, "scope": text + "; ScopeClaims names claims that may be arrays",
		"cnf": "an object", "act": "an object whose iss, sub and client_id are strings",
		"authorization_details": "an array of objects with a type", // RFC 9396 §2
	}
	types[cfg.ClientClaim] = text
	if cfg.AudienceClaim != "client_id" {
		types[cfg.AudienceClaim] = list
	}
	for _, name := range cfg.ScopeClaims {
		types[name] = list
	}
	for name, want := range types {
		f.wrong[name] = refusal(middleware.ReasonInvalidClaim, "%s is not %s", name, want)
		f.isNull[name] = refusal(middleware.ReasonInvalidClaim, "%s is null and not %s; PreRFC9068 takes null for absent", name, want)
	}
	f.isNull["cnf"] = refusal(middleware.ReasonInvalidClaim, "cnf is null and not an object, so nothing can confirm it")
}

// ofKinds makes the refusals of tokens that are no access tokens.
func (f refusals) ofKinds(cfg Config) {
	hint := "; InsecureAllowIDTokens is for issuers that send ID tokens as access tokens"
	if cfg.Answer {
		hint = ""
	}
	for _, name := range []string{"typ", "token_use", "token_type"} {
		f.kinds[name] = refusal(middleware.ReasonWrongType, "%s in the claims says that this is another token than an access token", name)
		f.identity[name] = refusal(middleware.ReasonWrongType, "%s in the claims says that this is an ID token%s", name, hint)
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash"} {
		f.looks[name] = refusal(middleware.ReasonWrongType, "%s is there, as in ID tokens, and no scope; ScopeClaims names claims with scopes%s", name, hint)
	}
	f.looks["events"] = refusal(middleware.ReasonWrongType, "events is there, as in logout tokens, and no scope")
	for _, name := range []string{"client_id", "azp", cfg.ClientClaim} {
		f.audience[name] = refusal(middleware.ReasonWrongType, "%s is the very name in aud that is in Audience, as in ID tokens: give the API a name of its own%s", name, hint)
	}
}

// unreadable returns the refusal of a token one claim of which has the wrong type.
func (f refusals) unreadable(name string, isNull bool) *middleware.Error {
	by := f.wrong
	if isNull {
		by = f.isNull
	}
	if e := by[name]; e != nil {
		return e
	}
	return errUnreadable // no claim is read that has no refusal; fail closed all the same
}

var errUnreadable = &middleware.Error{
	Code: middleware.InvalidToken, Reason: middleware.ReasonInvalidClaim,
	Description: descriptions[middleware.ReasonInvalidClaim], Err: errors.New("a claim has the wrong type"),
}
