package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/warder-go/warder/issuertest"
)

// fixture is an issuer and an API in memory: in a bubble an hour takes no time.
type fixture struct {
	*testing.T
	ctx      context.Context // carries client to both libraries
	client   *http.Client    // reaches the issuer and the API
	issuer   *issuertest.Issuer
	provider *oidc.Provider
	key      ed25519.PrivateKey // of the client service

	revocation string // the endpoint, from the metadata
}

// with is what synctest.Test runs: test, with a fixture of its own bubble.
func with(test func(*fixture)) func(*testing.T) {
	return func(t *testing.T) {
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		issuer := issuertest.NewInMemoryIssuer()
		defer issuer.Close()
		register(issuer, key.Public())
		api, err := newAPI(issuer.URL, issuer.Client())
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{T: t, issuer: issuer, key: key}
		f.client = &http.Client{Transport: hosts{"issuer.test": issuer.Client().Transport, "api.example": served{api}}}
		f.ctx = oidc.ClientContext(t.Context(), f.client)
		if f.provider, err = oidc.NewProvider(f.ctx, issuer.URL); err != nil {
			t.Fatal(err)
		}
		var metadata struct {
			Revocation string `json:"revocation_endpoint"`
		}
		if err := f.provider.Claims(&metadata); err != nil {
			t.Fatal(err)
		}
		f.revocation = metadata.Revocation
		test(f)
	}
}

// authorize gets a token that has to come.
func (f *fixture) authorize(ctx context.Context, c *oauth2.Config, opts ...oauth2.AuthCodeOption) *oauth2.Token {
	f.Helper()
	token, err := authorize(ctx, c, f.issuer.URL, through(f.client), opts...)
	if err != nil {
		f.Fatal(err)
	}
	return token
}

// admits checks what the API answers to a GET with the token: with its signature
// verified, and introspected.
func (f *fixture) admits(token string, verified, introspected int) {
	f.Helper()
	client := oauth2.NewClient(f.ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
	for _, row := range []struct {
		path string
		want int
	}{{"/verified/notes", verified}, {"/introspected/notes", introspected}} {
		got, err := status(f.ctx, client, issuertest.Audience+row.path)
		if err != nil {
			f.Fatal(err)
		}
		if got != row.want {
			f.Errorf("%s: answered %d, want %d", row.path, got, row.want)
		}
	}
}

// refused checks that err is a refusal with this code, and this status unless it
// came by redirect.
func (f *fixture) refused(err error, status int, code string) {
	f.Helper()
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) {
		f.Fatalf("got %v, want %s", err, code)
	}
	got := 0
	if refusal.Response != nil {
		got = refusal.Response.StatusCode
	}
	if got != status || refusal.ErrorCode != code {
		f.Errorf("refused with %d %q, want %d %q", got, refusal.ErrorCode, status, code)
	}
}

// hosts sends each request to the transport of its host.
type hosts map[string]http.RoundTripper

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := h[r.URL.Host]
	if transport == nil {
		return nil, errors.New("no such host")
	}
	return transport.RoundTrip(r)
}

// served lets a handler answer without a network.
type served struct{ http.Handler }

func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	in.Header = r.Header.Clone()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, in)
	return w.Result(), nil
}
