package issuertest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

// asAlice makes alice grant everything.
func asAlice(iss *issuertest.Issuer) *issuertest.Issuer {
	iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
		a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: a.Scopes, UserInfo: map[string]any{
			"name": "Alice", "email": "alice@example.org", "email_verified": true, "phone_number": "1", "picture": nil, "team": "red", "sub": "mallory",
		}})
	})
	return iss
}

func TestUserInfo(t *testing.T) {
	iss := asAlice(withApp(onSocket(t)))
	for name, row := range map[string]struct {
		scope string
		want  map[string]any
	}{
		"with openid alone":       {"openid", map[string]any{"sub": "alice", "team": "red"}},
		"with the profile":        {"openid profile", map[string]any{"sub": "alice", "team": "red", "name": "Alice"}}, // no picture, not null
		"with the e-mail address": {"openid email read", map[string]any{"sub": "alice", "team": "red", "email": "alice@example.org", "email_verified": true}},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run("OIDC-07 "+name+" by "+method, func(t *testing.T) {
				tokens := granted(t, iss, url.Values{"scope": {row.scope}})
				res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, method: method, header: bearer(tokens["access_token"])})
				if res.status != 200 || res.header.Get("Content-Type") != "application/json" || res.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%d %v", res.status, res.header)
				}
				if diff := cmp.Diff(row.want, res.json); diff != "" {
					t.Error(diff)
				}
				if _, claims := decode(t, tokens["id_token"].(string)); claims["sub"] != res.json["sub"] {
					t.Errorf("the ID token is of %v", claims["sub"])
				}
			})
		}
	}
}

func bearer(token any) http.Header {
	return http.Header{"Authorization": {"Bearer " + token.(string)}}
}

func TestUserInfoIsRefused(t *testing.T) {
	iss := asAlice(withApp(onSocket(t)))
	good := granted(t, iss, nil)
	revoked := granted(t, iss, nil)
	iss.Revoke(revoked["refresh_token"].(string))
	for name, row := range map[string]struct {
		header    http.Header
		status    int
		challenge string
	}{
		"without a token":            {nil, 401, `Bearer realm="issuertest"`},
		"with another scheme":        {http.Header{"Authorization": {"Basic YTpi"}}, 401, `Bearer realm="issuertest"`},
		"with two fields":            {http.Header{"Authorization": {"Bearer a", "Bearer b"}}, 400, `Bearer realm="issuertest", error="invalid_request"`},
		"with a token in two fields": {http.Header{"Authorization": {"Bearer " + good["access_token"].(string)[:9], good["access_token"].(string)[9:]}}, 400, `Bearer realm="issuertest", error="invalid_request"`},
		"with an empty token":        {http.Header{"Authorization": {"Bearer"}}, 400, `Bearer realm="issuertest", error="invalid_request"`},
		"with what is no token":      {http.Header{"Authorization": {"Bearer a b"}}, 400, `Bearer realm="issuertest", error="invalid_request"`},
		"with an unknown token":      {bearer("x"), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with an expired token":      {bearer(iss.Token(map[string]any{"exp": 1, "scope": "openid"})), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with a revoked token":       {bearer(revoked["access_token"]), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with a refresh token":       {bearer(good["refresh_token"]), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with an ID token":           {bearer(good["id_token"]), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with a token of nobody":     {bearer(iss.Token(map[string]any{"sub": nil, "scope": "openid"})), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"with a bound token alone":   {bearer(iss.Token(map[string]any{"cnf": map[string]any{"jkt": "x"}, "scope": "openid"})), 401, `Bearer realm="issuertest", error="invalid_token"`},
		"without openid":             {bearer(granted(t, iss, url.Values{"scope": {"read"}})["access_token"]), 403, `Bearer realm="issuertest", error="insufficient_scope", scope="openid"`},
		"with a scope like openid":   {bearer(iss.Token(map[string]any{"scope": "openid2 xopenid"})), 403, `Bearer realm="issuertest", error="insufficient_scope", scope="openid"`},
	} {
		t.Run("OIDC-07 "+name, func(t *testing.T) {
			res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, header: row.header})
			if res.status != row.status || res.header.Get("WWW-Authenticate") != row.challenge || res.body != "" {
				t.Errorf("%d %q %s", res.status, res.header.Get("WWW-Authenticate"), res.body)
			}
		})
	}
	t.Run("of a token that the test made", func(t *testing.T) {
		res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, header: bearer(iss.Opaque(map[string]any{"scope": "openid"}))})
		if diff := cmp.Diff(map[string]any{"sub": "user"}, res.json); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("other methods", func(t *testing.T) {
		res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, method: "DELETE", header: bearer(good["access_token"])})
		if res.status != 405 || res.header.Get("Allow") != "GET, POST" {
			t.Errorf("%d %v", res.status, res.header)
		}
	})
}
