package main

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// login is authorize for a client that wants to know who the person is (OpenID
// Connect Core §3.1): c.Scopes holds openid. The ID token is verified, for this
// client, this request and this access token.
func login(ctx context.Context, p *oidc.Provider, c *oauth2.Config, issuer string, visit browser, opts ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken, error) {
	nonce := rand.Text()
	token, err := authorize(ctx, c, issuer, visit, append(opts, oidc.Nonce(nonce))...)
	if err != nil {
		return nil, nil, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, nil, errors.New("no ID token")
	}
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: c.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	if id.Nonce != nonce {
		return nil, nil, errors.New("the ID token is of another request")
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		return nil, nil, err
	}
	return token, id, nil
}
