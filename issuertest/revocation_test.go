package issuertest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// revocation is a request of the public client app.
func revocation(token any, more string) request {
	s, _ := token.(string)
	return request{endpoint: issuertest.EndpointRevocation, body: url.Values{"client_id": {"app"}, "token": {s}}.Encode() + more}
}

func TestRevocation(t *testing.T) {
	iss := withApp(onSocket(t))
	revoked := func(t *testing.T, q request) {
		t.Helper()
		res := ask(t, iss, q)
		if res.status != 200 || res.body != "" || res.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v %s", res.status, res.header, res.body)
		}
	}
	t.Run("R7009-04 of a refresh token", func(t *testing.T) {
		first := granted(t, iss, nil)
		second := refresh(t, iss, first["refresh_token"], nil).json
		revoked(t, revocation(second["refresh_token"], ""))
		if active(t, iss, first["access_token"]) || active(t, iss, second["access_token"]) || alive(t, iss, second["refresh_token"]) {
			t.Error("a token of the grant still works")
		}
	})
	t.Run("R7009-04 of a refresh token that was spent", func(t *testing.T) {
		first := granted(t, iss, nil)
		second := refresh(t, iss, first["refresh_token"], nil).json
		revoked(t, revocation(first["refresh_token"], ""))
		if active(t, iss, second["access_token"]) || alive(t, iss, second["refresh_token"]) {
			t.Error("a token of the grant still works")
		}
	})
	for _, hint := range []string{"", "&token_type_hint=refresh_token", "&token_type_hint=access_token", "&token_type_hint=foo"} {
		t.Run("R7009-02 of an access token alone"+hint, func(t *testing.T) {
			tokens := granted(t, iss, nil)
			revoked(t, revocation(tokens["access_token"], hint))
			if active(t, iss, tokens["access_token"]) {
				t.Error("still active")
			}
			next := refresh(t, iss, tokens["refresh_token"], nil)
			if next.status != 200 || !active(t, iss, next.json["access_token"]) {
				t.Error("the grant ended with it")
			}
		})
	}
	t.Run("R7009-01 by a client that authenticates", func(t *testing.T) {
		token := ask(t, iss, known(request{})).json["access_token"]
		q := known(revocation(token, ""))
		q.body = url.Values{"token": {token.(string)}}.Encode()
		revoked(t, q)
		if active(t, iss, token) {
			t.Error("still active")
		}
		revoked(t, q) // R7009-02: it is invalid already
	})
	for name, token := range map[string]string{
		"junk": "junk", "an expired token": iss.Token(map[string]any{"exp": 1, "client_id": "app"}),
		"an ID token": granted(t, iss, nil)["id_token"].(string), "a refresh token nobody issued": "refresh_A_B",
	} {
		t.Run("R7009-02 of "+name, func(t *testing.T) { revoked(t, revocation(token, "")) })
	}
}

func TestRevocationsThatAreRefused(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.Register("other", "", "read")
	tokens := granted(t, iss, nil)
	access, refreshToken := tokens["access_token"].(string), tokens["refresh_token"].(string)
	for name, row := range map[string]struct {
		q    request
		code string
	}{
		"R7009-01 no token":                           {request{body: "client_id=app"}, "invalid_request"},
		"R7009-01 an empty token":                     {request{body: "client_id=app&token="}, "invalid_request"},
		"two tokens":                                  {request{body: "client_id=app&token=a&token=b"}, "invalid_request"},
		"R7009-01 nobody":                             {request{body: "token=" + access}, "invalid_client"},
		"R7009-01 a wrong secret":                     {request{id: "client", secret: "guess", body: "token=" + access}, "invalid_client"},
		"R7009-01 a confidential client by name":      {request{body: "client_id=client&token=" + access}, "invalid_client"},
		"R7009-03 another client's access token":      {request{body: "client_id=other&token=" + access}, "invalid_grant"},
		"R7009-03 another client's refresh token":     {request{body: "client_id=other&token=" + refreshToken}, "invalid_grant"},
		"R7009-03 a confidential client's, with hint": {known(request{body: "token_type_hint=refresh_token&token=" + refreshToken}), "invalid_grant"},
		"R7009-01 the token in the URI":               {request{query: "?token=" + access, body: "client_id=app"}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			row.q.endpoint = issuertest.EndpointRevocation
			res := ask(t, iss, row.q)
			if row.code == "invalid_client" {
				checkUnauthorized(t, res)
			} else {
				checkTE(t, res, row.code)
			}
			if !active(t, iss, access) {
				t.Error("the token was revoked")
			}
		})
	}
	t.Run("R7009-01 GET", func(t *testing.T) {
		res := ask(t, iss, request{endpoint: issuertest.EndpointRevocation, method: http.MethodGet, body: "client_id=app"})
		if res.status != 405 || res.header.Get("Allow") != "POST" {
			t.Errorf("%d", res.status)
		}
	})
	if !alive(t, iss, refreshToken) {
		t.Error("the refresh token was revoked")
	}
}

// R7662-15: a refresh token is the business of its client alone.
func TestIntrospectionOfRefreshTokens(t *testing.T) {
	iss := onSocket(t)
	iss.RegisterResource("api", "secret", issuertest.Audience)
	tokens, err := iss.Authorize(t.Context(), issuertest.ClientID, url.Values{"scope": {"read"}})
	if err != nil {
		t.Fatal(err)
	}
	q := introspection(tokens.RefreshToken)
	q.body += "&token_type_hint=access_token"
	res := ask(t, iss, q)
	if res.json["active"] != true || res.json["aud"] != nil || res.json["token_type"] != "N_A" || res.json["client_id"] != "client" || res.json["scope"] != "read" || res.json["sub"] != "user" {
		t.Errorf("%d %s", res.status, res.body)
	}
	foreign := introspection(tokens.RefreshToken)
	foreign.id = "api"
	checkInactive(t, ask(t, iss, foreign))
	if _, err := iss.Exchange(t.Context(), issuertest.ClientID, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.RefreshToken}}); err != nil {
		t.Fatal(err)
	}
	checkInactive(t, ask(t, iss, q)) // spent
	iss.Revoke(tokens.RefreshToken)  // and still good enough to end its family
	if active(t, iss, tokens.AccessToken) {
		t.Error("an access token outlives its grant")
	}
}
