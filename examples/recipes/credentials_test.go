package recipes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// opaque returns what answers a request with an opaque token by its status: an API that
// asks the issuer with auth, and remembers nothing.
func opaque(t *testing.T, issuer, endpoint string, auth introspect.ClientAuth) func(token string) int {
	t.Helper()
	v, err := introspect.NewVerifier(introspect.Config{
		Issuer: issuer, Endpoint: endpoint, Audience: []string{issuertest.Audience}, Authenticate: auth,
		CacheTTL: -1, NegativeTTL: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	api := middleware.New(v, nil).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return func(token string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w.Code
	}
}

func write(t *testing.T, file, secret string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A secret is rotated while the process runs, in either order.
func TestSecretIn(t *testing.T) {
	issuer := issuertest.NewIssuer()
	t.Cleanup(issuer.Close)
	file := filepath.Join(t.TempDir(), "secret")
	get := opaque(t, issuer.URL, "", recipes.SecretIn(file, "notes-api"))
	token := issuer.Opaque(nil)

	if got := get(token); got != 503 {
		t.Errorf("%d without the file", got)
	}
	issuer.RegisterResource("notes-api", "one", issuertest.Audience)
	write(t, file, "one")
	if got := get(token); got != 200 {
		t.Errorf("%d with the secret", got)
	}
	issuer.RegisterResource("notes-api", "two", issuertest.Audience)
	if got := get(token); got != 503 {
		t.Errorf("%d with a secret that the issuer does not take any more", got)
	}
	write(t, file, "two")
	if got := get(token); got != 200 {
		t.Errorf("%d with the new one", got)
	}
}

// A secret that changes while a call with the old one is under way costs nothing.
func TestSecretInWhileACallIsUnderWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "one")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, secret, _ := r.BasicAuth(); secret != "two" {
			write(t, file, "two")
			w.WriteHeader(401)
			fmt.Fprint(w, `{"error":"invalid_client"}`)
			return
		}
		admit(w)
	}))
	t.Cleanup(s.Close)
	get := opaque(t, "https://login.example.com", s.URL, recipes.SecretIn(file, "notes-api"))
	if got := get("x"); got != 200 {
		t.Errorf("got %d", got)
	}
}

func admit(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"active":true,"sub":"ada","aud":%q,"exp":%d}`, issuertest.Audience, time.Now().Add(time.Hour).Unix())
}

// A token of our own is fetched once, and again when it expires or is refused.
func TestKeepToken(t *testing.T) {
	var good atomic.Int32 // the token that the issuer takes
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != fmt.Sprint("Bearer own-", good.Load()) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(401)
			return
		}
		admit(w)
	}))
	t.Cleanup(s.Close)
	for _, row := range []struct {
		name     string
		lifetime time.Duration
		happens  func()
		fails    bool // there is no other token
		want     int
		fetched  int // three calls before it happens, and three after
	}{
		{"a good one is kept", time.Hour, func() {}, false, 200, 1},
		{"one that expires within a minute is not", time.Minute, func() {}, false, 200, 6},
		{"one that is revoked is replaced, and nobody notices", time.Hour, func() { good.Add(1) }, false, 200, 2},
		{"if there is none, the source is not asked each time", time.Hour, func() { good.Add(1) }, true, 503, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			fetched, closed := 0, false
			get := opaque(t, "https://login.example.com", s.URL, introspect.Bearer(recipes.KeepToken(func(context.Context) (string, time.Time, error) {
				if fetched++; closed {
					return "", time.Time{}, errors.New("the token endpoint does not answer")
				}
				return fmt.Sprint("own-", good.Load()), time.Now().Add(row.lifetime), nil
			})))
			for range 3 {
				if got := get("x"); got != 200 {
					t.Errorf("got %d", got)
				}
			}
			closed = row.fails
			row.happens()
			for range 3 {
				if got := get("x"); got != row.want {
					t.Errorf("got %d, want %d", got, row.want)
				}
			}
			if fetched != row.fetched {
				t.Errorf("fetched %d times, want %d", fetched, row.fetched)
			}
		})
	}
}
