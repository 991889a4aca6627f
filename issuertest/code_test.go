package issuertest_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/issuertest"
)

// codeFor returns the code of an authorization that is granted.
func codeFor(t *testing.T, iss *issuertest.Issuer, params url.Values) string {
	t.Helper()
	v := browse(t, iss, "GET", issuertest.EndpointAuthorization, params)
	if v.query.Get("code") == "" {
		t.Fatalf("%d %v %s", v.status, v.query, v.body)
	}
	return v.query.Get("code")
}

// redeem asks for the tokens of a code of the public client app.
func redeem(t *testing.T, iss *issuertest.Issuer, code string, changes url.Values) answer {
	t.Helper()
	form := change(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"app"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}, changes)
	return ask(t, iss, request{body: form.Encode()})
}

// asClient asks the token endpoint as the confidential client id.
func asClient(t *testing.T, iss *issuertest.Issuer, id string, form url.Values) answer {
	t.Helper()
	return ask(t, iss, request{id: id, secret: "secret", body: form.Encode()})
}

// active reports what the resource server is told of a token; checked by a
// client that may ask about Audience.
func active(t *testing.T, iss *issuertest.Issuer, token any) bool {
	t.Helper()
	s, _ := token.(string)
	if s == "" {
		t.Fatal("no token")
	}
	res := ask(t, iss, introspection(s))
	if res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	return res.json["active"] == true
}

// alive reports whether a refresh token of the public client app works. It is
// spent afterwards.
func alive(t *testing.T, iss *issuertest.Issuer, token any) bool {
	t.Helper()
	return refresh(t, iss, token, nil).status == 200
}

func checkTE(t *testing.T, res answer, code string) {
	t.Helper()
	if res.status != 400 {
		t.Errorf("status %d, want 400", res.status)
	}
	checkRefusal(t, res, code)
}

func TestACodeIsRedeemed(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, changes := range map[string]url.Values{
		"R7636-01 with the verifier of the RFC": nil,
		"O21-03 without the redirect URI":       {"redirect_uri": nil},
		"O21-03 with an empty redirect URI":     {"redirect_uri": {""}},
		"R8707-05 for the granted resource":     {"resource": {issuertest.Audience}},
	} {
		t.Run(name, func(t *testing.T) {
			res := redeem(t, iss, codeFor(t, iss, authorization(nil)), changes) // R6749-14: a public client names itself
			header, claims := decode(t, res.json["access_token"].(string))
			if res.status != 200 || res.json["token_type"] != "Bearer" || res.json["scope"] != "read" || res.json["refresh_token"] == nil || res.json["id_token"] != nil ||
				res.header.Get("Cache-Control") != "no-store" || res.header.Get("Pragma") != "no-cache" {
				t.Errorf("%d %v %v", res.status, res.header, res.json)
			}
			// R9068-10, R9068-11
			if header["typ"] != "at+jwt" || claims["sub"] != "user" || claims["client_id"] != "app" || claims["aud"] != issuertest.Audience || claims["scope"] != "read" || claims["auth_time"] == nil {
				t.Errorf("%v %v", header, claims)
			}
		})
	}
}

func TestCodesThatAreNotRedeemed(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.AddClient(issuertest.Client{ID: "other", RedirectURIs: []string{callback}, Scopes: []string{"read"}})
	iss.AddClient(issuertest.Client{ID: "nocodes", RedirectURIs: []string{callback}, Grants: []string{issuertest.GrantRefreshToken}})
	for name, row := range map[string]struct {
		changes url.Values
		code    string
	}{
		"R6749-11 by another client":                      {url.Values{"client_id": {"other"}}, "invalid_grant"},
		"R6749-11 with another redirect URI":              {url.Values{"redirect_uri": {"https://app.example/other"}}, "invalid_grant"},
		"O21-03 with a redirect URI that is nobody's":     {url.Values{"redirect_uri": {"x"}}, "invalid_grant"},
		"R7636-01 with another verifier":                  {url.Values{"code_verifier": {"A" + verifier[1:]}}, "invalid_grant"},
		"R7636-01 with the challenge as verifier":         {url.Values{"code_verifier": {challenge}}, "invalid_grant"},
		"R7636-03 without a verifier":                     {url.Values{"code_verifier": nil}, "invalid_request"},
		"R7636-03 with an empty verifier":                 {url.Values{"code_verifier": {""}}, "invalid_request"},
		"R7636-03 with a verifier of 42 characters":       {url.Values{"code_verifier": {verifier[1:]}}, "invalid_request"},
		"R7636-03 with a verifier of 129 characters":      {url.Values{"code_verifier": {strings.Repeat("a", 129)}}, "invalid_request"},
		"R7636-03 with a verifier with another character": {url.Values{"code_verifier": {verifier[1:] + "="}}, "invalid_request"},
		"without a code":                                  {url.Values{"code": nil}, "invalid_request"},
		"with a code nobody issued":                       {url.Values{"code": {"code_AAAAAAAAAAAAAAAAAAAAAAAAAA"}}, "invalid_grant"},
		"R6749-05 with two codes":                         {url.Values{"code": {"a", "b"}}, "invalid_request"},
		"R8707-05 for a resource that was not granted":    {url.Values{"resource": {"https://other.example"}}, "invalid_target"},
		"R6749-19 by a client without the grant":          {url.Values{"client_id": {"nocodes"}}, "unauthorized_client"},
		"R9700-10 R6749-19 with the grant of a password":  {url.Values{"grant_type": {"password"}, "username": {"user"}, "password": {"p"}}, "unsupported_grant_type"},
	} {
		t.Run(name, func(t *testing.T) {
			code := codeFor(t, iss, authorization(nil))
			checkTE(t, redeem(t, iss, code, row.changes), row.code)
			// A mistake, or a stranger, does not cost the client its code.
			if res := redeem(t, iss, code, nil); res.status != 200 {
				t.Errorf("%d %s", res.status, res.body)
			}
		})
	}
}

func TestACodeWorksOnce(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.AddClient(issuertest.Client{ID: "other", RedirectURIs: []string{callback}, Scopes: []string{"read"}})
	t.Run("R6749-10 a replay ends what came of it", func(t *testing.T) {
		code := codeFor(t, iss, authorization(nil))
		first := redeem(t, iss, code, nil).json
		if !active(t, iss, first["access_token"]) {
			t.Fatal("inactive at once")
		}
		next := refresh(t, iss, first["refresh_token"], nil).json
		checkTE(t, redeem(t, iss, code, nil), "invalid_grant")
		for _, token := range []any{first["access_token"], next["access_token"]} {
			if active(t, iss, token) {
				t.Error("an access token is still active")
			}
		}
		checkTE(t, refresh(t, iss, next["refresh_token"], nil), "invalid_grant")
		checkTE(t, redeem(t, iss, code, nil), "invalid_grant")
	})
	for name, changes := range map[string]url.Values{
		"R7636-01 a wrong verifier":         {"code_verifier": {strings.Repeat("a", 43)}},
		"O21-04 no verifier":                {"code_verifier": nil},
		"another redirect URI":              {"redirect_uri": {"https://app.example/other"}},
		"another client":                    {"client_id": {"other"}},
		"a client that is not what it says": {"client_id": {issuertest.ClientID}, "client_secret": {"guess"}},
	} {
		t.Run("O21-04 a replay ends nothing with "+name, func(t *testing.T) {
			code := codeFor(t, iss, authorization(nil))
			first := redeem(t, iss, code, nil).json
			if res := redeem(t, iss, code, changes); res.status == 200 {
				t.Errorf("%d", res.status)
			}
			if !active(t, iss, first["access_token"]) || !alive(t, iss, first["refresh_token"]) {
				t.Error("a token ended")
			}
		})
	}
	t.Run("R6749-10 at the same time", func(t *testing.T) {
		code := codeFor(t, iss, authorization(nil))
		granted := make(chan answer, 8)
		var wg sync.WaitGroup
		for range cap(granted) {
			wg.Go(func() {
				if res := redeem(t, iss, code, nil); res.status == 200 {
					granted <- res
				}
			})
		}
		wg.Wait()
		if close(granted); len(granted) != 1 {
			t.Fatalf("%d uses of one code", len(granted))
		}
		if active(t, iss, (<-granted).json["access_token"]) {
			t.Error("active after replays")
		}
	})
}

func TestACodeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		early, late := codeFor(t, iss, authorization(nil)), codeFor(t, iss, authorization(nil))
		time.Sleep(5*time.Minute - time.Second)
		res := redeem(t, iss, early, nil)
		if res.status != 200 {
			t.Errorf("%d a second before the end", res.status)
		}
		time.Sleep(time.Second)
		checkTE(t, redeem(t, iss, late, nil), "invalid_grant") // R6749-10
		checkTE(t, redeem(t, iss, early, nil), "invalid_grant")
		if !active(t, iss, res.json["access_token"]) {
			t.Error("the replay of an expired code is not valid otherwise, and ends nothing")
		}
	})
}

// R9700-08. A confidential client may do without PKCE when a nonce protects it.
func TestWithoutPKCE(t *testing.T) {
	iss := onSocket(t)
	iss.AddClient(issuertest.Client{ID: "web", Secret: "secret", RedirectURIs: []string{callback}, Scopes: []string{"openid"}})
	plain := authorization(url.Values{"client_id": {"web"}, "code_challenge": nil, "code_challenge_method": nil, "scope": {"openid"}, "nonce": {"n"}})
	for _, row := range []struct {
		name, code string
		changes    url.Values
	}{
		{"R9700-08 a verifier without a challenge is a downgrade", "invalid_request", url.Values{"code_verifier": {verifier}}},
		{"the redirect URI is needed", "invalid_request", url.Values{"redirect_uri": nil}},
		{"the redirect URI is compared", "invalid_grant", url.Values{"redirect_uri": {"https://app.example/other"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			form := change(url.Values{"grant_type": {"authorization_code"}, "code": {codeFor(t, iss, plain)}, "redirect_uri": {callback}}, row.changes)
			checkTE(t, asClient(t, iss, "web", form), row.code)
		})
	}
	t.Run("it works", func(t *testing.T) {
		res := asClient(t, iss, "web", url.Values{"grant_type": {"authorization_code"}, "code": {codeFor(t, iss, plain)}, "redirect_uri": {callback}})
		if res.status != 200 {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
	t.Run("R6749-14 a confidential client has to authenticate", func(t *testing.T) {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {codeFor(t, iss, plain)}, "redirect_uri": {callback}, "client_id": {"web"}}
		checkUnauthorized(t, ask(t, iss, request{body: form.Encode()}))
	})
	t.Run("O21-02 in the body, if it likes", func(t *testing.T) {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {codeFor(t, iss, plain)}, "redirect_uri": {callback}, "client_id": {"web"}, "client_secret": {"secret"}}
		if res := ask(t, iss, request{body: form.Encode()}); res.status != 200 {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
}
