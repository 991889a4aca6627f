package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// Work that Verify started and that goes on without it, such as a fetch of
// keys, has the request's context, and Observers look into it.
func TestAnObserverMayLookForTheTokenAtAnyTime(t *testing.T) {
	var wg sync.WaitGroup
	token := new(middleware.Token)
	g := middleware.New(middleware.VerifierFunc(func(ctx context.Context, _ string, _ *http.Request) (*middleware.Token, error) {
		detached := context.WithoutCancel(ctx)
		wg.Go(func() { middleware.Observe(detached, middleware.Event{Op: middleware.OpFetch}) })
		return token, nil
	}), &middleware.Options{Observe: func(ctx context.Context, e middleware.Event) {
		if got, found := middleware.FromContext(ctx); found != (got != nil) || found && got != token {
			t.Errorf("%s: %v, %t", e.Op, got, found)
		}
	}})
	for range 20 {
		g.Handler(ok).ServeHTTP(httptest.NewRecorder(), bearer("a"))
		wg.Wait()
	}
}

// One guard, its copies, and everything they share, under the race detector.
func TestAGuardIsSafeForConcurrentUse(t *testing.T) {
	seen := newRecorder()
	g := middleware.New(newFakeVerifier(), &middleware.Options{
		Bindings: []middleware.Binding{fakeDPoP{}}, Observe: seen.observe,
		WriteDenial: func(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
			d.Header.Add("X-More", "1")
			middleware.WriteDenial(w, r, d)
		},
	})
	guards := []*middleware.Guard{g, g.For("GET /", "read")}
	fields := []string{"", "Bearer good", "Bearer expired", "Bearer outage", "Bearer backoff", "DPoP cnf.jkt", "Bearer a b"}
	status := map[string]int{"": 401, "Bearer good": 200, "Bearer expired": 401, "Bearer outage": 503, "Bearer backoff": 503, "DPoP cnf.jkt": 401, "Bearer a b": 400}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				field := fields[(i+j)%len(fields)]
				r := httptest.NewRequest("GET", "/", nil)
				if field != "" {
					r.Header.Set("Authorization", field+tokenSuffix)
				}
				w := httptest.NewRecorder()
				guards[i%2].Handler(ok).ServeHTTP(w, r)
				w.Header().Add("Retry-After", "outer middleware may append") // to nobody else's slice
				if w.Code != status[field] || w.Code != 200 && len(w.Header()["X-More"]) != 1 {
					t.Errorf("%q: %d %v", field, w.Code, w.Header())
				}
			}
		})
	}
	wg.Wait()
	equal(t, len(seen.of(middleware.OpAuthenticate)), 400)
}
