package issuertest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/warder-go/warder/issuertest"
)

// state is what a client sees of an endpoint: the status, "cut" or "corrupt".
func state(t *testing.T, iss *issuertest.Issuer, path string) string {
	t.Helper()
	res, err := iss.Client().Get(iss.URL + path)
	if err != nil {
		return "cut"
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == 200 && !json.Valid(body) {
		return "corrupt"
	}
	return strings.ToLower(http.StatusText(res.StatusCode))
}

func TestFaults(t *testing.T) {
	for _, endpoint := range []string{issuertest.EndpointKeys, issuertest.EndpointMetadata, issuertest.EndpointOpenIDMetadata} {
		for want, fault := range map[string]issuertest.Fault{
			"cut":                 issuertest.Outage,
			"corrupt":             issuertest.Corrupt,
			"service unavailable": issuertest.Status(503),
			"not found":           issuertest.Status(404),
			"ok":                  {},
		} {
			t.Run(endpoint+" is "+want, func(t *testing.T) {
				onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
					// A connection used before is where http.Transport repeats requests.
					if got := state(t, iss, endpoint); got != "ok" {
						t.Fatalf("%s before Fail", got)
					}
					restore := iss.Fail(endpoint, fault)
					if got := state(t, iss, endpoint); got != want {
						t.Errorf("%s after Fail", got)
					}
					if got := state(t, iss, issuertest.EndpointToken); got != "method not allowed" {
						t.Errorf("another endpoint: %s", got)
					}
					restore()
					restore()
					if got := state(t, iss, endpoint); got != "ok" {
						t.Errorf("%s after restore", got)
					}
					if n := iss.Requests(endpoint); n != 3 {
						t.Errorf("%d requests to the endpoint, sent 3", n)
					}
					if n := iss.Requests(""); n != 4 {
						t.Errorf("%d requests in all, sent 4", n)
					}
				})
			})
		}
	}
}

func TestFaultsNest(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		expect := func(keys, metadata string) {
			t.Helper()
			if got := state(t, iss, issuertest.EndpointKeys); got != keys {
				t.Errorf("keys: %s, want %s", got, keys)
			}
			if got := state(t, iss, issuertest.EndpointMetadata); got != metadata {
				t.Errorf("metadata: %s, want %s", got, metadata)
			}
		}
		everything := iss.Fail("", issuertest.Status(502))
		expect("bad gateway", "bad gateway")
		if got := state(t, iss, "/unknown"); got != "bad gateway" {
			t.Errorf("an unknown path: %s", got)
		}
		corrupt := iss.Fail(issuertest.EndpointKeys, issuertest.Corrupt)
		expect("corrupt", "bad gateway")
		none := iss.Fail(issuertest.EndpointKeys, issuertest.Fault{})
		expect("ok", "bad gateway")
		corrupt() // not the latest: nothing changes
		expect("ok", "bad gateway")
		none()
		expect("bad gateway", "bad gateway")
		everything()
		expect("ok", "ok")
	})
}

func TestSlowAnswersWhenRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		answered := make(chan string, 1)
		start := func() { go func() { answered <- state(t, iss, issuertest.EndpointKeys) }() }

		restore := iss.Fail(issuertest.EndpointKeys, issuertest.Slow)
		start()
		synctest.Wait()
		select {
		case got := <-answered:
			t.Fatalf("answered while slow: %s", got)
		default:
		}
		if n := iss.Requests(issuertest.EndpointKeys); n != 1 {
			t.Errorf("%d requests counted, one is waiting", n)
		}
		restore()
		if got := <-answered; got != "ok" {
			t.Errorf("%s after restore", got)
		}

		// What else is wrong by then decides.
		restore = iss.Fail(issuertest.EndpointKeys, issuertest.Slow)
		start()
		synctest.Wait()
		iss.Fail(issuertest.EndpointKeys, issuertest.Status(500))
		restore()
		if got := <-answered; got != "internal server error" {
			t.Errorf("%s after restore, during another fault", got)
		}
	})
}

func TestSlowRequestsEndWithTheIssuer(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	iss.Fail("", issuertest.Slow)
	arrived := make(chan string, 1)
	go func() { arrived <- state(t, iss, issuertest.EndpointKeys) }()
	for iss.Requests(issuertest.EndpointKeys) == 0 {
		runtime.Gosched()
	}
	iss.Close()
	if got := <-arrived; got != "cut" {
		t.Errorf("%s after Close", got)
	}
}

func TestATokenRequestFailsToo(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		iss.Fail(issuertest.EndpointToken, issuertest.Corrupt)
		res := ask(t, iss, request{id: "client", secret: "secret"})
		if res.status != 200 || res.json != nil {
			t.Errorf("%d, %v", res.status, res.json)
		}
	})
}

func TestAnIntrospectionFailsToo(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		token := iss.Opaque(nil)
		for _, accept := range []string{"application/json", signedAnswer} {
			restore := iss.Fail(issuertest.EndpointIntrospection, issuertest.Corrupt)
			res := introspect(t, iss, token, accept)
			if res.status != 200 || res.header.Get("Content-Type") != accept || res.json != nil || strings.Count(res.body, ".") > 1 {
				t.Errorf("%d, %v, %s", res.status, res.header, res.body)
			}
			restore()
			restore = iss.Fail(issuertest.EndpointIntrospection, issuertest.Status(502))
			if res := introspect(t, iss, token, accept); res.status != 502 || res.body != "" {
				t.Errorf("%d, %s", res.status, res.body)
			}
			restore()
			if res := introspect(t, iss, token, accept); res.status != 200 {
				t.Errorf("%d after restore", res.status)
			}
		}
		if n := iss.Requests(issuertest.EndpointIntrospection); n != 6 {
			t.Errorf("%d requests counted, sent 6", n)
		}
	})
}

func TestEveryEndpointFails(t *testing.T) {
	endpoints := []string{
		issuertest.EndpointMetadata, issuertest.EndpointOpenIDMetadata, issuertest.EndpointKeys, issuertest.EndpointToken, issuertest.EndpointIntrospection,
		issuertest.EndpointAuthorization, issuertest.EndpointDeviceAuthorization, issuertest.EndpointVerification, issuertest.EndpointRevocation, issuertest.EndpointUserInfo,
	}
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		for _, endpoint := range endpoints {
			restore := iss.Fail(endpoint, issuertest.Status(503))
			for _, other := range endpoints {
				if got := state(t, iss, other); (got == "service unavailable") != (other == endpoint) {
					t.Errorf("%s during an outage of %s: %s", other, endpoint, got)
				}
			}
			restore()
		}
		for _, endpoint := range endpoints {
			if n := iss.Requests(endpoint); n != len(endpoints) {
				t.Errorf("%s: %d requests counted", endpoint, n)
			}
		}
	})
}

func TestAFlowMeetsAFault(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		for _, endpoint := range []string{issuertest.EndpointAuthorization, issuertest.EndpointToken} {
			for _, fault := range []issuertest.Fault{issuertest.Outage, issuertest.Corrupt, issuertest.Status(500)} {
				restore := iss.Fail(endpoint, fault)
				if _, err := iss.Authorize(t.Context(), issuertest.ClientID, nil); err == nil {
					t.Errorf("tokens while %s fails", endpoint)
				}
				restore()
			}
		}
		if _, err := iss.Authorize(t.Context(), issuertest.ClientID, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestStrangePathsAreNotCounted(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	state(t, iss, "/strange")
	if n := iss.Requests(""); n != 1 {
		t.Errorf("%d requests in all, sent 1", n)
	}
}

func TestMistakesPanic(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	for name, f := range map[string]func(){
		"Fail on an endpoint that does not exist":     func() { iss.Fail("/keys", issuertest.Outage) },
		"Requests of an endpoint that does not exist": func() { iss.Requests("/keys") },
		"an interim status":                           func() { issuertest.Status(100) },
		"a status beyond 599":                         func() { issuertest.Status(600) },
		"an empty client id":                          func() { iss.Register("", "secret") },
		"a scope with a space":                        func() { iss.Register("c", "secret", "a b") },
		"a resource server without an id":             func() { iss.RegisterResource("", "secret", "a") },
		"a resource server without a secret":          func() { iss.RegisterResource("r", "", "a") },
		"a resource server for nothing":               func() { iss.RegisterResource("r", "secret") },
		"claims of an opaque token that are not JSON": func() { iss.Opaque(map[string]any{"x": make(chan int)}) },
		"an empty scope":                              func() { iss.Register("c", "secret", "") },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
}
