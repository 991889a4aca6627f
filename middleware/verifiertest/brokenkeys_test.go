package verifiertest_test

import (
	"context"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// brokenKeys let the token choose how it is verified, or do not follow the
// issuer.
func brokenKeys(t *testing.T, fresh func() middleware.Verifier, issuer *issuertest.Issuer) []broken {
	return []broken{
		{"accepts alg none", around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			if headerOf(token).Alg == "none" {
				return &middleware.Token{}, nil
			}
			return next(ctx, token, r)
		}), "accepted", []string{"R7518-01: alg is none, without a signature"}},
		{"takes the public key for an HMAC secret", around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			h := headerOf(token)
			if public, ok := issuer.PublicKey(h.Kid).(*rsa.PublicKey); ok && h.Alg == "HS256" && isMAC(public, token) {
				return &middleware.Token{}, nil
			}
			return next(ctx, token, r)
		}), "accepted", []string{"R7518-02: HS256 with the public key as the secret: the PEM"}},
		{"asks where jku points", around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			if jku := headerOf(token).Jku; jku != "" {
				if res, err := http.Get(jku); err == nil {
					res.Body.Close()
				}
			}
			return next(ctx, token, r)
		}), "requests went", []string{"R7515-11: nobody but the issuer was asked for anything"}},
		{"has fixed keys", fixed(t, issuer), "refused", []string{later, "RS256", "ES256", "R8037-02: EdDSA"}},
	}
}

// headerOf reads what a token says of itself, as somebody lax would.
func headerOf(token string) (h struct{ Alg, Kid, Jku string }) {
	first, _, _ := strings.Cut(token, ".")
	b, _ := base64.RawURLEncoding.DecodeString(first)
	_ = json.Unmarshal(b, &h)
	return h
}

func isMAC(public *rsa.PublicKey, token string) bool {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	last := strings.LastIndexByte(token, '.')
	h := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	h.Write([]byte(token[:last]))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)) == token[last+1:]
}

// fixed verifies by the keys that the issuer has now.
func fixed(t *testing.T, issuer *issuertest.Issuer) middleware.Verifier {
	t.Helper()
	res, err := issuer.Client().Get(issuer.URL + issuertest.EndpointKeys)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	document, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jwks.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{issuertest.Audience}, KeySet: keys})
	if err != nil {
		t.Fatal(err)
	}
	return v
}
