package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// script is the folder of the client for Node.
const script = "openid-client"

// noNode says why that client cannot run, and is empty when it can.
func noNode() string {
	version, err := exec.Command("node", "--version").Output()
	if err != nil {
		return "there is no node here"
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(version), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < 20 {
		return "openid-client needs Node 20"
	}
	if _, err := os.Stat(filepath.Join(script, "node_modules", "openid-client")); err != nil {
		return "its modules are not installed: npm ci in " + script
	}
	return ""
}

// nodeClient is a client as client.js is told of it.
type nodeClient struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty"`
	Key    string `json:"key,omitempty"` // PKCS #8, PEM
}

// node returns the command that runs flows of client.js, or all of them. It
// registers further clients. Secrets go through standard input, where no list of
// processes shows them.
func node(ctx context.Context, issuer *issuertest.Issuer, api string, flows ...string) (*exec.Cmd, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	redirects := []string{issuertest.RedirectURI}
	issuer.AddClient(issuertest.Client{ID: "node-service", Keys: []crypto.PublicKey{key.Public()}, RedirectURIs: redirects, Scopes: scopesAsked})
	known := map[string]nodeClient{
		"web":     {ID: "web", Secret: webSecret},
		"app":     {ID: "app"},
		"service": {ID: "node-service", Key: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))},
	}
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		issuer.AddClient(issuertest.Client{ID: alg, Secret: webSecret, RedirectURIs: redirects, Scopes: scopesAsked, IDTokenAlg: alg})
		known[alg] = nodeClient{ID: alg, Secret: webSecret}
	}
	config, err := json.Marshal(map[string]any{
		"issuer": issuer.URL, "api": api, "redirectURI": issuertest.RedirectURI, "clients": known,
	})
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, "node", append([]string{"client.js"}, flows...)...)
	c.Dir = script
	c.Stdin = bytes.NewReader(config)
	return c, nil
}
