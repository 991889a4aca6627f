package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// withKey returns a context in which golang.org/x/oauth2 authenticates by
// private_key_jwt (RFC 7523 §2.2), in every grant and every refresh: the HTTP
// client of the context signs what it sends to the issuer. The config needs
// AuthStyleInParams and no ClientSecret. The context is for this client alone.
func withKey(ctx context.Context, issuer, clientID string, key ed25519.PrivateKey) context.Context {
	client, _ := ctx.Value(oauth2.HTTPClient).(*http.Client)
	if client == nil {
		client = http.DefaultClient
	}
	signing := *client
	signing.Transport = &assertions{issuer: issuer, clientID: clientID, key: key, next: client.Transport}
	return context.WithValue(ctx, oauth2.HTTPClient, &signing)
}

// assertions adds a client assertion to each form that is sent to the issuer.
// An assertion works once, so a fixed parameter of a config would not do.
type assertions struct {
	issuer, clientID string
	key              ed25519.PrivateKey
	next             http.RoundTripper
}

// RoundTrip is part of http.RoundTripper.
func (a *assertions) RoundTrip(r *http.Request) (*http.Response, error) {
	next := a.next
	if next == nil {
		next = http.DefaultTransport
	}
	// Requests to an API have nothing of it.
	if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.String(), a.issuer+"/") {
		return next.RoundTrip(r)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	assertion, err := a.sign(time.Now())
	if err != nil {
		return nil, err
	}
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	signed := r.Clone(r.Context())
	text := form.Encode()
	signed.Body, signed.ContentLength, signed.GetBody = io.NopCloser(strings.NewReader(text)), int64(len(text)), nil
	return next.RoundTrip(signed)
}

// sign makes an assertion (RFC 7523 §3). The issuer alone is the audience, as a
// string: an assertion for several could be used by one of them at the others.
func (a *assertions) sign(now time.Time) (string, error) {
	header, err := json.Marshal(map[string]any{"alg": "EdDSA", "typ": "JWT"})
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": a.clientID, "sub": a.clientID, "aud": a.issuer,
		"jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64(header) + "." + b64(claims)
	return input + "." + b64(ed25519.Sign(a.key, []byte(input))), nil
}
