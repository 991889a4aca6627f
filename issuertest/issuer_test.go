package issuertest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// onSocket starts an issuer that the end of the test closes.
func onSocket(t *testing.T) *issuertest.Issuer {
	t.Helper()
	iss := issuertest.NewIssuer()
	t.Cleanup(iss.Close)
	return iss
}

// onBoth runs test against an issuer of either kind. A bubble allows no subtests.
func onBoth(t *testing.T, test func(t *testing.T, iss *issuertest.Issuer)) {
	t.Helper()
	t.Run("on a socket", func(t *testing.T) {
		iss := issuertest.NewIssuer()
		defer iss.Close()
		test(t, iss)
	})
	t.Run("in memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss := issuertest.NewInMemoryIssuer()
			defer iss.Close()
			test(t, iss)
		})
	})
}

// get fetches a document of the issuer that must be there.
func get(t *testing.T, iss *issuertest.Issuer, path string, v any) {
	t.Helper()
	res, err := iss.Client().Get(iss.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("GET %s: %s, %s", path, res.Status, res.Header.Get("Content-Type"))
	}
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// A bubble fails when a goroutine is left behind, so each row shows that Close
// ends everything the issuer and its client have started.
func TestABubbleEndsAfterClose(t *testing.T) {
	fetch := func(t *testing.T, iss *issuertest.Issuer) {
		var v any
		get(t, iss, issuertest.EndpointKeys, &v)
	}
	for name, use := range map[string]func(*testing.T, *issuertest.Issuer){
		"without a request":       func(*testing.T, *issuertest.Issuer) {},
		"with an idle connection": fetch,
		"with many idle connections": func(t *testing.T, iss *issuertest.Issuer) {
			restore := iss.Fail(issuertest.EndpointKeys, issuertest.Slow)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() { fetch(t, iss) })
			}
			synctest.Wait()
			restore()
			wg.Wait()
		},
		"with a body closed unread": func(t *testing.T, iss *issuertest.Issuer) {
			res, err := iss.Client().Get(iss.URL + issuertest.EndpointKeys)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		},
		"with a connection cut": func(t *testing.T, iss *issuertest.Issuer) {
			iss.Fail("", issuertest.Outage)
			if _, err := iss.Client().Get(iss.URL + issuertest.EndpointKeys); err == nil {
				t.Error("an answer during an outage")
			}
		},
		"with a request given up": func(t *testing.T, iss *issuertest.Issuer) {
			iss.Fail("", issuertest.Slow)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "POST", iss.URL+issuertest.EndpointToken, strings.NewReader("a=b"))
			if _, err := iss.Client().Do(req); err == nil {
				t.Error("an answer from a slow endpoint")
			}
		},
		"with a request waiting": func(t *testing.T, iss *issuertest.Issuer) {
			iss.Fail("", issuertest.Slow)
			go iss.Client().Get(iss.URL + issuertest.EndpointKeys)
			synctest.Wait()
		},
		"with time gone by": func(t *testing.T, iss *issuertest.Issuer) {
			fetch(t, iss)
			time.Sleep(48 * time.Hour)
			fetch(t, iss)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss := issuertest.NewInMemoryIssuer()
				use(t, iss)
				iss.Close()
				iss.Close() // does nothing
			})
		})
	}
}

func TestTheInMemoryClientReachesOnlyItsIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		if iss.URL != "https://issuer.test" {
			t.Errorf("URL is %q", iss.URL)
		}
		if _, err := iss.Client().Get("https://other.test/jwks"); err == nil {
			t.Error("another host answered")
		}
		if n := iss.Requests(""); n != 0 {
			t.Errorf("%d requests reached the issuer", n)
		}
	})
}

func TestAClosedIssuerSignsButDoesNotAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		iss.Close()
		if _, err := iss.Client().Get(iss.URL + issuertest.EndpointKeys); err == nil {
			t.Error("an answer from a closed issuer")
		}
		if strings.Count(iss.Token(nil), ".") != 2 {
			t.Error("no token from a closed issuer")
		}
	})
}

func TestTheIdentifierIsALoopbackURLWithoutSlash(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	if !strings.HasPrefix(iss.URL, "http://127.0.0.1:") && !strings.HasPrefix(iss.URL, "http://[::1]:") || strings.HasSuffix(iss.URL, "/") {
		t.Errorf("URL is %q", iss.URL)
	}
}

// It shows nothing without the race detector.
func TestConcurrentUse(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				old := iss.KeyID("RS256")
				iss.Rotate()
				iss.Withdraw(old)
				iss.Register("other", "secret", "read")
				restore := iss.Fail(issuertest.EndpointKeys, issuertest.Status(500))
				res, err := iss.Client().Get(iss.URL + issuertest.EndpointKeys)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				restore()
				if res := ask(t, iss, request{id: "other", secret: "secret"}); res.status != 200 {
					t.Errorf("token request: %d", res.status)
				}
				iss.Sign(map[string]any{"kid": old}, nil)
				iss.PublicKey(old)
				opaque := iss.Opaque(nil)
				iss.Revoke(opaque)
				if res := introspect(t, iss, opaque, ""); res.body != `{"active":false}` {
					t.Errorf("introspection: %d %s", res.status, res.body)
				}
			})
		}
		wg.Wait()
		if n := iss.Requests(issuertest.EndpointKeys); n != 4 {
			t.Errorf("%d requests counted, sent 4", n)
		}
	})
}
