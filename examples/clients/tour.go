package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/warder-go/warder/issuertest"
)

// tour prints what the API answers to the tokens of each client. Its first error
// ends it.
type tour struct {
	ctx    context.Context
	out    io.Writer
	issuer *issuertest.Issuer
	api    string
	err    error
}

func (t *tour) show(key ed25519.PrivateKey) error {
	var metadata struct {
		Revocation string `json:"revocation_endpoint"`
	}
	p, err := oidc.NewProvider(t.ctx, t.issuer.URL)
	if err != nil {
		return err
	}
	if err := p.Claims(&metadata); err != nil {
		return err
	}
	web, app, service := configs(p, "read")
	visit := through(http.DefaultClient)

	fmt.Fprintf(t.out, "%-52s %-8s  %s\n", "GET /notes", "verified", "introspected")
	token, err := authorize(t.ctx, app, t.issuer.URL, visit)
	t.row("x/oauth2: code and PKCE, public client", token, err)
	token, err = machine(web).Token(t.ctx)
	t.row("x/oauth2: client credentials", token, err)
	token, err = machine(service).Token(withKey(t.ctx, t.issuer.URL, service.ClientID, key))
	t.row("x/oauth2: client credentials, private_key_jwt", token, err)

	web.Scopes = append(web.Scopes, oidc.ScopeOpenID)
	token, id, err := login(t.ctx, p, web, t.issuer.URL, visit)
	t.row("go-oidc: login", token, err)
	if t.err != nil {
		return t.err
	}
	raw, _ := token.Extra("id_token").(string)
	t.row("  its ID token, as if it were an access token", &oauth2.Token{AccessToken: raw}, nil)
	token, err = web.TokenSource(t.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	t.row("  refreshed, still for "+id.Subject, token, err)
	if t.err != nil {
		return t.err
	}
	t.row("  revoked", token, revoke(t.ctx, web, metadata.Revocation, token.AccessToken))
	if t.err != nil {
		return t.err
	}

	if why := noNode(); why != "" {
		fmt.Fprintln(t.out, "\nopenid-client takes no part:", why)
		return nil
	}
	fmt.Fprintln(t.out, "\nopenid-client:")
	command, err := node(t.ctx, t.issuer, t.api)
	if err != nil {
		return err
	}
	command.Stdout, command.Stderr = t.out, os.Stderr
	return command.Run()
}

// row prints what the API answers to a token, unless there is none.
func (t *tour) row(name string, token *oauth2.Token, err error) {
	if t.err != nil {
		return
	}
	if err != nil {
		t.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	client := oauth2.NewClient(t.ctx, oauth2.StaticTokenSource(token))
	var statuses [2]int
	for i, path := range []string{"/verified/notes", "/introspected/notes"} {
		if statuses[i], t.err = status(t.ctx, client, t.api+path); t.err != nil {
			return
		}
	}
	fmt.Fprintf(t.out, "%-52s %-8d  %d\n", name, statuses[0], statuses[1])
}

// status returns what a GET is answered.
func status(ctx context.Context, client *http.Client, url string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
