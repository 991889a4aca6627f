package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// introspectors guard by asking the issuer about an opaque token (RFC 7662).
// Their R is that of an ES256 token: what would be spent on a JWT instead.
var introspectors = []contender{
	{"Warder, remembered", introspected},
	{"Warder, verdict alone", verdict},
	{"asked each time", uncached},
}

// An asker is what introspectors ask: a server on loopback, so that a call
// costs what HTTP costs and no distance at all.
type asker struct {
	url   string
	calls atomic.Int64
}

const (
	opaque  = "opaque_K5NLNZXJ4TKXCK2PKRNVSP3L2Q"
	revoked = "opaque_6HSL3S2RWCBMDSIC6HTZ2OSPXB"
	apiID   = "notes-api"
	secret  = "AQ7TZ3UV2XHQJ5PNDL4X"
)

// newAsker starts a server that runs as long as the process.
func newAsker(is *issuer) (*asker, error) {
	answer := []byte(object(append([]member{{"active", true}, {"token_type", "Bearer"}}, is.claims()...)))
	a := &asker{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a.url = "http://" + listener.Addr().String() + "/introspect"
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.calls.Add(1)
		id, password, _ := r.BasicAuth()
		if id != apiID || password != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("token") == opaque {
			w.Write(answer)
			return
		}
		io.WriteString(w, `{"active":false}`)
	})}
	go server.Serve(listener)
	return a, nil
}

// opaqueRequests are the columns of the table of introspection.
func opaqueRequests() []request {
	return []request{
		{name: "accepted", token: opaque, status: http.StatusOK},
		{name: "inactive", token: revoked, status: http.StatusUnauthorized},
		{name: "no token", token: "", status: http.StatusUnauthorized},
	}
}

// introspected is the whole guard, its tokens remembered for longer than is
// measured: hits alone are.
func introspected(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	v, err := introspector(is)
	if err != nil {
		return nil, err
	}
	return middleware.New(v, &middleware.Options{Observe: is.observe}).Handler(scopes.Require(scope)(next)), nil
}

// verdict is introspected without guard and requirement: what stands in place
// of a signature check.
func verdict(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	v, err := introspector(is)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r)
		if token == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, err := v.Verify(r.Context(), token, r); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}), nil
}

func introspector(is *issuer) (*introspect.Verifier, error) {
	return introspect.NewVerifier(introspect.Config{
		Issuer:       issuerURL,
		Endpoint:     is.asker.url,
		Audience:     []string{audience},
		Authenticate: introspect.Basic(apiID, secret),
		CacheTTL:     time.Hour,
		NegativeTTL:  time.Hour,
	})
}

// uncached asks the issuer for every request, as libraries without a memory do
// (zitadel/oidc, for one): with net/http, connections kept.
func uncached(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 2 * time.Second}
	ask := func(ctx context.Context, token string) (*introspection, error) {
		form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, is.asker.url, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth(url.QueryEscape(apiID), url.QueryEscape(secret))
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if err != nil {
			return nil, err
		}
		answer := new(introspection)
		return answer, json.Unmarshal(body, answer)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r)
		if token == "" {
			noToken(w)
			return
		}
		answer, err := ask(r.Context(), token)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
		case !answer.Active || answer.Issuer != issuerURL || answer.Expiry <= time.Now().Unix() || !slices.Contains(answer.Audience, audience):
			invalidToken(w)
		case !hasScope(answer.Scope):
			insufficientScope(w)
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), introspectionKey{}, answer)))
		}
	}), nil
}

type introspection struct {
	Active   bool     `json:"active"`
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	ClientID string   `json:"client_id"`
	Expiry   int64    `json:"exp"`
	Scope    string   `json:"scope"`
}

type introspectionKey struct{}
