package recipes

import (
	"context"
	"net/http"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// NewService returns notes behind a guard, whose keys are there before the first
// request and survive a restart, and a readiness probe beside it. The keys are
// refreshed until ctx ends.
func NewService(ctx context.Context, issuer, audience, snapshot string, notes http.Handler) (http.Handler, error) {
	observe := middleware.Log(nil) // add that of metrics.New by middleware.Observers
	keys, err := jwks.Discover(issuer, &jwks.RemoteOptions{
		Snapshot: snapshot, // such as /var/lib/notes/keys.json, in a folder of mode 0700
		Observe:  observe,  // tells of the fetches that no request asked for
	})
	if err != nil {
		return nil, err
	}
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}, KeySet: keys})
	if err != nil {
		return nil, err
	}
	go keys.KeepFresh(ctx)

	mux := http.NewServeMux()
	mux.Handle("GET /readyz", keys.ReadyHandler())
	mux.Handle("/", middleware.New(verifier, &middleware.Options{Observe: observe}).Handler(notes))
	return mux, nil
}

// NewServer returns a server with limits. MaxHeaderBytes leaves room for the
// longest token that is read, 16 KiB.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Addr: ":8080", Handler: h,
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
	}
}
