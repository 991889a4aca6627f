package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/internal/backoff"
	"github.com/warder-go/warder/internal/discovery"
)

const (
	issuer = "https://as.example/t1"

	rfc8414 = "https://as.example/.well-known/oauth-authorization-server/t1"
	between = "https://as.example/.well-known/openid-configuration/t1"
	openID  = "https://as.example/t1/.well-known/openid-configuration"
)

// answers is what is answered, by URL.
type answers map[string]func(*http.Request) (*http.Response, error)

// host answers by URL and remembers what it was asked.
type host struct {
	answers answers

	mu    sync.Mutex // a request that hangs may still be here
	asked []string
}

func (h *host) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.asked = append(h.asked, r.URL.String())
	h.mu.Unlock()
	if answer := h.answers[r.URL.String()]; answer != nil {
		return answer(r)
	}
	return answered(404, "")(r)
}

func answered(status int, doc string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(status)
		io.WriteString(w, doc)
		return w.Result(), nil
	}
}

func document(name, uri string) string {
	return fmt.Sprintf(`{"issuer":%q,"x_endpoint":%q}`, name, uri)
}

func down(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
}

// Where it is looked for, in which order, and what ends the search.
func TestSearch(t *testing.T) {
	good := answered(200, document(issuer, "https://as.example/x"))
	all := []string{rfc8414, between, openID}
	for name, row := range map[string]struct {
		answers answers
		asked   []string
		ok      bool
	}{
		"it is at the first":              {answers{rfc8414: good, openID: good}, all[:1], true},
		"it is at the second":             {answers{between: good}, all[:2], true},
		"it is at the last":               {answers{openID: good}, all, true},
		"the first is of another issuer":  {answers{rfc8414: answered(200, document("https://as.example", "https://as.example/y")), openID: good}, all, true},
		"the first does not say it":       {answers{rfc8414: answered(200, `{"issuer":"`+issuer+`"}`), openID: good}, all, true},
		"it is nowhere":                   {nil, all, false},
		"the host cannot be reached":      {answers{rfc8414: down, openID: good}, all[:1], false},
		"the host wants to be asked less": {answers{rfc8414: answered(429, ""), openID: good}, all[:1], false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &host{answers: row.answers}
			uri, err := discovery.New(issuer, "", false, &http.Client{Transport: h}).Find(t.Context(), "x_endpoint", false)
			if (err == nil) != row.ok || row.ok != (uri == "https://as.example/x") {
				t.Errorf("%q, %v", uri, err)
			}
			if !slices.Equal(h.asked, row.asked) {
				t.Errorf("asked %q", h.asked)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "metadata: ") {
				t.Error(err)
			}
			var told *backoff.TooMany
			if errors.As(err, &told) != strings.Contains(name, "less") || told != nil && told.RetryAfter != 9*time.Second {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestLocations(t *testing.T) {
	const wellKnown = "https://as.example/.well-known/"
	for name, want := range map[string][]string{
		"https://as.example":        {wellKnown + "oauth-authorization-server", wellKnown + "openid-configuration"},
		"https://as.example/":       {wellKnown + "oauth-authorization-server", wellKnown + "openid-configuration"},
		"https://as.example/a%2Fb/": {wellKnown + "oauth-authorization-server/a%2Fb", wellKnown + "openid-configuration/a%2Fb", "https://as.example/a%2Fb/.well-known/openid-configuration"},
	} {
		h := new(host)
		_, _ = discovery.New(name, "", false, &http.Client{Transport: h}).Find(t.Context(), "x", false)
		if !slices.Equal(h.asked, want) {
			t.Errorf("%s: asked %q", name, h.asked)
		}
	}
	h := new(host)
	_, _ = discovery.New(issuer, "https://inside.example/m", false, &http.Client{Transport: h}).Find(t.Context(), "x", false)
	if !slices.Equal(h.asked, []string{"https://inside.example/m"}) {
		t.Errorf("asked %q", h.asked)
	}
}

// A location that hangs leaves half of the time for the next.
func TestALocationThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		h := &host{answers: answers{
			rfc8414: hang, between: hang, openID: answered(200, document(issuer, "https://as.example/x")),
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		began := time.Now()
		uri, err := discovery.New(issuer, "", false, &http.Client{Transport: h}).Find(ctx, "x_endpoint", false)
		if took := time.Since(began); err != nil || uri == "" || took != 3*time.Second {
			t.Errorf("%q, %v after %v", uri, err, took)
		}
	})
}

// Endpoints of this machine or link are for issuers that are there themselves
// (RFC 8725 §3.10).
func TestLocalEndpoints(t *testing.T) {
	for _, row := range []struct {
		name, uri string
		allowHTTP bool
		ok        bool
	}{
		{"https://as.example", "https://as.example/x", false, true},
		{"https://as.example", "https://other.example/x", false, true},
		{"https://as.example", "https://localhost/x", false, false},
		{"https://as.example", "https://[::1]/x", false, false},
		{"https://as.example", "https://0x7f000001/x", false, false},
		{"https://as.example", "http://other.example/x", false, false},
		{"https://as.example", "http://other.example/x", true, true},
		{"https://as.example", "http://127.0.0.1/x", true, false},
		{"http://127.0.0.1:1", "http://localhost:2/x", false, true},
		// A host that only may be local has no local endpoints.
		{"https://idp.1and1", "https://169.254.169.254/x", false, false},
		{"https://xn--mnchen-3ya.example", "https://127.0.0.1/x", false, false},
	} {
		h := &host{answers: answers{
			row.name + "/.well-known/oauth-authorization-server": answered(200, document(row.name, row.uri)),
		}}
		uri, err := discovery.New(row.name, "", row.allowHTTP, &http.Client{Transport: h}).Find(t.Context(), "x_endpoint", false)
		if (err == nil) != row.ok || row.ok != (uri == row.uri) {
			t.Errorf("%s of %s: %q, %v", row.uri, row.name, uri, err)
		}
	}
}

// An error names the locations, the issuer that it met, of which at most 200 bytes, and
// quotes nothing else.
func TestErrorsQuoteNoMore(t *testing.T) {
	const marker = "marker-3f9a1c77"
	for _, doc := range []string{
		document("https://"+strings.Repeat("x", 300)+marker, ""), document(issuer, "http://"+marker), document(issuer, marker),
		marker, `{"` + marker + `":1,"` + marker + `":1}`, `{"issuer":["` + marker + `"]}`,
	} {
		h := &host{answers: answers{rfc8414: answered(200, doc)}}
		_, err := discovery.New(issuer, "", false, &http.Client{Transport: h}).Find(t.Context(), "x_endpoint", false)
		if err == nil || strings.Contains(err.Error(), marker) || len(err.Error()) > 600 {
			t.Errorf("%v", err)
		}
	}
}

// Who reads the error has to see what is the matter at each location.
func TestErrorsTellOfEachLocation(t *testing.T) {
	h := &host{answers: answers{
		rfc8414: answered(404, ""), openID: answered(200, document(issuer+"/", "https://as.example/x")),
	}}
	_, err := discovery.New(issuer, "", false, &http.Client{Transport: h}).Find(t.Context(), "x_endpoint", false)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		rfc8414 + ": status 404; ",
		openID + `: the document is of issuer "` + issuer + `/", not of "` + issuer + `"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}

	_, err = discovery.New(issuer, "https://as.example/metadata?key=secret", false, &http.Client{Transport: h}).Find(t.Context(), "x_endpoint", false)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "https://as.example/metadata: status 404") {
		t.Errorf("%v", err)
	}
}

// A name that is only compared may be any; a URL in its place has no mistakes in it.
func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"acme.com": true, "stytch.com/project-test-1": true, "urn:example:as": true, "http://as.example/t1": true,
		"spiffe://trust.example": true, "https://as.example": true, "joe": true, "kubernetes/serviceaccount": true,
		"": false, " acme.com": false, "acme.com\n": false, "a b": false, "https://": false, "https://[::1": false,
		"https://u:p@as.example": false, "https://as.example?x": false, "https://as.example#x": false,
	} {
		if err := discovery.CheckName("Issuer", name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// An @ before the host is a password's; one in the path is not: Google has the keys of
// an account at an address that ends in the account's own.
func TestAddressesWithAnAt(t *testing.T) {
	for uri, ok := range map[string]bool{
		"https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com": true,
		"https://as.example/keys?of=a@b":   true,
		"https://u:p@as.example/keys":      false,
		"https://u@as.example/keys":        false,
		"https://@as.example/keys":         false,
		"https://u:p@as.example/keys@host": false,
		"https:///u:p@as.example":          false,
		"u:p@as.example":                   false,
		"https://u:p%zz@as.example":        false,
	} {
		err := discovery.CheckURL("uri", uri, false)
		if (err == nil) != ok {
			t.Errorf("%q: %v", uri, err)
		}
		if err != nil && strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: the error shows a password: %v", uri, err)
		}
	}
}
