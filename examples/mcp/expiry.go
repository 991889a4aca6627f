package main

import (
	"context"
	"net/http"
	"time"

	"github.com/warder-go/warder/middleware"
)

// clockSkew is how long after its exp a token is still admitted, and answered.
const clockSkew = 30 * time.Second

// whileAdmitted returns a context that ends when the guard would no longer admit
// t. [middleware.WithExpiry] ends at exp: a call that was admitted within the clock
// skew would have ended before it began.
func whileAdmitted(ctx context.Context, t *middleware.Token) (context.Context, context.CancelFunc) {
	if t == nil || t.Expiry.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, t.Expiry.Add(clockSkew))
}

// untilExpiry ends the responses of next with their token. Each may be a stream:
// a GET of a session, a subscription, but also the answer to any call. In a
// session, the context of a tool is not that of the request; [enforced] ends it.
// A tool that does not heed its context goes on, but what it says is not sent.
func untilExpiry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		ctx, cancel := whileAdmitted(r.Context(), t)
		defer cancel()
		if end, ok := ctx.Deadline(); ok { // a client that stops reading must not keep us
			_ = http.NewResponseController(w).SetWriteDeadline(end.Add(5 * time.Second))
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
