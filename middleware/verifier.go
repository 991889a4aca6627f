package middleware

import (
	"context"
	"net/http"
)

// A Verifier turns the access token that a request carried into what it says.
//
// The outermost [Error] or [Code] in the returned error decides the answer
// (see [Error]). An error without a Code, or an Error whose Code is empty,
// means "could not decide": the request is answered 503, never as a bad token.
// A nil Token beside a nil error is a fault of the Verifier and answered 503.
//
// Verify is called concurrently. The Token it returns may be shared between
// requests and must not change afterwards. r is the request that carried the
// token, as it came; it may be nil where a token is judged outside a request.
// ctx is the request's context with the guard in it: [Observe] wants this one,
// not r's. Work that goes on after Verify returned, for other requests too,
// takes context.WithoutCancel(ctx): the values stay good, the request ends.
type Verifier interface {
	Verify(ctx context.Context, token string, r *http.Request) (*Token, error)
}

// VerifierFunc is a function that is a [Verifier].
type VerifierFunc func(ctx context.Context, token string, r *http.Request) (*Token, error)

// Verify calls f.
func (f VerifierFunc) Verify(ctx context.Context, token string, r *http.Request) (*Token, error) {
	return f(ctx, token, r)
}
