package main

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/warder-go/warder/issuertest"
)

// ways are the ways in which x/oauth2 can authenticate a client.
var ways = []struct {
	name   string
	client func(*fixture) (context.Context, *oauth2.Config)
	public bool
}{
	{name: "client_secret_basic", client: func(f *fixture) (context.Context, *oauth2.Config) {
		web, _, _ := configs(f.provider, "read")
		return f.ctx, web
	}},
	{name: "client_secret_post", client: func(f *fixture) (context.Context, *oauth2.Config) {
		web, _, _ := configs(f.provider, "read")
		web.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		return f.ctx, web
	}},
	{name: "a secret, style found out", client: func(f *fixture) (context.Context, *oauth2.Config) {
		web, _, _ := configs(f.provider, "read")
		web.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
		return f.ctx, web
	}},
	{name: "private_key_jwt", client: func(f *fixture) (context.Context, *oauth2.Config) {
		_, _, service := configs(f.provider, "read")
		return withKey(f.ctx, f.issuer.URL, service.ClientID, f.key), service
	}},
	{name: "a public client", public: true, client: func(f *fixture) (context.Context, *oauth2.Config) {
		_, app, _ := configs(f.provider, "read")
		return f.ctx, app
	}},
	{name: "a public client, style found out", public: true, client: func(f *fixture) (context.Context, *oauth2.Config) {
		_, app, _ := configs(f.provider, "read")
		app.Endpoint.AuthStyle = oauth2.AuthStyleAutoDetect
		return f.ctx, app
	}},
}

func TestAuthorizationCode(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				ctx, c := way.client(f)
				token := f.authorize(ctx, c)
				if token.Type() != "Bearer" || token.RefreshToken == "" || !token.Expiry.Equal(time.Now().Add(time.Hour)) {
					t.Errorf("type %s, refresh token %t, expires %s", token.Type(), token.RefreshToken != "", token.Expiry)
				}
				if token.Extra("scope") != "read" || token.Extra("id_token") != nil {
					t.Errorf("scope %v, ID token %t", token.Extra("scope"), token.Extra("id_token") != nil)
				}
				f.admits(token.AccessToken, 200, 200)
				response, err := c.Client(ctx, token).Post(issuertest.Audience+"/verified/notes", "", nil)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if response.StatusCode != 403 { // write was not asked for
					t.Errorf("POST: answered %s", response.Status)
				}
			}))
		})
	}
}

func TestClientCredentials(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				ctx, c := way.client(f)
				token, err := machine(c).Token(ctx)
				if way.public {
					f.refused(err, 400, "unauthorized_client")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if token.RefreshToken != "" {
					t.Error("there is a refresh token (RFC 6749 §4.4.3)")
				}
				f.admits(token.AccessToken, 200, 200)
			}))
		})
	}
}

func TestATokenForAResource(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		const other, opaque = "https://other.example", "https://opaque.example"
		f.issuer.AddResource(issuertest.Resource{URI: other})
		f.issuer.AddResource(issuertest.Resource{URI: opaque, Opaque: true})
		web, _, _ := configs(f.provider, "read")
		for _, row := range []struct {
			resource     []string
			verified     int
			introspected int
		}{
			{[]string{issuertest.Audience}, 200, 200},
			{[]string{other}, 401, 401},
			{[]string{other, issuertest.Audience}, 200, 200},
			{[]string{opaque, issuertest.Audience}, 401, 200},
		} {
			c := machine(web)
			c.EndpointParams = url.Values{"resource": row.resource}
			token, err := c.Token(f.ctx)
			if err != nil {
				t.Fatal(err)
			}
			f.admits(token.AccessToken, row.verified, row.introspected)
		}
	}))
}

func TestRefresh(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				ctx, c := way.client(f)
				first := f.authorize(ctx, c)
				source := c.TokenSource(ctx, first)
				time.Sleep(time.Hour + time.Minute)
				f.admits(first.AccessToken, 401, 401)
				second, err := source.Token()
				if err != nil {
					t.Fatal(err)
				}
				if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
					t.Error("the refresh token was not rotated")
				}
				f.admits(second.AccessToken, 200, 200)

				// A third party with the first refresh token ends it for both.
				_, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
				f.refused(err, 400, "invalid_grant")
				f.admits(second.AccessToken, 200, 401)
				time.Sleep(2 * time.Hour)
				_, err = source.Token()
				f.refused(err, 400, "invalid_grant")
			}))
		})
	}
}

// A client that lives long: golang.org/x/oauth2 refreshes on its own, each time
// with the last refresh token.
func TestAClientForDays(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		_, app, _ := configs(f.provider, "read")
		client := app.Client(f.ctx, f.authorize(f.ctx, app))
		before := f.issuer.Requests(issuertest.EndpointToken)
		for range 3 * 24 * 2 {
			time.Sleep(30 * time.Minute)
			if got, err := status(f.ctx, client, issuertest.Audience+"/introspected/notes"); err != nil || got != 200 {
				t.Fatalf("answered %d, %v", got, err)
			}
		}
		if n := f.issuer.Requests(issuertest.EndpointToken) - before; n != 72 {
			t.Errorf("refreshed %d times in 72 hours", n)
		}
		time.Sleep(15 * 24 * time.Hour)
		_, err := status(f.ctx, client, issuertest.Audience+"/introspected/notes")
		f.refused(err, 400, "invalid_grant") // idle for too long
	}))
}

func TestRevocation(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				ctx, c := way.client(f)
				first := f.authorize(ctx, c)
				if err := revoke(ctx, c, f.revocation, first.AccessToken); err != nil {
					t.Fatal(err)
				}
				f.admits(first.AccessToken, 200, 401)
				second, err := c.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
				if err != nil {
					t.Fatal(err)
				}
				f.admits(second.AccessToken, 200, 200)
				if err := revoke(ctx, c, f.revocation, second.RefreshToken); err != nil {
					t.Fatal(err)
				}
				f.admits(second.AccessToken, 200, 401)
				_, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: second.RefreshToken}).Token()
				f.refused(err, 400, "invalid_grant")
			}))
		})
	}
	t.Run("nothing that works is no mistake", func(t *testing.T) {
		synctest.Test(t, with(func(f *fixture) {
			web, _, _ := configs(f.provider)
			if err := revoke(f.ctx, web, f.revocation, "no token"); err != nil {
				t.Error(err)
			}
		}))
	})
	t.Run("another client's stays", func(t *testing.T) {
		synctest.Test(t, with(func(f *fixture) {
			web, app, _ := configs(f.provider, "read")
			token := f.authorize(f.ctx, app)
			f.refused(revoke(f.ctx, web, f.revocation, token.AccessToken), 400, "invalid_grant")
			f.refused(revoke(f.ctx, web, f.revocation, token.RefreshToken), 400, "invalid_grant")
			f.admits(token.AccessToken, 200, 200)
		}))
	})
}

func TestRefusals(t *testing.T) {
	for _, row := range []struct {
		name   string
		do     func(f *fixture, web, app *oauth2.Config) error
		status int // 0: by redirect
		code   string
	}{
		{"a wrong secret", func(f *fixture, web, _ *oauth2.Config) error {
			web.ClientSecret = "wrong"
			_, err := machine(web).Token(f.ctx)
			return err
		}, 401, "invalid_client"},
		{"a client that nobody knows", func(f *fixture, _, app *oauth2.Config) error {
			app.ClientID = "nobody"
			_, err := app.Exchange(f.ctx, "code")
			return err
		}, 401, "invalid_client"},
		{"too many wrong secrets, though the last is right", func(f *fixture, web, _ *oauth2.Config) error {
			wrong := *web
			wrong.ClientSecret = "wrong"
			for range 10 {
				_, err := machine(&wrong).Token(f.ctx)
				f.refused(err, 401, "invalid_client")
			}
			_, err := machine(web).Token(f.ctx)
			return err
		}, 429, "invalid_client"},
		{"a private_key_jwt of another key", func(f *fixture, _, _ *oauth2.Config) error {
			key, err := newKey()
			if err != nil {
				return err
			}
			_, _, service := configs(f.provider, "read")
			_, err = machine(service).Token(withKey(f.ctx, f.issuer.URL, service.ClientID, key))
			return err
		}, 401, "invalid_client"},
		{"a private_key_jwt for another issuer", func(f *fixture, _, _ *oauth2.Config) error {
			_, _, service := configs(f.provider, "read")
			assertion, err := (&assertions{issuer: "https://evil.example", clientID: service.ClientID, key: f.key}).sign(time.Now())
			if err != nil {
				return err
			}
			c := machine(service)
			c.EndpointParams = url.Values{
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {assertion},
			}
			_, err = c.Token(f.ctx)
			return err
		}, 401, "invalid_client"},
		{"the password grant", func(f *fixture, web, _ *oauth2.Config) error {
			_, err := web.PasswordCredentialsToken(f.ctx, "ada", "password")
			return err
		}, 400, "unsupported_grant_type"},
		{"a scope that the client may not have", func(f *fixture, web, _ *oauth2.Config) error {
			web.Scopes = []string{"read", "all"}
			_, err := machine(web).Token(f.ctx)
			return err
		}, 400, "invalid_scope"},
		{"a resource that nobody knows", func(f *fixture, web, _ *oauth2.Config) error {
			c := machine(web)
			c.EndpointParams = url.Values{"resource": {"https://nobody.example"}}
			_, err := c.Token(f.ctx)
			return err
		}, 400, "invalid_target"},
		{"a code that was not given out", func(f *fixture, web, _ *oauth2.Config) error {
			_, err := web.Exchange(f.ctx, "code", oauth2.VerifierOption(oauth2.GenerateVerifier()))
			return err
		}, 400, "invalid_grant"},
		{"a code with another verifier", func(f *fixture, web, _ *oauth2.Config) error {
			back, err := through(f.client)(f.ctx, web.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
			if err != nil {
				return err
			}
			_, err = web.Exchange(f.ctx, back.Get("code"), oauth2.VerifierOption(oauth2.GenerateVerifier()))
			return err
		}, 400, "invalid_grant"},
		{"a code with another redirect URI", func(f *fixture, web, _ *oauth2.Config) error {
			verifier := oauth2.GenerateVerifier()
			back, err := through(f.client)(f.ctx, web.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
			if err != nil {
				return err
			}
			web.RedirectURL = "http://127.0.0.1:1/callback" // registered, too: the port is free
			_, err = web.Exchange(f.ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			return err
		}, 400, "invalid_grant"},
		{"a code twice, which ends what the first got", func(f *fixture, web, _ *oauth2.Config) error {
			verifier := oauth2.GenerateVerifier()
			back, err := through(f.client)(f.ctx, web.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
			if err != nil {
				return err
			}
			token, err := web.Exchange(f.ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				return err
			}
			f.admits(token.AccessToken, 200, 200)
			_, err = web.Exchange(f.ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			f.admits(token.AccessToken, 200, 401)
			return err
		}, 400, "invalid_grant"},
		{"no PKCE", func(f *fixture, _, app *oauth2.Config) error {
			back, err := through(f.client)(f.ctx, app.AuthCodeURL("state"))
			if err != nil {
				return err
			}
			return &oauth2.RetrieveError{ErrorCode: back.Get("error")}
		}, 0, "invalid_request"},
		{"the implicit grant", func(f *fixture, _, app *oauth2.Config) error {
			_, err := authorize(f.ctx, app, f.issuer.URL, through(f.client), oauth2.SetAuthURLParam("response_type", "token"))
			return err
		}, 0, "unsupported_response_type"},
		{"a person who says no", func(f *fixture, _, app *oauth2.Config) error {
			f.issuer.Interact(deny)
			_, err := authorize(f.ctx, app, f.issuer.URL, through(f.client))
			return err
		}, 0, "access_denied"},
		{"a person who is not there, and prompt=none", func(f *fixture, _, app *oauth2.Config) error {
			f.issuer.Interact(leave)
			_, err := authorize(f.ctx, app, f.issuer.URL, through(f.client), oauth2.SetAuthURLParam("prompt", "none"))
			return err
		}, 0, "login_required"},
		{"an issuer that is out of order", func(f *fixture, web, _ *oauth2.Config) error {
			defer f.issuer.Fail(issuertest.EndpointToken, issuertest.Status(503))()
			_, err := machine(web).Token(f.ctx)
			return err
		}, 503, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				web, app, _ := configs(f.provider, "read")
				f.refused(row.do(f, web, app), row.status, row.code)
			}))
		})
	}
}

// An answer that does not belong to the request is not looked at (RFC 9207).
func TestAnswersOfOthers(t *testing.T) {
	for _, row := range []struct {
		name string
		mix  func(url.Values)
	}{
		{"another state", func(back url.Values) { back.Set("state", "another") }},
		{"another issuer", func(back url.Values) { back.Set("iss", "https://evil.example") }},
		{"no issuer", func(back url.Values) { back.Del("iss") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, with(func(f *fixture) {
				_, app, _ := configs(f.provider, "read")
				_, err := authorize(f.ctx, app, f.issuer.URL, func(ctx context.Context, to string) (url.Values, error) {
					back, err := through(f.client)(ctx, to)
					if err == nil {
						row.mix(back)
					}
					return back, err
				})
				if err == nil || !strings.Contains(err.Error(), "another") {
					t.Errorf("got %v", err)
				}
				if n := f.issuer.Requests(issuertest.EndpointToken); n != 0 {
					t.Error("the code was sent all the same")
				}
			}))
		})
	}
}

// Of refreshes at the same time with one refresh token at most one client goes on.
func TestParallelRefreshes(t *testing.T) {
	synctest.Test(t, with(func(f *fixture) {
		_, app, _ := configs(f.provider, "read")
		first := f.authorize(f.ctx, app)
		const n = 8
		tokens := make([]*oauth2.Token, n)
		for i := range n {
			go func() {
				tokens[i], _ = app.TokenSource(f.ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
			}()
		}
		synctest.Wait()
		got := 0
		for _, token := range tokens {
			if token == nil {
				continue
			}
			got++
			if _, err := app.TokenSource(f.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil {
				t.Error("somebody goes on after the refresh token was used twice")
			}
		}
		if got != 1 {
			t.Errorf("%d of %d refreshes got tokens", got, n)
		}
	}))
}
