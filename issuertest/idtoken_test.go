package issuertest_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

func TestIDTokens(t *testing.T) {
	for _, alg := range []string{"", "RS256", "ES256", "EdDSA"} {
		t.Run("OIDC-01 with the algorithm "+alg, func(t *testing.T) {
			iss := withApp(onSocket(t))
			iss.AddClient(issuertest.Client{ID: "app", RedirectURIs: []string{callback}, Scopes: []string{"openid", "read"}, IDTokenAlg: alg})
			if alg == "" {
				alg = "RS256"
			}
			tokens := granted(t, iss, url.Values{"scope": {"openid"}, "nonce": {"n \"+&"}, "max_age": {"60"}, "acr_values": {"pwd"}})
			token, _ := tokens["id_token"].(string)
			header, claims := decode(t, token)
			kid := iss.KeyID(alg)
			if diff := cmp.Diff(map[string]any{"typ": "JWT", "alg": alg, "kid": kid}, header); diff != "" {
				t.Error(diff)
			}
			if !verifies(t, token, alg, iss.PublicKey(kid)) {
				t.Error("the signature is wrong")
			}
			iat, _ := claims["iat"].(float64)
			if age := time.Since(time.Unix(int64(iat), 0)); age < 0 || age > time.Minute {
				t.Errorf("issued %v ago", age)
			}
			// OIDC-04: no azp among the claims.
			want := map[string]any{
				"iss": iss.URL, "sub": "user", "aud": "app", "iat": iat, "exp": iat + 3600,
				"nonce": "n \"+&", "auth_time": claims["auth_time"], "acr": "pwd", // OIDC-02
				"at_hash": atHash(alg, tokens["access_token"].(string)), // OIDC-03
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Error(diff)
			}
			if at, _ := claims["auth_time"].(float64); at < iat-60 || at > iat {
				t.Errorf("auth_time is %v", claims["auth_time"])
			}
			checkInactive(t, ask(t, iss, introspection(token))) // no access token
		})
	}
	t.Run("OIDC-02 no nonce when none was sent", func(t *testing.T) {
		iss := withApp(onSocket(t))
		if _, claims := decode(t, granted(t, iss, nil)["id_token"].(string)); claims["nonce"] != nil {
			t.Errorf("%v", claims)
		}
	})
	t.Run("OIDC-01 no ID token without openid", func(t *testing.T) {
		iss := withApp(onSocket(t))
		for _, scope := range [][]string{{"read profile"}, nil} {
			if tokens := granted(t, iss, url.Values{"scope": scope, "nonce": {"n"}}); tokens["id_token"] != nil {
				t.Errorf("scope %v", tokens["scope"])
			}
		}
	})
	t.Run("OIDC-01 a device may have one", func(t *testing.T) {
		iss := withApp(onSocket(t))
		tokens, err := iss.AuthorizeDevice(t.Context(), "app", url.Values{"scope": {"openid"}})
		if err != nil || tokens.IDToken == "" {
			t.Fatalf("%v", err)
		}
	})
}

// atHash recomputes at_hash.
// OpenID Connect Core §3.1.2.2: no tokens for another person than the hint's.
func TestTheHintOfAnIDToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		person := "alice"
		iss.Interact(func(w http.ResponseWriter, _ *http.Request, a *issuertest.Authorization) {
			a.Approve(w, issuertest.Grant{Subject: person, Scopes: a.Scopes})
		})
		tokens := granted(t, iss, nil)
		alices, access := tokens["id_token"].(string), tokens["access_token"].(string)
		others, err := iss.Authorize(t.Context(), issuertest.ClientID, url.Values{"scope": {"openid"}})
		if err != nil {
			t.Fatal(err)
		}
		forged := iss.Sign(map[string]any{"typ": "JWT", "alg": "none"}, map[string]any{"aud": "app"})
		time.Sleep(2 * time.Hour) // expired is no matter
		iss.Rotate()
		iss.WithdrawExpired() // nor is its key
		for _, row := range []struct{ name, person, hint, prompt, code string }{
			{"the same person", "alice", alices, "", ""},
			{"the same person, silently", "alice", alices, "none", ""},
			{"another person", "bob", alices, "", "login_required"},
			{"another person, silently", "bob", alices, "none", "login_required"},
			{"an ID token for another client", "alice", others.IDToken, "", "invalid_request"},
			{"an access token", "alice", access, "", "invalid_request"},
			{"a token without a signature", "user", forged, "", "invalid_request"},
			{"one with another's signature", "alice", alices[:strings.LastIndexByte(alices, '.')] + others.IDToken[strings.LastIndexByte(others.IDToken, '.'):], "", "invalid_request"},
			{"no token", "alice", "alice", "", "invalid_request"},
		} {
			person = row.person
			v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"id_token_hint": {row.hint}, "prompt": {row.prompt}}))
			checkRedirect(t, iss, v)
			if v.query.Get("error") != row.code {
				t.Errorf("%s: error %q, want %q", row.name, v.query.Get("error"), row.code)
			}
		}
	})
}

func atHash(alg, token string) string {
	if alg == "EdDSA" {
		h := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(h[:32])
	}
	h := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}

func TestARefreshedIDToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := withApp(issuertest.NewInMemoryIssuer())
		defer iss.Close()
		tokens := granted(t, iss, url.Values{"nonce": {"n"}})
		_, before := decode(t, tokens["id_token"].(string))
		time.Sleep(time.Minute)
		next := refresh(t, iss, tokens["refresh_token"], nil).json
		_, after := decode(t, next["id_token"].(string))
		// OIDC-05
		want := map[string]any{
			"iss": before["iss"], "sub": before["sub"], "aud": before["aud"], "auth_time": before["auth_time"], "acr": before["acr"],
			"iat": before["iat"].(float64) + 60, "exp": before["exp"].(float64) + 60,
			"at_hash": atHash("RS256", next["access_token"].(string)),
		}
		if diff := cmp.Diff(want, after); diff != "" {
			t.Error(diff)
		}
	})
}
