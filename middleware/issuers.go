package middleware

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/warder-go/warder/internal/strictjson"
)

var (
	errUnreadable = &Error{
		Code: InvalidToken, Reason: ReasonMalformedToken,
		Description: "The access token is malformed",
		Err:         errors.New("not a JWT with an iss that is text, by which ByIssuer chooses; ByFormat is for opaque tokens"),
	}
	errUnknownIssuer = &Error{
		Code: InvalidToken, Reason: ReasonUnknownIssuer,
		Description: "The access token is from an issuer that is not accepted here",
		Err:         errors.New("ByIssuer has no Verifier for iss, which is compared byte for byte"),
	}
	errOtherIssuer = &Error{
		Code: InvalidToken, Reason: ReasonUnknownIssuer,
		Description: "The access token is from an issuer that is not accepted here",
		Err:         errors.New("the Verifier that ByIssuer chose returned a Token of another Issuer than the one it stands under"),
	}
)

// ByIssuer returns a Verifier that lets each issuer's own Verifier judge its
// JWTs. The issuer is read from the token before anything in it is verified,
// and only to choose: a token from an issuer that is not a key of the map is
// refused without any I/O, and a Verifier that returns a Token of another
// Issuer than the key it stands under is overruled (RFC 8725 §3.8). A nil
// Verifier panics. The map is copied.
func ByIssuer(issuers map[string]Verifier) Verifier {
	own := maps.Clone(issuers)
	for _, v := range own {
		if v == nil {
			panic("middleware: ByIssuer with a nil Verifier")
		}
	}
	return ByIssuerFunc(func(iss string) Verifier { return own[iss] })
}

// ByIssuerFunc is [ByIssuer] with a function in place of the map, for sets of
// issuers that change. find returns nil for an unknown issuer; it is called
// concurrently. It sees what strangers send: let it look up, never construct
// or fetch.
func ByIssuerFunc(find func(iss string) Verifier) Verifier {
	if find == nil {
		panic("middleware: ByIssuerFunc(nil)")
	}
	return VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*Token, error) {
		iss, ok := unverifiedIssuer(token)
		if !ok {
			return nil, errUnreadable
		}
		v := find(iss)
		if v == nil {
			return nil, errUnknownIssuer
		}
		t, err := v.Verify(ctx, token, r)
		if err == nil && t != nil && t.Issuer != iss {
			return nil, errOtherIssuer
		}
		return t, err
	})
}

// unverifiedIssuer reads iss from a token of which nothing is verified.
func unverifiedIssuer(token string) (string, bool) {
	segments := strings.SplitN(token, ".", 4)
	if len(token) > maxToken || len(segments) != 3 {
		return "", false
	}
	payload, err := strictjson.Base64URL(segments[1])
	if err != nil {
		return "", false
	}
	claims, err := strictjson.Parse(string(payload))
	if err != nil {
		return "", false
	}
	iss, ok := claims.Get("iss")
	if !ok {
		return "", false
	}
	return iss.Text()
}

// ByFormat returns a Verifier that lets jwt judge what has the form of a JWT
// (three base64url segments, the first a JSON object with alg) and opaque
// everything else. Neither falls back on the other: a JWT that jwt refuses is
// refused. Nil for either panics.
func ByFormat(jwt, opaque Verifier) Verifier {
	if jwt == nil || opaque == nil {
		panic("middleware: ByFormat with a nil Verifier")
	}
	return VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*Token, error) {
		if isJWT(token) {
			return jwt.Verify(ctx, token, r)
		}
		return opaque.Verify(ctx, token, r)
	})
}

// isJWT reports whether token has the form of a signed JWT. An empty last
// segment counts, so that an unsigned JWT goes where it is refused.
func isJWT(token string) bool {
	segments := strings.SplitN(token, ".", 4)
	if len(token) > maxToken || len(segments) != 3 || !isBase64URL(segments[1]) || !isBase64URL(segments[2]) {
		return false
	}
	doc, err := strictjson.Base64URL(segments[0])
	if err != nil {
		return false
	}
	header, err := strictjson.Parse(string(doc))
	if err != nil {
		return false
	}
	_, ok := header.Get("alg")
	return ok
}

// isBase64URL reports whether s has only characters of base64url (RFC 4648 §5).
func isBase64URL(s string) bool {
	for i := range len(s) {
		if s[i] == '.' || s[i] == '~' || s[i] == '+' || s[i] == '/' || token68[s[i]] == 0 {
			return false
		}
	}
	return true
}
