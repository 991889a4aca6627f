package jwks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

const (
	issuer   = "https://as.example/t1"
	resource = "https://rs.example/api"
)

// api is a guarded API, seen from outside: GET /api/r needs the scope read,
// POST /api/w needs write.
type api struct{ handler http.Handler }

func newAPI(v middleware.Verifier, opts ...middleware.Options) api {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		w.Header().Add("Ran", "yes")
		fmt.Fprintf(w, "%s %s %q", t.Issuer, t.Subject, t.Scopes)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /api/r", scopes.Require("read")(ok))
	mux.Handle("POST /api/w", scopes.Require("write")(ok))
	var o middleware.Options
	if len(opts) > 0 {
		o = opts[0]
	}
	o.Observe = middleware.Observers(o.Observe, func(ctx context.Context, e middleware.Event) {
		if told, ok := ctx.Value(reasonKey{}).(*reasons); ok {
			told.add(e)
		}
	})
	return api{middleware.New(v, &o).Handler(mux)}
}

// reasons collects what an Observer is told of one request, background work
// that outlives it included.
type reasons struct {
	mu   sync.Mutex
	last map[middleware.Op]middleware.Reason
}

type reasonKey struct{}

func (r *reasons) add(e middleware.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[e.Op] = e.Reason
}

// get returns the outcome of GET /api/r with this token: the code of the
// conformance ledger, and for a refusal its reason.
func (a api) get(token string) string { return a.ask("GET", "/api/r", "Bearer "+token) }

func (a api) ask(method, path, authorization string) string {
	r := httptest.NewRequest(method, "https://rs.example"+path, nil)
	r.Header["Authorization"] = []string{authorization}
	outcome, _ := a.do(r)
	return outcome
}

func (a api) do(r *http.Request) (outcome string, answer *http.Response) {
	told := &reasons{last: map[middleware.Op]middleware.Reason{}}
	r = r.WithContext(context.WithValue(r.Context(), reasonKey{}, told))
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	answer = w.Result()
	outcome = codeOf(answer)
	if outcome == "OK" {
		return outcome, answer
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	reason := told.last[middleware.OpAuthenticate]
	if reason == middleware.ReasonOK {
		reason = told.last[middleware.OpAuthorize]
	}
	return outcome + " " + string(reason), answer
}

// codeOf returns the outcome code of an answer, and all of the answer where
// that deserves none.
func codeOf(answer *http.Response) string {
	h := answer.Header
	ran := len(h.Values("Ran"))
	if answer.StatusCode == 200 && ran == 1 {
		return "OK"
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
		if answer.StatusCode == want.status && ran == 0 && h.Get("Cache-Control") == "no-store" &&
			len(challenges) == 1 && strings.HasPrefix(challenges[0], "Bearer ") &&
			strings.Count(challenges[0], "error=") == 1 && strings.Contains(challenges[0], `error="`+want.error+`"`) {
			return code
		}
	}
	retry, err := strconv.Atoi(h.Get("Retry-After"))
	if answer.StatusCode == 503 && ran == 0 && len(h.Values("WWW-Authenticate")) == 0 && err == nil && retry >= 1 {
		return "503-U"
	}
	return fmt.Sprintf("status %d, handler ran %d times, %v", answer.StatusCode, ran, h)
}

// attempt is a row of a table: a token and the outcome it shall have.
type attempt struct{ name, token, want string }

func (a api) try(t *testing.T, rows []attempt) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Helper()
			a.wants(t, row.token, row.want)
		})
	}
}

// wants judges a token. A want without a reason takes any.
func (a api) wants(t *testing.T, token, want string) {
	t.Helper()
	if got := a.get(token); got != want && !strings.HasPrefix(got, want+" ") {
		t.Errorf("got %s, want %s", got, want)
	}
}

// wantsNoKey wants a token with a made-up kid refused: as a bad one, or as one whose key
// is looked for when the Cooldown is over.
func (a api) wantsNoKey(t *testing.T, token string) {
	t.Helper()
	if got := a.get(token); got != "401-T unknown_key" && got != "503-U cooldown" {
		t.Errorf("got %s", got)
	}
}

// verifier returns a Verifier of the fixture's issuer and resource, changed.
func verifier(t testing.TB, change func(*jwks.Config)) *jwks.Verifier {
	t.Helper()
	cfg := jwks.Config{Issuer: issuer, Audience: []string{resource}}
	if change != nil {
		change(&cfg)
	}
	v, err := jwks.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// knowing returns an API whose issuer publishes just these keys.
func knowing(t testing.TB, published ...object) api {
	t.Helper()
	return newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, published...) }))
}

func parsed(t testing.TB, published ...object) *jwks.KeySet {
	t.Helper()
	set, err := jwks.Parse(keySet(published...))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// all returns the JWKs of the fixture's issuer.
func all() []object {
	return []object{rs().jwk(nil), es().jwk(nil), ed().jwk(nil)}
}
