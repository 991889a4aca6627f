package routers_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/warder-go/warder/examples/routers"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// table is the policy of PolicyOnChi as Routes.
func table(t *testing.T) func(*middleware.Guard) http.Handler {
	return func(guard *middleware.Guard) http.Handler {
		notes := scopes.Implies{"notes:admin": {"notes:read", "notes:write"}}
		routes := scopes.Routes{
			"GET /healthz":  scopes.Public(),
			"GET /notes":    notes.All("notes:read"),
			"POST /notes":   notes.All("notes:write").User(),
			"GET /search":   notes.Any("notes:search", "notes:read"),
			"DELETE /notes": scopes.All("notes:admin").ACR("phr").MaxAge(5 * time.Minute),
			"GET /audit":    scopes.All("audit:read").Claim("roles", "auditor"),
		}
		mux := http.NewServeMux()
		for pattern := range routes {
			mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		}
		api, err := routes.Handler(guard, mux)
		if err != nil {
			t.Fatal(err)
		}
		return api
	}
}

// Both say the same of every token: the status, and the challenge byte for byte.
func TestWithOnChiIsARowOfRoutes(t *testing.T) {
	chi, mux := serve(t, routers.PolicyOnChi), serve(t, table(t))
	type claims = map[string]any
	now := time.Now().Unix()
	const (
		tooLittle = `Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope=`
		noRole    = `Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the group, role or entitlement that this operation needs"`
		signIn    = `Bearer realm="api", error="insufficient_user_authentication", error_description="The user must sign in again, as this operation asks for it", acr_values="phr", max_age="300"`
	)
	for _, row := range []struct {
		name, method, path string
		claims             claims // nil: no token
		refused            int    // 0: admitted
		challenge          string
	}{
		{"public", "GET", "/healthz", nil, 0, ""},
		{"no token, where the guard is the route's own", "GET", "/notes", nil, 401, `Bearer realm="api", scope="notes:read"`},
		{"the scope", "GET", "/notes", claims{"scope": "notes:read"}, 0, ""},
		{"a scope that includes it", "GET", "/notes", claims{"scope": "notes:admin"}, 0, ""},
		{"a scope beside it", "GET", "/notes", claims{"scope": "notes:write"}, 403, tooLittle + `"notes:read"`},
		{"a user writes", "POST", "/notes", claims{"scope": "notes:admin"}, 0, ""},
		{"a client does not", "POST", "/notes", claims{"scope": "notes:admin", "sub": issuertest.ClientID}, 403, `Bearer realm="api"`},
		{"the second scope of two", "GET", "/search", claims{"scope": "notes:read"}, 0, ""},
		{"what includes the second", "GET", "/search", claims{"scope": "notes:admin"}, 0, ""},
		{"neither of two", "GET", "/search", claims{"scope": "notes:write"}, 403, tooLittle + `"notes:search"`},
		{"signed in just now", "DELETE", "/notes", claims{"scope": "notes:admin", "acr": "phr", "auth_time": now - 10}, 0, ""},
		{"signed in an hour ago", "DELETE", "/notes", claims{"scope": "notes:admin", "acr": "phr", "auth_time": now - 3600}, 401, signIn},
		{"signed in otherwise", "DELETE", "/notes", claims{"scope": "notes:admin", "acr": "pwd", "auth_time": now - 10}, 401, signIn},
		{"the scope is lacking too", "DELETE", "/notes", claims{"scope": "notes:read"}, 401, signIn + `, scope="notes:admin"`},
		{"a client cannot sign in", "DELETE", "/notes", claims{"scope": "notes:admin", "sub": issuertest.ClientID}, 403, `Bearer realm="api"`},
		{"an auditor", "GET", "/audit", claims{"scope": "audit:read", "roles": []string{"clerk", "auditor"}}, 0, ""},
		{"somebody else", "GET", "/audit", claims{"scope": "audit:read", "roles": []string{"clerk"}}, 403, noRole},
		{"an auditor without the scope", "GET", "/audit", claims{"scope": "notes:read", "roles": []string{"auditor"}}, 403, tooLittle + `"audit:read"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, f := range map[string]*fixture{"chi": chi, "routes": mux} {
				fields := map[string]string{}
				if row.claims != nil {
					fields["Authorization"] = "Bearer " + f.issuer.Token(row.claims)
				}
				answer, _ := f.send(row.method, row.path, fields)
				var want []string
				if row.challenge != "" {
					want = []string{row.challenge}
				}
				admitted := answer.StatusCode >= 200 && answer.StatusCode < 300
				if admitted != (row.refused == 0) || !admitted && answer.StatusCode != row.refused {
					t.Errorf("%s: %s, want %d", name, answer.Status, row.refused)
				}
				if got := answer.Header.Values("WWW-Authenticate"); !slices.Equal(got, want) {
					t.Errorf("%s: challenged %q, want %q", name, got, want)
				}
			}
		})
	}
}

// What a table has and With does not.
func TestWithOnChiNamesNoScopeBehindAGuardOfTheGroup(t *testing.T) {
	for name, row := range map[string]struct {
		api  func(*middleware.Guard) http.Handler
		want string
	}{
		"chi":    {routers.PolicyOnChi, `Bearer realm="api"`},
		"routes": {table(t), `Bearer realm="api", scope="audit:read"`},
	} {
		answer, _ := serve(t, row.api).send("GET", "/audit", nil)
		if got := answer.Header.Get("WWW-Authenticate"); answer.StatusCode != 401 || got != row.want {
			t.Errorf("%s: %s %s, want 401 %s", name, answer.Status, got, row.want)
		}
	}
}
