package issuertest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

const files, mail = "https://files.example", "https://mail.example/v1"

// withResources returns an issuer that knows two resources more. Tokens for mail
// are opaque.
func withResources(iss *issuertest.Issuer) *issuertest.Issuer {
	iss.AddResource(issuertest.Resource{URI: files, Scopes: []string{"files:read", "files:write"}})
	iss.AddResource(issuertest.Resource{URI: mail, Scopes: []string{"mail:send"}, Opaque: true})
	scopes := []string{"openid", "read", "files:read", "files:write", "mail:send"}
	iss.AddClient(issuertest.Client{ID: "app", RedirectURIs: []string{callback}, Scopes: scopes})
	iss.AddClient(issuertest.Client{ID: "service", Secret: "secret", Scopes: scopes})
	iss.RegisterResource("reader", "secret", issuertest.Audience, files, mail)
	return iss
}

// about is what the resource server with access to all resources is told.
func about(t *testing.T, iss *issuertest.Issuer, token any) map[string]any {
	t.Helper()
	q := introspection(token.(string))
	q.id = "reader"
	return ask(t, iss, q).json
}

func TestTheAudienceOfAToken(t *testing.T) {
	iss := withResources(onSocket(t))
	for name, row := range map[string]struct {
		scope     string
		resources []string
		aud       any
		granted   any
		opaque    bool
	}{
		"R9068-12 without a resource the default":        {"read", nil, issuertest.Audience, "read", false},
		"R9068-12 scopes point at their resource":        {"files:read files:write", nil, files, "files:read files:write", false},
		"R9068-12 as they do at one with opaque tokens":  {"mail:send", nil, mail, "mail:send", true},
		"R8707-05 the resource that is asked for":        {"files:read", []string{files}, files, "files:read", false},
		"a scope of no resource goes with any":           {"read files:read", []string{files}, files, "read files:read", false},
		"R8707-04 R8707-05 both resources":               {"files:read mail:send", []string{files, mail}, []any{files, mail}, "files:read mail:send", true},
		"R6749-16 scopes by default are those that fit":  {"", []string{files}, files, "read files:read files:write", false},
		"a good one sixteen times":                       {"files:read", slices.Repeat([]string{files}, 16), files, "files:read", false},
		"an empty resource is none that was asked for":   {"files:read", []string{""}, files, "files:read", false},
		"RegisterResource makes its audiences known too": {"read", []string{"https://third.example"}, "https://third.example", "read", false},
	} {
		t.Run(name, func(t *testing.T) {
			iss.RegisterResource("third", "secret", "https://third.example", files, "no URI")
			form := url.Values{"grant_type": {"client_credentials"}, "scope": {row.scope}, "resource": row.resources}
			own := asClient(t, iss, "service", form)
			persons := redeem(t, iss, codeFor(t, iss, authorization(url.Values{"scope": {row.scope}, "resource": row.resources})), nil)
			for _, res := range []answer{own, persons} {
				token, _ := res.json["access_token"].(string)
				if res.status != 200 || res.json["scope"] != row.granted || (strings.Count(token, ".") == 0) != row.opaque {
					t.Fatalf("%d %v, opaque %t", res.status, res.json["scope"], strings.Count(token, ".") == 0)
				}
				if row.aud == "https://third.example" {
					continue
				}
				if claims := about(t, iss, token); !cmp.Equal(claims["aud"], row.aud) || claims["scope"] != row.granted || claims["active"] != true {
					t.Errorf("%v", claims)
				}
			}
		})
	}
	for name, row := range map[string]struct {
		scope     string
		resources []string
		code      string
	}{
		"R9068-12 scopes of two resources":             {"files:read mail:send", nil, "invalid_scope"},
		"R9068-12 a scope of a resource and another":   {"read files:read", nil, "invalid_scope"},
		"R9068-12 scopes by default of several":        {"", nil, "invalid_scope"},
		"R9068-12 a scope of another resource":         {"mail:send", []string{files}, "invalid_scope"},
		"R8707-03 a resource that is not known":        {"read", []string{"https://fourth.example"}, "invalid_target"},
		"R8707-03 a resource with a slash too many":    {"files:read", []string{files + "/"}, "invalid_target"},
		"R8707-03 an audience that was no URI at all":  {"read", []string{"no URI"}, "invalid_target"},
		"R8707-03 a relative one beside a good one":    {"files:read", []string{files, "files"}, "invalid_target"},
		"a good one seventeen times":                   {"files:read", slices.Repeat([]string{files}, 17), "invalid_target"},
		"R8707-03 one with a fragment that is unknown": {"files:read", []string{files + "#"}, "invalid_target"},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"grant_type": {"client_credentials"}, "scope": {row.scope}, "resource": row.resources}
			checkTE(t, asClient(t, iss, "service", form), row.code)
			v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"scope": {row.scope}, "resource": row.resources}))
			checkDenied(t, iss, v, row.code)
		})
	}
	t.Run("a person's scopes are not for clients", func(t *testing.T) {
		checkTE(t, asClient(t, iss, "service", url.Values{"grant_type": {"client_credentials"}, "scope": {"openid read"}}), "invalid_scope")
	})
}

func TestOneOfTheGrantedResources(t *testing.T) {
	iss := withResources(onSocket(t))
	both := authorization(url.Values{"scope": {"files:read mail:send openid"}, "resource": {files, mail}})
	t.Run("R8707-05 the token request may pick", func(t *testing.T) {
		res := redeem(t, iss, codeFor(t, iss, both), url.Values{"resource": {files}})
		_, claims := decode(t, res.json["access_token"].(string))
		if claims["aud"] != files || claims["scope"] != "files:read openid" || res.json["scope"] != claims["scope"] {
			t.Errorf("%v", claims)
		}
		t.Run("R8707-06 and the refresh token keeps all", func(t *testing.T) {
			token := res.json["refresh_token"]
			for _, row := range []struct {
				resources []string
				aud       any
				scope     string
			}{
				{[]string{mail}, mail, "mail:send openid"},
				{nil, []any{files, mail}, "files:read mail:send openid"},
				{[]string{files}, files, "files:read openid"},
			} {
				next := refresh(t, iss, token, url.Values{"resource": row.resources})
				if claims := about(t, iss, next.json["access_token"]); !cmp.Equal(claims["aud"], row.aud) || claims["scope"] != row.scope {
					t.Errorf("%v", claims)
				}
				token = next.json["refresh_token"]
			}
		})
	})
	for name, resources := range map[string][]string{
		"one that was not granted": {issuertest.Audience}, "one that nobody knows": {"https://x.example"}, "a granted one and another": {files, issuertest.Audience},
		"one too often": slices.Repeat([]string{files}, 17),
	} {
		t.Run("R8707-05 but not "+name, func(t *testing.T) {
			code := codeFor(t, iss, both)
			checkTE(t, redeem(t, iss, code, url.Values{"resource": resources}), "invalid_target")
			token := redeem(t, iss, code, nil).json["refresh_token"]
			checkTE(t, refresh(t, iss, token, url.Values{"resource": resources}), "invalid_target")
		})
	}
}

// R6749-16: an answer without scope says that the client got what it asked for.
func TestScopesOfTheOtherResource(t *testing.T) {
	iss := withResources(onSocket(t))
	both := authorization(url.Values{"scope": {"files:read mail:send"}, "resource": {files, mail}})
	t.Run("are not left out at a refresh that asks for them", func(t *testing.T) {
		token := redeem(t, iss, codeFor(t, iss, both), nil).json["refresh_token"]
		for _, scope := range []string{"files:read", "files:read mail:send"} {
			checkTE(t, refresh(t, iss, token, url.Values{"scope": {scope}, "resource": {mail}}), "invalid_scope")
		}
		res := refresh(t, iss, token, url.Values{"scope": {"mail:send"}, "resource": {mail}})
		if res.json["scope"] != "mail:send" {
			t.Errorf("%d %v: a refusal cost the token", res.status, res.json["scope"])
		}
	})
	t.Run("leave no token without scopes", func(t *testing.T) {
		iss.RegisterResource("third", "secret", "https://third.example")
		iss.AddClient(issuertest.Client{ID: "service", Secret: "secret", Scopes: []string{"files:read"}})
		checkTE(t, asClient(t, iss, "service", url.Values{"grant_type": {"client_credentials"}, "resource": {"https://third.example"}}), "invalid_scope")

		code := codeFor(t, iss, authorization(url.Values{"scope": {"files:read"}, "resource": {files, mail}}))
		checkTE(t, redeem(t, iss, code, url.Values{"resource": {mail}}), "invalid_scope")
		token := redeem(t, iss, code, nil).json["refresh_token"]
		checkTE(t, refresh(t, iss, token, url.Values{"resource": {mail}}), "invalid_scope")
		if !alive(t, iss, token) {
			t.Error("a refusal cost the token")
		}
	})
}

func TestOpaqueTokensOfTheTokenEndpoint(t *testing.T) {
	iss := withResources(onSocket(t))
	tokens := redeem(t, iss, codeFor(t, iss, authorization(url.Values{"scope": {"mail:send openid"}})), nil).json
	claims := about(t, iss, tokens["access_token"])
	for _, name := range []string{"iss", "sub", "client_id", "exp", "iat", "jti", "auth_time", "acr"} {
		if claims[name] == nil {
			t.Errorf("%s is absent", name)
		}
	}
	if res := ask(t, iss, request{endpoint: issuertest.EndpointUserInfo, header: bearer(tokens["access_token"])}); res.status != 200 {
		t.Errorf("userinfo: %d", res.status)
	}
	ask(t, iss, revocation(tokens["refresh_token"], ""))
	if claims := about(t, iss, tokens["access_token"]); claims["active"] != false {
		t.Error("active after its grant ended")
	}
}

func TestMistakesOfResourcesPanic(t *testing.T) {
	iss := withResources(onSocket(t))
	for name, r := range map[string]issuertest.Resource{
		"a relative URI":             {URI: "api"},
		"a fragment":                 {URI: "https://x.example#f"},
		"a scope with a space":       {URI: "https://x.example", Scopes: []string{"a b"}},
		"a scope of another":         {URI: "https://x.example", Scopes: []string{"mail:send"}},
		"a scope of OpenID Connect":  {URI: "https://x.example", Scopes: []string{"openid"}},
		"the default with another's": {URI: issuertest.Audience, Scopes: []string{"files:read"}},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, func() { iss.AddResource(r) }) })
	}
}
