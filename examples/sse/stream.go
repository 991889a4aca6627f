package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/warder-go/warder/middleware"
)

// nextLine makes each line of an event's data a data field of its own: a line
// break in the data must not begin another field or another event.
var nextLine = strings.NewReplacer("\r\n", "\ndata: ", "\n", "\ndata: ", "\r", "\ndata: ")

// Changes streams server-sent events until the client leaves, its access token
// expires, or there are no more changes. Each stream subscribes for itself: from
// a channel that they share, each change would reach one of them alone. The
// subscription ends with ctx, which ends with the stream.
//
// A last event called expired tells a token's end from a connection's: a client
// that reads it gets another token first, and connects again then. (It needs
// data, or browsers drop it.)
func Changes(subscribe func(ctx context.Context) <-chan string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := middleware.WithExpiry(r.Context())
		defer cancel()
		if ctx.Err() != nil { // expired, but admitted within ClockSkew: 401, or it would come back at once
			middleware.Deny(w, r, context.Cause(ctx))
			return
		}
		stream := http.NewResponseController(w)
		if exp, ok := ctx.Deadline(); ok { // a client that stops reading must not keep us
			_ = stream.SetWriteDeadline(exp.Add(5 * time.Second))
		}
		w.Header().Set("Content-Type", "text/event-stream")
		changes := subscribe(ctx) // its own channel, until ctx ends
		for ctx.Err() == nil {
			_ = stream.Flush()
			select {
			case <-ctx.Done():
			case change, ok := <-changes:
				if !ok {
					return
				}
				fmt.Fprintf(w, "data: %s\n\n", nextLine.Replace(change))
			}
		}
		if errors.Is(context.Cause(ctx), middleware.InvalidToken) {
			fmt.Fprint(w, "event: expired\ndata: the access token expired\n\n")
		}
	}
}
