package middleware

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
)

// guarded is the context of a request behind a guard, and what the guard
// knows of that request: one value for both, in place before Verify, so that
// verifiers and bindings can report through it.
type guarded struct {
	context.Context
	guard *Guard

	// authorization is the Authorization field that was judged. A request made
	// with this context but with another field is another request.
	authorization string

	scheme    int32 // of the credentials, among the guard's; negative: none
	anonymous bool  // admitted without a token

	// token is set once everything was confirmed, before the handler runs. Work
	// that Verify started and that goes on without it may read the token while
	// it is set, hence atomic.
	token atomic.Pointer[Token]

	// refusedBy is the issuer that the last verify event named, if it refused.
	// Verifiers may run in parallel below one Verify, hence atomic.
	refusedBy atomic.Pointer[string]
}

type guardedKey struct{}

// Value hands out c itself under the package's key.
func (c *guarded) Value(key any) any {
	if key == (guardedKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// admitted reports whether the guard let the request through.
func (c *guarded) admitted() bool { return c.anonymous || c.token.Load() != nil }

// under returns c, which is in ctx, for g, another guard that For made of c's:
// what is refused below it is refused as g does. All that ctx gained since then,
// such as a deadline, is kept.
func (c *guarded) under(ctx context.Context, g *Guard) *guarded {
	inner := &guarded{
		Context: ctx, guard: g, scheme: c.scheme,
		authorization: c.authorization, anonymous: c.anonymous,
	}
	inner.token.Store(c.token.Load())
	return inner
}

// credentialScheme returns the scheme of the credentials, or "" if c is nil or
// there were none.
func (c *guarded) credentialScheme() string {
	if c == nil || c.scheme < 0 {
		return ""
	}
	return c.guard.schemes[c.scheme]
}

// authorizationOf returns the Authorization field of r in one string. What it
// returns for more than one line, and for an empty one, never equals a single
// line's value.
func authorizationOf(r *http.Request) string {
	switch lines := r.Header["Authorization"]; len(lines) {
	case 0:
		return ""
	case 1:
		if lines[0] == "" {
			return "\r" // two empty lines read "\n"
		}
		return lines[0]
	default:
		return strings.Join(lines, "\n")
	}
}

// current returns the innermost guarded context in ctx, or nil.
func current(ctx context.Context) *guarded {
	c, _ := ctx.Value(guardedKey{}).(*guarded)
	return c
}

// FromContext returns the token that the guard in front of ctx admitted.
// It reports false where there is none: no guard, or an anonymous request
// under AllowAnonymous.
func FromContext(ctx context.Context) (*Token, bool) {
	if c := current(ctx); c != nil {
		t := c.token.Load()
		return t, t != nil
	}
	return nil, false
}

// NewContext returns ctx as a guard made by New(v, nil) leaves it after
// admitting t, so that handlers and requirements can be tested without a
// request through a guard: they answer as in production. Below a guard, it
// replaces the token and keeps that guard. A nil t stands for an anonymous
// request.
func NewContext(ctx context.Context, t *Token) context.Context {
	c := &guarded{Context: ctx, guard: bare, anonymous: t == nil}
	c.token.Store(t)
	if outer := current(ctx); outer != nil {
		c.guard, c.scheme, c.authorization = outer.guard, outer.scheme, outer.authorization
	}
	return c
}

// bare is the guard of contexts that tests make. It admits nobody.
var bare = New(VerifierFunc(func(context.Context, string, *http.Request) (*Token, error) {
	return nil, InvalidToken
}), nil)

// WithExpiry returns a context that ends when the token in ctx expires, for
// handlers that go on answering: server-sent events, WebSockets. Its cause is
// then an error that is [InvalidToken], which [Deny] answers. Without a token, or
// for a token without exp, it ends with ctx. Call the CancelFunc when the work is
// done.
//
// A verifier's clock skew admits a token for a moment after its exp: the context
// has then ended when the handler begins. It does not interrupt a Write that
// blocks; a write deadline does.
func WithExpiry(ctx context.Context) (context.Context, context.CancelFunc) {
	t, ok := FromContext(ctx)
	if !ok || t.Expiry.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, t.Expiry, errExpired)
}

var errExpired = &Error{Code: InvalidToken, Reason: ReasonExpired, Description: "The access token expired"}
