package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// scopesAsked are the scopes that every client here may ask for.
var scopesAsked = []string{"read", "write", "openid", "profile", "email"}

const webSecret = "a secret: of 100% web+app" // what form-encoding is for (RFC 6749 §2.3.1)

// register makes the clients known to the issuer: web has a secret, app is
// public, service has key. The person agrees to everything.
func register(issuer *issuertest.Issuer, key crypto.PublicKey) {
	redirects := []string{issuertest.RedirectURI}
	issuer.AddClient(issuertest.Client{ID: "web", Secret: webSecret, RedirectURIs: redirects, Scopes: scopesAsked})
	issuer.AddClient(issuertest.Client{ID: "app", RedirectURIs: redirects, Scopes: scopesAsked})
	issuer.AddClient(issuertest.Client{ID: "service", Keys: []crypto.PublicKey{key}, RedirectURIs: redirects, Scopes: scopesAsked})
	issuer.RegisterResource(apiID, apiSecret, issuertest.Audience)
	issuer.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
		a.Approve(w, issuertest.Grant{
			Subject:  "ada",
			Scopes:   a.Scopes,
			AuthTime: time.Now(),
			ACR:      issuertest.ACRPassword,
			UserInfo: map[string]any{"name": "Ada Lovelace", "email": "ada@example.com", "email_verified": true},
		})
	})
}

// newKey makes the key of service.
func newKey() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}
