package issuertest_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

// R8414-08: authorization_endpoint is absent because no grant uses it (RFC 8414 §2).
func TestMetadata(t *testing.T) {
	iss := onSocket(t)
	var oauth, openid map[string]any
	get(t, iss, issuertest.EndpointMetadata, &oauth)
	get(t, iss, issuertest.EndpointOpenIDMetadata, &openid)

	t.Run("R8414-08 names what exists", func(t *testing.T) {
		want := map[string]any{
			"issuer":                                iss.URL,
			"token_endpoint":                        iss.URL + "/token",
			"jwks_uri":                              iss.URL + "/jwks",
			"response_types_supported":              []any{"none"},
			"grant_types_supported":                 []any{"client_credentials"},
			"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},

			"introspection_endpoint":                        iss.URL + "/introspect",
			"introspection_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},
			"introspection_signing_alg_values_supported":    []any{"RS256"},
		}
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
		for _, name := range []string{"issuer", "token_endpoint", "jwks_uri", "introspection_endpoint", "response_types_supported"} {
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
