package issuertest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

func TestMetadata(t *testing.T) {
	iss := onSocket(t)
	var oauth, openid map[string]any
	get(t, iss, issuertest.EndpointMetadata, &oauth)
	get(t, iss, issuertest.EndpointOpenIDMetadata, &openid)

	t.Run("R8414-08 names what exists", func(t *testing.T) {
		methods, algs := []any{"client_secret_basic", "client_secret_post", "private_key_jwt"}, []any{"RS256", "PS256", "ES256", "EdDSA"}
		all := append(methods[:3:3], "none")
		want := map[string]any{
			"issuer":                   iss.URL,
			"authorization_endpoint":   iss.URL + "/authorize",
			"token_endpoint":           iss.URL + "/token",
			"jwks_uri":                 iss.URL + "/jwks",
			"scopes_supported":         []any{"openid", "profile", "email", "address", "phone", "offline_access"},
			"response_types_supported": []any{"code"}, // R9700-09: nothing implicit
			"response_modes_supported": []any{"query"},
			"grant_types_supported":    []any{"authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"},
			"prompt_values_supported":  []any{"none", "login", "consent", "select_account"},
			// R8414-09: with the method come its algorithms, and none is none of them.
			"token_endpoint_auth_methods_supported":            all,
			"token_endpoint_auth_signing_alg_values_supported": algs,
			"code_challenge_methods_supported":                 []any{"S256"},       // R9700-07
			"authorization_response_iss_parameter_supported":   true,                // R9207-01
			"acr_values_supported":                             []any{"pwd", "mfa"}, // R9470-07
			"device_authorization_endpoint":                    iss.URL + "/device_authorization",

			"introspection_endpoint":                                   iss.URL + "/introspect",
			"introspection_endpoint_auth_methods_supported":            methods,
			"introspection_endpoint_auth_signing_alg_values_supported": algs,
			"introspection_signing_alg_values_supported":               []any{"RS256"},
			"revocation_endpoint":                                      iss.URL + "/revoke",
			"revocation_endpoint_auth_methods_supported":               all,
			"revocation_endpoint_auth_signing_alg_values_supported":    algs,

			"userinfo_endpoint":                     iss.URL + "/userinfo", // ODISC-02
			"subject_types_supported":               []any{"public"},
			"id_token_signing_alg_values_supported": []any{"RS256", "ES256", "EdDSA"},
			"request_parameter_supported":           false,
			"request_uri_parameter_supported":       false,
		}
		claims, _ := oauth["claims_supported"].([]any)
		for _, name := range []string{"sub", "auth_time", "acr", "nonce", "at_hash", "name", "email"} {
			if !slices.Contains(claims, any(name)) {
				t.Errorf("claims_supported is without %s", name)
			}
		}
		delete(oauth, "claims_supported")
		if diff := cmp.Diff(want, oauth); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("R8414-08 has no empty array", func(t *testing.T) {
		for _, doc := range []map[string]any{oauth, openid} {
			for name, v := range doc {
				if list, ok := v.([]any); ok && len(list) == 0 {
					t.Errorf("%s is empty", name)
				}
			}
		}
	})
	t.Run("R8414-08 has the issuer of the tokens", func(t *testing.T) {
		if _, claims := decode(t, iss.Token(nil)); claims["iss"] != oauth["issuer"] {
			t.Errorf("iss is %q, issuer is %q", claims["iss"], oauth["issuer"])
		}
	})
	t.Run("ODISC-03 shared members have the same values", func(t *testing.T) {
		for name, v := range oauth {
			other, shared := openid[name]
			if shared && !cmp.Equal(v, other) {
				t.Errorf("%s differs", name)
			}
		}
		for _, name := range []string{"issuer", "token_endpoint", "jwks_uri", "introspection_endpoint", "response_types_supported", "userinfo_endpoint"} {
			if openid[name] == nil {
				t.Errorf("%s is absent", name)
			}
		}
	})
	t.Run("R8414-08 other tenants are not found", func(t *testing.T) {
		for _, path := range []string{"/", "/t1", issuertest.EndpointMetadata + "/t1", issuertest.EndpointMetadata + "/", "/t1" + issuertest.EndpointOpenIDMetadata} {
			res, err := iss.Client().Get(iss.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("GET %s: %s", path, res.Status)
			}
		}
	})
}

func TestDocumentsAreReadOnly(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	for _, path := range []string{issuertest.EndpointMetadata, issuertest.EndpointOpenIDMetadata, issuertest.EndpointKeys} {
		for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405} {
			req, _ := http.NewRequest(method, iss.URL+path, nil)
			res, err := iss.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s %s: %s", method, path, res.Status)
			}
			if want == 405 && res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: Allow is %q", method, path, res.Header.Get("Allow"))
			}
		}
	}
}
