package main

import (
	"context"
	"math"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/warder-go/warder/middleware"
)

// tokenExtra is where [auth.TokenInfo.Extra] has the token as Warder knows it.
const tokenExtra = "warder"

// withTokenInfo tells the SDK whose request this is. A guard stands in front of
// it and has judged the token; what is left to do is to translate it, so that
// tools find it in their request's Extra.TokenInfo and the SDK binds sessions
// to their user.
//
// The SDK has one door for this, RequireBearerToken, which reads the
// Authorization field and judges exp again. So it is given a field that always
// reads well, and no reason to judge: a token that came by DPoP, without exp, or
// within the guard's clock skew is not refused a second time, and without a
// challenge. The field goes no further, and the token with it: a tool that sees
// no token cannot pass one on.
//
// The context of a tool is that of the request that began its session, whose
// token may have been another. So Warder's token goes no further either:
// middleware.FromContext in a tool finds none, rather than the wrong one. Tools use
// [caller].
func withTokenInfo(next http.Handler) http.Handler {
	translate := auth.RequireBearerToken(
		func(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
			t, ok := middleware.FromContext(ctx)
			if !ok {
				return nil, auth.ErrInvalidToken // not reached
			}
			return tokenInfo(t), nil
		},
		&auth.RequireBearerTokenOptions{AllowMissingExpiration: true, ClockSkew: math.MaxInt64},
	)
	inner := translate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Authorization")
		next.ServeHTTP(w, r.WithContext(middleware.NewContext(r.Context(), nil)))
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, ok := middleware.FromContext(r.Context()); !ok || t.Subject == "" {
			middleware.Deny(w, r, errNobody)
			return
		}
		admitted := r.WithContext(r.Context())
		admitted.Header = r.Header.Clone()
		admitted.Header.Set("Authorization", "Bearer admitted")
		admitted.Header.Del("DPoP")
		inner.ServeHTTP(w, admitted)
	})
}

// errNobody refuses tokens without a subject: a session that belongs to nobody
// would be everybody's.
var errNobody = &middleware.Error{
	Code: middleware.InvalidToken, Reason: middleware.ReasonMissingClaim,
	Description: "The access token has no subject",
}

// tokenInfo is t in the words of the SDK. A subject means something only
// together with its issuer (RFC 8725 §3.8), and no issuer has a space in it.
func tokenInfo(t *middleware.Token) *auth.TokenInfo {
	return &auth.TokenInfo{
		UserID:     t.Issuer + " " + t.Subject,
		Scopes:     t.Scopes,
		Expiration: t.Expiry,
		Extra:      map[string]any{tokenExtra: t},
	}
}

// caller returns the token that came with a request to a tool, whose
// Extra.TokenInfo is info.
func caller(info *auth.TokenInfo) (*middleware.Token, bool) {
	if info == nil {
		return nil, false
	}
	t, ok := info.Extra[tokenExtra].(*middleware.Token)
	return t, ok
}
