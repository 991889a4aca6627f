package recipes

import (
	"context"
	"time"

	"github.com/warder-go/warder/introspect"
)

// KeepToken returns a source for introspect.Bearer. It keeps what fetch returns until a
// minute before that expires, or until the issuer refuses it.
func KeepToken(fetch func(context.Context) (token string, expires time.Time, err error)) func(context.Context) (string, error) {
	turn := make(chan struct{}, 1) // a lock that waits no longer than ctx
	var kept string
	var renew time.Time
	return func(ctx context.Context) (string, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if kept != "" && time.Now().Before(renew) && !introspect.Refused(ctx) {
			return kept, nil
		}
		token, expires, err := fetch(ctx)
		if err != nil {
			return "", err // and keep the old one: a refusal may have been about another token
		}
		kept, renew = token, expires.Add(-time.Minute)
		return kept, nil
	}
}
