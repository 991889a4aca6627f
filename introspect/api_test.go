package introspect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// api is a guarded API, seen from outside: GET /api/r needs the scope read,
// GET /api/w needs write.
type api struct{ handler http.Handler }

func newAPI(v middleware.Verifier, opts ...middleware.Options) api {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		w.Header().Add("Ran", "yes")
		fmt.Fprintf(w, "%s %s %q", t.Issuer, t.Subject, t.Scopes)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /api/r", scopes.Require("read")(ok))
	mux.Handle("GET /api/w", scopes.Require("write")(ok))
	var o middleware.Options
	if len(opts) > 0 {
		o = opts[0]
	}
	o.Observe = middleware.Observers(o.Observe, func(ctx context.Context, e middleware.Event) {
		if told, ok := ctx.Value(eventsKey{}).(*events); ok {
			told.add(e)
		}
	})
	return api{middleware.New(v, &o).Handler(mux)}
}

// events collects what an Observer is told, of one request if it is in that
// request's context, background work that outlives it included.
type events struct {
	mu  sync.Mutex
	all []middleware.Event
}

type eventsKey struct{}

func (es *events) add(e middleware.Event) {
	es.mu.Lock()
	defer es.mu.Unlock()
	es.all = append(es.all, e)
}

// of returns the events of this kind.
func (es *events) of(op middleware.Op) []middleware.Event {
	es.mu.Lock()
	defer es.mu.Unlock()
	var of []middleware.Event
	for _, e := range es.all {
		if e.Op == op {
			of = append(of, e)
		}
	}
	return of
}

// answer is an answer of the API, and what its Observer was told.
type answer struct {
	*http.Response
	body string
	told *events
}

// get asks for /api/r with this token.
func (a api) get(token string) answer { return a.with(context.Background(), "/api/r", token) }

func (a api) with(ctx context.Context, path, token string) answer {
	told := new(events)
	ctx = context.WithValue(ctx, eventsKey{}, told)
	r := httptest.NewRequestWithContext(ctx, "GET", "https://rs.example"+path, nil)
	r.Header["Authorization"] = []string{"Bearer " + token}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String(), told}
}

// String returns the code of the conformance ledger and, for a refusal, its
// reason; all of the answer where it deserves no code.
func (a answer) String() string {
	h, ran := a.Header, len(a.Header.Values("Ran"))
	if a.StatusCode == 200 && ran == 1 {
		return "OK"
	}
	reason := middleware.Reason("untold")
	if told := a.told.of(middleware.OpAuthenticate); len(told) == 1 {
		reason = told[0].Reason
	}
	if told := a.told.of(middleware.OpAuthorize); len(told) == 1 && reason == middleware.ReasonOK {
		reason = told[0].Reason
	}
	for code, want := range map[string]struct {
		status int
		error  string
	}{
		"400-R": {400, "invalid_request"},
		"401-T": {401, "invalid_token"},
		"403-S": {403, "insufficient_scope"},
	} {
		challenges := h.Values("WWW-Authenticate")
		if a.StatusCode == want.status && ran == 0 && h.Get("Cache-Control") == "no-store" &&
			len(challenges) == 1 && strings.HasPrefix(challenges[0], "Bearer ") &&
			strings.Count(challenges[0], "error=") == 1 && strings.Contains(challenges[0], `error="`+want.error+`"`) {
			return code + " " + string(reason)
		}
	}
	retry, err := strconv.Atoi(h.Get("Retry-After"))
	if a.StatusCode == 503 && ran == 0 && len(h.Values("WWW-Authenticate")) == 0 && err == nil && retry >= 1 {
		return "503-U " + string(reason)
	}
	return fmt.Sprintf("status %d, handler ran %d times, %v", a.StatusCode, ran, h)
}

// is reports a wrong answer.
func (a answer) is(t testing.TB, want string) {
	t.Helper()
	if got := a.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

const (
	ok          = "OK"
	unavailable = "503-U introspection_unavailable"
	notActive   = "401-T inactive"
)

// verifier returns a Verifier that asks s, changed.
func verifier(t testing.TB, s http.RoundTripper, change func(*introspect.Config)) *introspect.Verifier {
	t.Helper()
	cfg := introspect.Config{
		Issuer: issuer, Endpoint: endpoint, Audience: []string{resource},
		Authenticate: introspect.Basic("rs", "secret"),
		HTTPClient:   &http.Client{Transport: s},
	}
	if change != nil {
		change(&cfg)
	}
	v, err := introspect.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// guarding returns an API that asks s about tokens.
func guarding(t testing.TB, s http.RoundTripper, change func(*introspect.Config)) api {
	t.Helper()
	return newAPI(verifier(t, s, change))
}
