package jwks_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/warder-go/warder/internal/facts"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// nowhere is a ResponseWriter without a client, to be used again.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// hit is a guarded handler, and a request with a token that is remembered.
type hit struct {
	handler  http.Handler
	request  *http.Request
	verifier *jwks.Verifier
	token    string
}

func newHit(t testing.TB, k key, claims object, opts *middleware.Options) hit {
	t.Helper()
	h := hit{token: k.token(claims), request: httptest.NewRequest("GET", "/", nil)}
	h.verifier = verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	served := false
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true })
	h.handler = middleware.New(h.verifier, opts).Handler(scopes.Require("read")(next))
	h.request.Header.Set("Authorization", "Bearer "+h.token)
	h.handler.ServeHTTP(nowhere{}, h.request)
	if !served {
		t.Fatal("refused")
	}
	return h
}

// bytesPerRun is testing.AllocsPerRun for bytes.
func bytesPerRun(runs int, f func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	f()
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / uint64(runs)
}

// What a request with a token that is remembered allocates: the copy of the request
// and its context, whatever the token's length and algorithm, with an Observer or
// without.
func TestAllocationsOfAHit(t *testing.T) {
	const most, mostBytes = 2, 400
	large := make([]string, 400)
	for i := range large {
		large[i] = "a group of some length"
	}
	for _, row := range []struct {
		name   string
		key    key
		claims object
		opts   *middleware.Options
	}{
		{"RS256", rs(), nil, nil},
		{"ES256", es(), nil, nil},
		{"EdDSA", ed(), nil, nil},
		{"a long token", rs(), object{"groups": large}, nil},
		{"an audience of several", rs(), object{"aud": []string{"x", "y", resource}}, nil},
		{"an Observer", rs(), nil, &middleware.Options{Observe: func(context.Context, middleware.Event) {}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, w := newHit(t, row.key, row.claims, row.opts), nowhere{}
			if n := testing.AllocsPerRun(200, func() { h.handler.ServeHTTP(w, h.request) }); n > most {
				t.Errorf("%v allocations, want %d", n, most)
			}
			if n := bytesPerRun(200, func() { h.handler.ServeHTTP(w, h.request) }); n > mostBytes {
				t.Errorf("%d bytes, want %d", n, mostBytes)
			}
			ctx := t.Context()
			if n := testing.AllocsPerRun(200, func() { _, _ = h.verifier.Verify(ctx, h.token, nil) }); n != 0 {
				t.Errorf("%v allocations by Verify", n)
			}
		})
	}
}

// BenchmarkHit is a request with a token that is remembered: all of it, its part
// in Verify, and the least that any cache of tokens can cost.
func BenchmarkHit(b *testing.B) {
	h := newHit(b, rs(), nil, nil)
	b.Run("request", func(b *testing.B) {
		b.ReportAllocs()
		for w := (nowhere{}); b.Loop(); {
			h.handler.ServeHTTP(w, h.request)
		}
	})
	b.Run("request in parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for w := (nowhere{}); pb.Next(); {
				h.handler.ServeHTTP(w, h.request)
			}
		})
	})
	b.Run("Verify", func(b *testing.B) {
		b.ReportAllocs()
		for ctx := b.Context(); b.Loop(); {
			_, _ = h.verifier.Verify(ctx, h.token, nil)
		}
	})
	b.Run("digest and look-up", func(b *testing.B) {
		c := facts.New[*int](4096, 1)
		c.Add(facts.KeyOf("", h.token), new(int), 1)
		b.ReportAllocs()
		for b.Loop() {
			c.Get(facts.KeyOf("", h.token))
		}
	})
}
