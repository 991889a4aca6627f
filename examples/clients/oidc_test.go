package main

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/warder-go/warder/issuertest"
)

func TestDiscovery(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		e := f.provider.Endpoint()
		for name, endpoint := range map[string]string{
			"authorization": e.AuthURL, "token": e.TokenURL, "device authorization": e.DeviceAuthURL,
			"userinfo": f.provider.UserInfoEndpoint(), "revocation": f.revocation,
		} {
			if !strings.HasPrefix(endpoint, f.issuer.URL+"/") {
				t.Errorf("%s endpoint: %q", name, endpoint)
			}
		}
		var mismatch *oidc.IssuerMismatchError
		if _, err := oidc.NewProvider(f.ctx, f.issuer.URL+"/"); !errors.As(err, &mismatch) {
			t.Errorf("the issuer with a slash more: %v", err)
		}
	}))
}

// login is a login that has to succeed.
func (f *fixture) login(c *oauth2.Config, opts ...oauth2.AuthCodeOption) (*oauth2.Token, *oidc.IDToken) {
	f.Helper()
	token, id, err := login(f.ctx, f.provider, c, f.issuer.URL, through(f.client), opts...)
	if err != nil {
		f.Fatal(err)
	}
	return token, id
}

func raw(token *oauth2.Token) string {
	s, _ := token.Extra("id_token").(string)
	return s
}

func TestLogin(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				f.issuer.AddClient(issuertest.Client{
					ID: alg, RedirectURIs: []string{issuertest.RedirectURI}, Scopes: scopesAsked, IDTokenAlg: alg,
				})
				_, app, _ := configs(f.provider, "openid", "read")
				app.ClientID = alg
				token, id := f.login(app, oauth2.SetAuthURLParam("max_age", "60"), oauth2.SetAuthURLParam("acr_values", "pwd"))
				var claims struct {
					AuthTime int64  `json:"auth_time"`
					ACR      string `json:"acr"`
				}
				if err := id.Claims(&claims); err != nil {
					t.Fatal(err)
				}
				if id.Subject != "ada" || len(id.Audience) != 1 || id.Audience[0] != alg ||
					claims.AuthTime != time.Now().Unix() || claims.ACR != issuertest.ACRPassword {
					t.Errorf("sub %s, aud %s, %+v", id.Subject, id.Audience, claims)
				}
				f.admits(token.AccessToken, 200, 200)

				other, _ := f.login(app)
				if err := id.VerifyAccessToken(other.AccessToken); err == nil {
					t.Error("at_hash fits another access token")
				}
			}))
		})
	}
}

func TestIDTokensAreRefused(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		web, app, _ := configs(f.provider, "openid", "read")
		token, _ := f.login(app)
		theirs, _ := f.login(web)
		verifier := f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: app.ClientID})
		if _, err := verifier.Verify(f.ctx, raw(token)); err != nil {
			t.Fatal(err)
		}
		for name, jwt := range map[string]string{
			"an access token":                  token.AccessToken,
			"an access token for two":          f.issuer.Token(map[string]any{"aud": []string{issuertest.Audience, "other"}, "client_id": app.ClientID}),
			"another client's ID token":        raw(theirs),
			"an ID token without a signature":  raw(token)[:strings.LastIndexByte(raw(token), '.')+1],
			"an ID token that says it is none": f.issuer.Sign(map[string]any{"alg": "none", "typ": "JWT"}, map[string]any{"aud": app.ClientID}),
			"an ID token with an HMAC":         f.issuer.Sign(map[string]any{"alg": "HS256", "typ": "JWT"}, map[string]any{"aud": app.ClientID}),
		} {
			if _, err := verifier.Verify(f.ctx, jwt); err == nil {
				t.Errorf("%s passes for an ID token", name)
			}
		}
		time.Sleep(time.Hour + time.Second)
		var expired *oidc.TokenExpiredError
		if _, err := verifier.Verify(f.ctx, raw(token)); !errors.As(err, &expired) {
			t.Errorf("after an hour: %v", err)
		}
	}))
}

// What doc.go warns of: go-oidc goes by the audience alone.
func TestAnAccessTokenForTheClientPassesForAnIDToken(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		verifier := f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: "app"})
		if _, err := verifier.Verify(f.ctx, f.issuer.Token(map[string]any{"aud": "app"})); err != nil {
			t.Errorf("go-oidc has learned to tell them apart, so doc.go is wrong: %v", err)
		}
	}))
}

// The other way round: the API knows an ID token when it sees one, even where
// the client goes by the API's name.
func TestTheAPIRefusesIDTokens(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		f.issuer.AddClient(issuertest.Client{
			ID: issuertest.Audience, RedirectURIs: []string{issuertest.RedirectURI}, Scopes: scopesAsked,
		})
		_, app, _ := configs(f.provider, "openid", "read")
		for _, id := range []string{app.ClientID, issuertest.Audience} {
			app.ClientID = id
			token, _ := f.login(app)
			f.admits(raw(token), 401, 401)
		}
	}))
}

func TestARefreshedIDTokenIsOfTheSameLogin(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		web, _, _ := configs(f.provider, "openid", "read")
		token, first := f.login(web)
		time.Sleep(2 * time.Hour)
		refreshed, err := web.TokenSource(f.ctx, token).Token()
		if err != nil {
			t.Fatal(err)
		}
		second, err := f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: web.ClientID}).Verify(f.ctx, raw(refreshed))
		if err != nil {
			t.Fatal(err)
		}
		var was, is struct {
			AuthTime int64 `json:"auth_time"`
		}
		if err := errors.Join(first.Claims(&was), second.Claims(&is)); err != nil {
			t.Fatal(err)
		}
		// OpenID Connect Core §12.2
		if second.Issuer != first.Issuer || second.Subject != first.Subject || second.Audience[0] != first.Audience[0] ||
			is != was || !second.IssuedAt.Equal(first.IssuedAt.Add(2*time.Hour)) {
			t.Errorf("first %+v %+v, second %+v %+v", first, was, second, is)
		}
		if err := second.VerifyAccessToken(refreshed.AccessToken); err != nil {
			t.Error(err)
		}
	}))
}

func TestUserInfo(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		web, _, _ := configs(f.provider, "openid", "email")
		token, id := f.login(web)
		person, err := f.provider.UserInfo(f.ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := person.Claims(&claims); err != nil {
			t.Fatal(err)
		}
		if person.Subject != id.Subject || person.Email != "ada@example.com" || !person.EmailVerified || claims["name"] != nil {
			t.Errorf("got %v", claims)
		}

		web.Scopes = []string{"read"}
		without := f.authorize(f.ctx, web)
		if _, err := f.provider.UserInfo(f.ctx, oauth2.StaticTokenSource(without)); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("without openid: %v", err)
		}
		if err := revoke(f.ctx, web, f.revocation, token.AccessToken); err != nil {
			t.Fatal(err)
		}
		if _, err := f.provider.UserInfo(f.ctx, oauth2.StaticTokenSource(token)); err == nil || !strings.HasPrefix(err.Error(), "401") {
			t.Errorf("after revocation: %v", err)
		}
	}))
}

func TestKeyRotation(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		_, app, _ := configs(f.provider, "openid", "read")
		verifier := f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: app.ClientID})
		verify := func(token *oauth2.Token) error {
			_, err := verifier.Verify(f.ctx, raw(token))
			return err
		}
		old := f.authorize(f.ctx, app)
		if err := verify(old); err != nil {
			t.Fatal(err)
		}
		f.admits(old.AccessToken, 200, 200)
		kid := f.issuer.KeyID("RS256")

		f.issuer.Rotate()
		time.Sleep(time.Minute) // the API asks for new keys at most so often
		next := f.authorize(f.ctx, app)
		for _, token := range []*oauth2.Token{next, old} {
			if err := verify(token); err != nil {
				t.Error(err)
			}
			f.admits(token.AccessToken, 200, 200)
		}

		// Announced keys are there before they sign.
		f.issuer.Announce()
		verifier = f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: app.ClientID})
		if err := verify(next); err != nil {
			t.Error(err)
		}
		fetched := f.issuer.Requests(issuertest.EndpointKeys)
		f.issuer.Rotate()
		if err := verify(f.authorize(f.ctx, app)); err != nil {
			t.Error(err)
		}
		if f.issuer.Requests(issuertest.EndpointKeys) != fetched {
			t.Error("an announced key was fetched once more")
		}

		f.issuer.Withdraw(kid)
		verifier = f.provider.VerifierContext(f.ctx, &oidc.Config{ClientID: app.ClientID})
		if err := verify(old); err == nil {
			t.Error("a withdrawn key still verifies")
		}
	}))
}
