package introspect_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/warder-go/warder/introspect"
)

// asks returns an issuer that is asked at url and answers in the shape of a real one. An
// answer without active is an error.
func asks(url string, answers map[string]object) *server {
	replies := map[string]reply{}
	for token, answer := range answers {
		replies[token] = typed("application/json;charset=UTF-8", encode(answer))
		if answer["active"] == nil {
			replies[token] = by(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, encode(answer))
			})
		}
	}
	s := newServer(nil)
	s.serve(url, func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Authorization") == "" && r.PostFormValue("client_id") == "" {
			return status(http.StatusUnauthorized)(r)
		}
		if answer, ok := replies[r.PostFormValue("token")]; ok {
			return answer(r)
		}
		return says(inactive)(r)
	})
	return s
}

// with returns base with changes made to it; nil removes a member.
func with(base, changes object) object {
	changed := maps.Clone(base)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ string, v any) bool { return v == nil })
	return changed
}

// oryAnswers are those of Ory Hydra, by token. token_type is always Bearer.
func oryAnswers() map[string]object {
	const user, client = "7c1e9d20-1111-4222-8333-444455556666", "5a8b7c6d-1111-4222-8333-444455556666"
	at := object{
		"active": true, "scope": "openid offline_access read", "client_id": "3f6a0b8c-1111-4222-8333-444455556666",
		"sub": user, "exp": in(time.Hour), "iat": in(0), "nbf": in(0), "aud": []string{"https://notes.example.com"},
		"iss": "https://example.projects.oryapis.com", "token_type": "Bearer", "token_use": "access_token",
		"ext": object{"team": "editors"},
	}
	refresh := with(at, object{"exp": in(30 * 24 * time.Hour), "token_use": "refresh_token"})
	return map[string]object{
		"ory_at_alice":   at,
		"ory_at_service": with(at, object{"sub": client, "client_id": client, "scope": "read", "ext": nil}),
		"ory_at_unasked": with(at, object{"aud": []string{}}),
		"ory_rt_alice":   refresh,
		"alice.refresh":  refresh, // before the prefixes of Hydra 2
		"ory_at_refresh": refresh,
	}
}

// nodeOIDCAnswers are those of a node-oidc-provider. Refresh tokens have no token_type.
func nodeOIDCAnswers() map[string]object {
	at := object{
		"active": true, "client_id": "notes-web", "exp": in(time.Hour), "iat": in(0), "iss": "https://op.example.com",
		"aud": "https://notes.example.com", "scope": "read", "token_type": "Bearer", "sub": "alice",
	}
	refresh := with(at, object{"aud": nil, "token_type": nil, "scope": "openid offline_access read", "exp": in(14 * 24 * time.Hour)})
	return map[string]object{
		"access":        at,
		"service":       with(at, object{"sub": nil, "client_id": "notes-batch"}),
		"userinfo":      with(at, object{"aud": nil, "scope": "openid read", "sid": "kY2mQexample"}),
		"bound":         with(at, object{"token_type": "DPoP", "cnf": object{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}),
		"jwt":           {"error": "unsupported_token_type", "error_description": "Structured JWT Tokens cannot be introspected"},
		"refresh":       refresh,
		"refresh-aud":   with(refresh, object{"aud": "https://notes.example.com"}),
		"refresh-early": with(at, object{"token_type": "refresh_token"}), // of its first versions
		"access-early":  with(at, object{"token_type": "access_token"}),
	}
}

// zitadelAnswers are those of Zitadel, which knows only access tokens.
func zitadelAnswers() map[string]object {
	const project, web = "328859038097867422", "328859038248927902"
	at := object{
		"active": true, "scope": "openid profile read", "client_id": web, "token_type": "Bearer", "exp": in(12 * time.Hour),
		"iat": in(0), "auth_time": in(-time.Minute), "nbf": in(0), "sub": "383942323576245195",
		"aud": []string{web, "328859038232151180", project}, "iss": "https://example-a1b2c3.eu1.zitadel.cloud",
		"jti": "V2_391184219667173286-at_391187731641798570", "username": "alice@example.com", "name": "Alice Example",
		"preferred_username": "alice@example.com", "email": "alice@example.com", "email_verified": true,
		"urn:zitadel:iam:org:project:roles": object{"editor": object{"328859038080000000": "example.eu1.zitadel.cloud"}},
	}
	return map[string]object{
		"access":   at,
		"service":  with(at, object{"sub": "391187731641798566", "client_id": "notes-batch", "aud": []string{project}, "username": "notes-batch"}),
		"personal": with(at, object{"sub": "391187731641798566", "client_id": nil, "aud": []string{project}}),
	}
}

// dexAnswers are those of Dex: it takes every JWT of its own for an access token.
func dexAnswers() map[string]object {
	at := object{
		"active": true, "client_id": "notes-web", "sub": "CgVhbGljZRIFbG9jYWw", "exp": in(24 * time.Hour), "iat": in(0), "nbf": in(0),
		"username": "alice", "aud": []string{"notes-api", "notes-web"}, "iss": "https://dex.example.com", "token_type": "Bearer",
		"token_use": "access_token", "ext": object{"azp": "notes-web", "email": "alice@example.com", "email_verified": true},
	}
	return map[string]object{
		"access": at, "id": at, // the same answer
		"refresh": with(at, object{"token_use": "refresh_token"}),
	}
}

// springAnswers are those of a Spring Authorization Server: all that it has ever issued
// and that is good is active. Only access tokens have a token_type.
func springAnswers() map[string]object {
	at := object{
		"active": true, "sub": "alice", "aud": []string{"https://notes.example.com"}, "nbf": in(0), "scope": "openid read",
		"iss": "https://auth.example.com", "exp": in(5 * time.Minute), "iat": in(0), "jti": "d8c2b3e4-1111-4222-8333-444455556666",
		"client_id": "notes-web", "token_type": "Bearer",
	}
	bare := object{"active": true, "client_id": "notes-web", "iat": in(0), "exp": in(time.Hour)}
	return map[string]object{
		"access": at, "refresh": bare, "code": bare,
		"id":      with(at, object{"aud": []string{"notes-web"}, "azp": "notes-web", "nonce": "n", "scope": nil, "nbf": nil, "token_type": nil}),
		"id-ours": with(at, object{"azp": "notes-web", "scope": nil, "nbf": nil, "token_type": nil}),
	}
}

// duendeAnswers are those of an IdentityServer to the credentials of an ApiResource: the
// claims of the token, and of its scopes those of the API.
func duendeAnswers() map[string]object {
	at := object{
		"iss": "https://identity.example.com", "nbf": in(0), "iat": in(0), "exp": in(time.Hour), "aud": "https://notes.example.com",
		"amr": "pwd", "client_id": "notes-web", "sub": "2", "auth_time": in(-time.Minute), "idp": "local",
		"jti": "1D736303BBF4AFCA27BC661E307F697B", "active": true, "scope": "read",
	}
	return map[string]object{
		"access":  at,
		"service": with(at, object{"sub": nil, "auth_time": nil, "idp": nil, "amr": nil, "client_id": "notes-batch"}),
		"static":  with(at, object{"aud": []string{"https://notes.example.com", "https://identity.example.com/resources"}}),
	}
}

// What becomes of each answer, under the configurations of docs/providers.md, and which
// option it is that keeps other tokens out.
func TestProvidersAAnswers(t *testing.T) {
	const wrongType, wrongAudience, missing = "401-T wrong_type", "401-T wrong_audience", "401-T missing_claim"
	asking := func(issuer string, change func(*introspect.Config)) func(*http.Client) (*introspect.Verifier, error) {
		return func(client *http.Client) (*introspect.Verifier, error) {
			cfg := introspect.Config{
				Issuer: issuer, Endpoint: issuer + "/introspect", Audience: []string{"https://notes.example.com"},
				Authenticate: introspect.Basic("notes-api", "secret"), HTTPClient: client,
			}
			change(&cfg)
			return introspect.NewVerifier(cfg)
		}
	}
	plain := func(c *introspect.Config) {}
	requireType := func(c *introspect.Config) { c.RequireTokenType = true }
	forUs := func(c *introspect.Config) { c.AllowMissingAudience = true }
	inDex := func(c *introspect.Config) { c.Audience = []string{"notes-api"} }
	for _, row := range []struct {
		name, url string
		answers   map[string]object
		verifier  func(*http.Client) (*introspect.Verifier, error)
		want      map[string]string
	}{
		{"Ory", "https://example.projects.oryapis.com/admin/oauth2/introspect", oryAnswers(),
			func(client *http.Client) (*introspect.Verifier, error) {
				return oryOpaque(client, func(context.Context) (string, error) { return "ory_pat_example", nil })
			},
			map[string]string{
				"ory_at_alice": ok, "ory_at_service": ok, "ory_at_unasked": wrongAudience, "ory_at_unknown": notActive,
				"ory_rt_alice": "401-T malformed_token", "alice.refresh": "401-T malformed_token", "ory_at_refresh": wrongType,
			}},
		{"Ory: token_use keeps refresh tokens out, by itself", "https://example.projects.oryapis.com/introspect", oryAnswers(),
			asking("https://example.projects.oryapis.com", plain),
			map[string]string{"ory_at_alice": ok, "ory_rt_alice": wrongType, "alice.refresh": wrongType}},
		{"Ory Hydra's own admin API, inside a cluster", "http://hydra-admin:4445/admin/oauth2/introspect", oryAnswers(),
			asking("https://example.projects.oryapis.com", func(c *introspect.Config) {
				c.Endpoint, c.InsecureAllowHTTP = "http://hydra-admin:4445/admin/oauth2/introspect", true
				c.Authenticate = introspect.Post("notes-api", "")
			}),
			map[string]string{"ory_at_alice": ok, "ory_rt_alice": wrongType, "ory_at_unknown": notActive}},
		{"node-oidc-provider", "https://op.example.com/token/introspection", nodeOIDCAnswers(),
			func(client *http.Client) (*introspect.Verifier, error) { return nodeOIDCOpaque(client, "secret") },
			map[string]string{
				"access": ok, "service": ok, "userinfo": missing, "bound": "401-T unconfirmed_binding", "unknown": notActive,
				"jwt":     notActive,
				"refresh": missing, "refresh-aud": wrongType, "refresh-early": wrongType, "access-early": ok,
			}},
		{"node-oidc-provider: without RequireTokenType the audience keeps refresh tokens out", "https://op.example.com/introspect", nodeOIDCAnswers(),
			asking("https://op.example.com", plain),
			map[string]string{"access": ok, "refresh": missing, "refresh-aud": ok, "jwt": unavailable}},
		{"node-oidc-provider: without both, nothing does", "https://op.example.com/introspect", nodeOIDCAnswers(),
			asking("https://op.example.com", forUs), map[string]string{"access": ok, "refresh": ok}},
		{"Zitadel", "https://example-a1b2c3.eu1.zitadel.cloud/oauth/v2/introspect", zitadelAnswers(),
			func(client *http.Client) (*introspect.Verifier, error) { return zitadelOpaque(client, "secret") },
			map[string]string{"access": ok, "service": ok, "personal": ok, "refresh": notActive, "id": notActive}},
		{"Dex: its answers do not tell ID tokens", "https://dex.example.com/introspect", dexAnswers(),
			asking("https://dex.example.com", inDex),
			map[string]string{"access": "403-S insufficient_scope", "id": "403-S insufficient_scope", "refresh": wrongType, "unknown": notActive}},
		{"Spring: RequireTokenType keeps the others out", "https://auth.example.com/introspect", springAnswers(),
			asking("https://auth.example.com", requireType),
			map[string]string{"access": ok, "refresh": missing, "code": missing, "id": wrongAudience, "id-ours": wrongType, "unknown": notActive}},
		{"Spring: RequireTokenType, where no audience is asked for", "https://auth.example.com/introspect", springAnswers(),
			asking("https://auth.example.com", func(c *introspect.Config) { requireType(c); forUs(c) }),
			map[string]string{"access": ok, "refresh": wrongType, "code": wrongType}},
		{"Duende", "https://identity.example.com/introspect", duendeAnswers(),
			asking("https://identity.example.com", plain),
			map[string]string{"access": ok, "service": ok, "static": ok, "refresh": notActive}},
		{"Duende: its answers have no token_type", "https://identity.example.com/introspect", duendeAnswers(),
			asking("https://identity.example.com", requireType), map[string]string{"access": wrongType}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := asks(row.url, row.answers)
			s.serve("https://op.example.com/.well-known/openid-configuration", says(
				`{"issuer":"https://op.example.com","introspection_endpoint":"https://op.example.com/token/introspection"}`))
			v, err := row.verifier(s.client())
			if err != nil {
				t.Fatal(err)
			}
			a := newAPI(v)
			for token, want := range row.want {
				t.Run(token, func(t *testing.T) { a.get(token).is(t, want) })
			}
		})
	}
}
