package issuertest_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

const signedAnswer = "application/token-introspection+jwt"

// introspection is a request of the client about token.
func introspection(token string) request {
	return known(request{endpoint: issuertest.EndpointIntrospection, body: url.Values{"token": {token}}.Encode()})
}

func introspect(t *testing.T, iss *issuertest.Issuer, token, accept string) answer {
	t.Helper()
	q := introspection(token)
	q.header = http.Header{"Accept": {accept}}
	return ask(t, iss, q)
}

// checkInactive shows what R7662-13 asks of every answer about a token that is
// not active.
func checkInactive(t *testing.T, res answer) {
	t.Helper()
	if res.status != 200 || res.body != `{"active":false}` ||
		res.header.Get("Content-Type") != "application/json" || res.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", res.status, res.header, res.body)
	}
}

func TestActiveTokens(t *testing.T) {
	iss := onSocket(t)
	bound := map[string]any{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
	for _, row := range []struct {
		name    string
		changes map[string]any
		want    map[string]any
	}{
		{"as they come", nil, nil},
		{"with another scope", map[string]any{"scope": "read write"}, nil},
		{"for several audiences", map[string]any{"aud": []string{"https://other.example", issuertest.Audience}},
			map[string]any{"aud": []any{"https://other.example", issuertest.Audience}}},
		{"for nobody in particular", map[string]any{"aud": nil}, map[string]any{}},
		{"that never expire", map[string]any{"exp": nil}, nil},
		{"with a time in fractions", map[string]any{"nbf": 1.75}, map[string]any{"nbf": 1.0}},
		{"with claims of their own", map[string]any{"tenant": "acme", "acr": "gold"}, nil},
		{"that say they are not", map[string]any{"active": false}, map[string]any{"active": true}},
		{"bound to a DPoP key", map[string]any{"cnf": bound}, map[string]any{"cnf": bound, "token_type": "DPoP"}},
		{"of another type", map[string]any{"token_type": "N_A"}, nil},
	} {
		for kind, token := range map[string]string{"opaque": iss.Opaque(row.changes), "JWT": iss.Token(row.changes)} {
			t.Run("R7662-14 "+kind+" "+row.name, func(t *testing.T) {
				res := ask(t, iss, introspection(token))
				if res.status != 200 || res.header.Get("Content-Type") != "application/json" || res.header.Get("Cache-Control") != "no-store" {
					t.Fatalf("%d %v %s", res.status, res.header, res.body)
				}
				iat, _ := res.json["iat"].(float64)
				jti, _ := res.json["jti"].(string)
				if age := time.Since(time.Unix(int64(iat), 0)); age < 0 || age > time.Minute || len(jti) < 22 {
					t.Errorf("issued %v ago, jti %q", age, jti)
				}
				want := map[string]any{
					"active": true, "token_type": "Bearer", "iss": iss.URL, "sub": "user", "aud": issuertest.Audience,
					"client_id": "client", "scope": "read", "iat": iat, "exp": iat + 3600, "jti": jti,
				}
				for _, changes := range []map[string]any{row.changes, row.want} {
					for name, v := range changes {
						if want[name] = v; v == nil {
							delete(want, name)
						}
					}
				}
				if diff := cmp.Diff(want, res.json); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	t.Run("R7662-14 times are written as integers", func(t *testing.T) {
		res := ask(t, iss, introspection(iss.Opaque(map[string]any{"exp": 4102444800.5, "nbf": 1e3})))
		if !strings.Contains(res.body, `"exp":4102444800,`) || !strings.Contains(res.body, `"nbf":1000,`) {
			t.Error(res.body)
		}
	})
	t.Run("the token endpoint's tokens", func(t *testing.T) {
		token, _ := ask(t, iss, known(request{})).json["access_token"].(string)
		if res := ask(t, iss, introspection(token)); res.json["active"] != true || res.json["scope"] != "read write" {
			t.Error(res.body)
		}
	})
	for _, alg := range []string{"ES256", "EdDSA"} {
		t.Run("signed with "+alg, func(t *testing.T) {
			token := iss.Sign(map[string]any{"alg": alg, "kid": iss.KeyID(alg)}, nil)
			if res := ask(t, iss, introspection(token)); res.json["active"] != true {
				t.Error(res.body)
			}
		})
	}
}

func TestInactiveTokens(t *testing.T) {
	iss, other := onSocket(t), onSocket(t)
	revoked := func(token string) string { iss.Revoke(token); return token }
	withdrawn := iss.Token(nil)
	iss.Withdraw(iss.KeyID("RS256"))
	iss.Rotate()
	good := iss.Token(nil)
	head, rest, _ := strings.Cut(good, ".")
	for name, token := range map[string]string{
		"unknown":                              "opaque_" + strings.Repeat("A", 26),
		"unknown to this issuer":               other.Opaque(nil),
		"another issuer's JWT":                 other.Token(nil),
		"another issuer's JWT that names ours": other.Sign(map[string]any{"kid": iss.KeyID("RS256")}, map[string]any{"iss": iss.URL}),
		"our JWT that names another issuer":    iss.Token(map[string]any{"iss": other.URL}),
		"expired":                              iss.Opaque(map[string]any{"exp": 1}),
		"an expired JWT":                       iss.Token(map[string]any{"exp": 1}),
		"not valid yet":                        iss.Opaque(map[string]any{"nbf": 4102444800}),
		"a JWT that is not valid yet":          iss.Token(map[string]any{"nbf": 4102444800}),
		"revoked":                              revoked(iss.Opaque(nil)),
		"a revoked JWT":                        revoked(iss.Token(nil)),
		"a JWT whose key was withdrawn":        withdrawn,
		"for another resource":                 iss.Opaque(map[string]any{"aud": "https://other.example"}),
		"a JWT for another resource":           iss.Token(map[string]any{"aud": []string{"https://other.example"}}),
		"an ID token":                          iss.Sign(map[string]any{"typ": "JWT"}, map[string]any{"aud": issuertest.ClientID}),
		"unsigned":                             iss.Sign(map[string]any{"alg": "none"}, nil),
		"an HMAC with the public key":          iss.Sign(map[string]any{"alg": "HS256"}, nil),
		"an alg that is not the key's":         iss.Sign(map[string]any{"alg": "PS256"}, nil),
		"without a kid":                        iss.Sign(map[string]any{"kid": nil}, nil),
		"with a kid nobody knows":              iss.Sign(map[string]any{"kid": "unknown"}, nil),
		"with crit":                            iss.Sign(map[string]any{"crit": []string{"exp"}}, nil),
		"exp in quotes":                        iss.Opaque(map[string]any{"exp": "4102444800"}),
		"exp beyond all times":                 iss.Opaque(map[string]any{"exp": 1e300}),
		"scope as an array":                    iss.Token(map[string]any{"scope": []string{"read"}}),
		"aud as an object":                     iss.Opaque(map[string]any{"aud": map[string]any{}}),
		"aud with a number":                    iss.Opaque(map[string]any{"aud": []any{issuertest.Audience, 1}}),
		"malformed":                            "%&/",
		"three empty segments":                 "..",
		"a JWT without its signature":          head + "." + rest[:strings.IndexByte(rest, '.')+1],
		"a JWT with padding":                   good + "==",
		"a JWT with a line break":              good + "\n",
		"a JWT with a segment more":            good + ".",
		"a header that is no object":           base64.RawURLEncoding.EncodeToString([]byte("null")) + "." + rest,
		"two headers":                          base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"at+jwt"}}`)) + "." + rest,
		"claims that are no object":            iss.SignRaw("RS256", `{"typ":"at+jwt","alg":"RS256","kid":"`+iss.KeyID("RS256")+`"}`, `[]`),
		"longer than any token":                strings.Repeat("a", 40_000),
		"a token that is not ASCII":            "caf\u00e9",
	} {
		t.Run("R7662-13 "+name, func(t *testing.T) { checkInactive(t, ask(t, iss, introspection(token))) })
	}
	t.Run("R7662-13 a caller of another resource", func(t *testing.T) {
		iss.RegisterResource("other", "secret", "https://other.example")
		q := introspection(iss.Opaque(nil))
		q.id = "other"
		checkInactive(t, ask(t, iss, q))
		q = introspection(iss.Opaque(map[string]any{"aud": "https://other.example"}))
		checkInactive(t, ask(t, iss, q))
		if q.id = "other"; ask(t, iss, q).json["active"] != true {
			t.Error("its own token is inactive")
		}
	})
}

func TestTokensExpireAndAreRevokedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		for _, token := range []string{iss.Opaque(nil), iss.Token(nil)} {
			if res := ask(t, iss, introspection(token)); res.json["active"] != true {
				t.Fatal(res.body)
			}
			iss.Revoke(token)
			iss.Revoke(token)
			checkInactive(t, ask(t, iss, introspection(token))) // R7662-14
		}
		iss.Revoke("never issued")
		opaque, jwt := iss.Opaque(nil), iss.Token(nil)
		time.Sleep(time.Hour - time.Second)
		for _, token := range []string{opaque, jwt} {
			if res := ask(t, iss, introspection(token)); res.json["active"] != true {
				t.Error("inactive a second before its end")
			}
		}
		time.Sleep(time.Second)
		for _, token := range []string{opaque, jwt} {
			checkInactive(t, ask(t, iss, introspection(token)))
		}
	})
}

// An ECDSA signature (r, s) has a twin (r, n-s) that anybody can write.
func TestTheTwinOfARevokedTokenIsRevoked(t *testing.T) {
	iss := onSocket(t)
	token := iss.Sign(map[string]any{"alg": "ES256", "kid": iss.KeyID("ES256")}, nil)
	dot := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(signature[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(signature[32:])
	twin := token[:dot+1] + base64.RawURLEncoding.EncodeToString(signature)
	if res := ask(t, iss, introspection(twin)); res.json["active"] != true {
		t.Fatal("the twin is not as good as the token")
	}
	iss.Revoke(token)
	checkInactive(t, ask(t, iss, introspection(twin)))
}

func TestCallersMustAuthenticate(t *testing.T) {
	iss := onSocket(t)
	iss.Register("spa", "", "read")
	token := iss.Opaque(nil)
	for _, row := range []struct {
		name  string
		q     request
		shows bool // something to authenticate with
	}{
		{"nobody", request{}, false},
		{"a public client that names itself", request{form: "client_id=spa"}, false},
		{"a public client with an empty secret", request{form: "client_id=spa&client_secret="}, false},
		{"a confidential client that names itself", request{form: "client_id=client"}, false},
		{"a public client in Basic", request{id: "spa"}, true},
		{"a wrong secret in Basic", request{id: "client", secret: "guess"}, true},
		{"a wrong secret in the form", request{form: "client_id=client&client_secret=guess"}, true},
		{"a client nobody knows", request{id: "stranger", secret: "secret"}, true},
		{"the token itself", request{header: http.Header{"Authorization": {"Bearer " + token}}}, true},
		{"an assertion", request{form: "client_id=client&client_assertion=x&client_assertion_type=y"}, true},
	} {
		q := row.q
		q.endpoint, q.body, q.form = issuertest.EndpointIntrospection, "token="+token+"&"+q.form, ""
		t.Run("R7662-12 "+row.name, func(t *testing.T) { checkUnauthorized(t, ask(t, iss, q)) })
		t.Run("R9701-06 "+row.name, func(t *testing.T) {
			q.header = q.header.Clone()
			if q.header == nil {
				q.header = http.Header{}
			}
			q.header.Set("Accept", signedAnswer)
			res, want := ask(t, iss, q), 400
			if row.shows {
				want = 401 // RFC 6749 §5.2
			}
			if res.status != want {
				t.Errorf("status %d, want %d", res.status, want)
			}
			checkRefusal(t, res, "invalid_client")
		})
	}
	t.Run("with the secret in the form", func(t *testing.T) {
		res := ask(t, iss, request{endpoint: issuertest.EndpointIntrospection, body: "client_id=client&client_secret=secret&token=" + token})
		if res.json["active"] != true {
			t.Error(res.body)
		}
	})
	t.Run("guesses are throttled with those at the token endpoint", func(t *testing.T) {
		iss.RegisterResource("api", "secret", issuertest.Audience)
		for range 10 {
			ask(t, iss, request{id: "api", secret: "guess"})
		}
		q := introspection(token)
		q.id = "api"
		if res := ask(t, iss, q); res.status != 429 || res.header.Get("Retry-After") != "60" {
			t.Errorf("%d, Retry-After %q", res.status, res.header.Get("Retry-After"))
		}
	})
}

func TestAClientAsksAboutItsOwnTokens(t *testing.T) {
	iss := withResources(onSocket(t))
	iss.Register("reader-of-others", "secret", "read")
	for name, token := range map[string]any{
		"for the default resource": asClient(t, iss, "service", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}).json["access_token"],
		"for another resource":     asClient(t, iss, "service", url.Values{"grant_type": {"client_credentials"}, "scope": {"files:read"}}).json["access_token"],
	} {
		for id, want := range map[string]bool{"service": true, "reader": true, "reader-of-others": false} {
			t.Run(name+" by "+id, func(t *testing.T) {
				q := introspection(token.(string))
				q.id = id
				if res := ask(t, iss, q); res.status != 200 || res.json["active"] != want {
					t.Errorf("%d %v", res.status, res.json["active"])
				}
			})
		}
	}
}

func TestIntrospectionRequests(t *testing.T) {
	iss := onSocket(t)
	opaque, jwt := iss.Opaque(nil), iss.Token(nil)
	for _, hint := range []string{"access_token", "refresh_token", "id_token", "nonsense", ""} {
		t.Run("R7662-15 the hint "+hint+" hides nothing", func(t *testing.T) {
			for _, token := range []string{opaque, jwt} {
				q := introspection(token)
				q.body += "&token_type_hint=" + hint
				if res := ask(t, iss, q); res.json["active"] != true {
					t.Error(res.body)
				}
			}
		})
	}
	for name, q := range map[string]request{
		"no token":              {body: "token_type_hint=access_token"},
		"an empty token":        {body: "token="},
		"two tokens":            {body: "token=" + opaque + "&token=" + opaque},
		"the token in the URI":  {body: "x=y", query: "?token=" + opaque},
		"JSON":                  {body: `{"token":"x"}`, contentType: "application/json"},
		"a form that is broken": {body: "token=%zz"},
	} {
		t.Run("R7662-15 "+name, func(t *testing.T) {
			q.endpoint = issuertest.EndpointIntrospection
			res := ask(t, iss, known(q))
			if res.status != 400 {
				t.Errorf("status %d", res.status)
			}
			checkRefusal(t, res, "invalid_request")
		})
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		t.Run("R7662-15 "+method, func(t *testing.T) {
			q := introspection(opaque)
			q.method = method
			res := ask(t, iss, q)
			if res.status != 405 || res.header.Get("Allow") != "POST" {
				t.Errorf("%d, Allow %q", res.status, res.header.Get("Allow"))
			}
			checkRefusal(t, res, "invalid_request")
		})
	}
}

func TestSignedAnswers(t *testing.T) {
	iss := onSocket(t)
	iss.RegisterResource("api", "secret", issuertest.Audience)
	active := iss.Opaque(nil)
	for _, row := range []struct {
		name, accept, token string
		signed              bool
	}{
		{"an active token", signedAnswer, active, true},
		{"an active JWT", signedAnswer, iss.Token(nil), true},
		{"an inactive token", signedAnswer, "unknown", true},
		{"in other letters, beside JSON", "application/json;q=0.5, Application/Token-Introspection+JWT;q=0.9", active, true},
		{"refused by weight", "application/json, " + signedAnswer + ";q=0.0", active, false},
		{"anything", "*/*", active, false},
		{"nonsense", ";,=", active, false},
	} {
		t.Run("R9701-05 "+row.name, func(t *testing.T) {
			q := introspection(row.token)
			q.id, q.header = "api", http.Header{"Accept": {row.accept}}
			res := ask(t, iss, q)
			if !row.signed {
				if res.header.Get("Content-Type") != "application/json" || res.json["active"] != true {
					t.Errorf("%v %s", res.header, res.body)
				}
				return
			}
			if res.status != 200 || res.header.Get("Content-Type") != signedAnswer || res.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v %s", res.status, res.header, res.body)
			}
			header, claims := decode(t, res.body)
			kid := iss.KeyID("RS256")
			if diff := cmp.Diff(map[string]any{"typ": "token-introspection+jwt", "alg": "RS256", "kid": kid}, header); diff != "" {
				t.Error(diff)
			}
			if !verifies(t, res.body, "RS256", iss.PublicKey(kid)) {
				t.Error("the signature is wrong")
			}
			q.header = nil
			plain := ask(t, iss, q).json // the same answer, unsigned
			iat, _ := claims["iat"].(float64)
			if age := time.Since(time.Unix(int64(iat), 0)); age < 0 || age > time.Minute {
				t.Errorf("issued %v ago", age)
			}
			// No top-level sub and exp (R9701-05), and no active either.
			want := map[string]any{"iss": iss.URL, "aud": "api", "iat": iat, "token_introspection": plain}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Error(diff)
			}
			if row.token == "unknown" {
				if diff := cmp.Diff(map[string]any{"active": false}, claims["token_introspection"]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	t.Run("R9701-06 a mistake is answered in JSON", func(t *testing.T) {
		q := known(request{endpoint: issuertest.EndpointIntrospection, body: "token=", header: http.Header{"Accept": {signedAnswer}}})
		res := ask(t, iss, q)
		if res.status != 400 {
			t.Errorf("status %d", res.status)
		}
		checkRefusal(t, res, "invalid_request")
	})
	t.Run("a signed answer is no access token", func(t *testing.T) {
		checkInactive(t, ask(t, iss, introspection(introspect(t, iss, active, signedAnswer).body)))
	})
}
