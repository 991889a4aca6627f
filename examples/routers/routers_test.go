package routers_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/warder-go/warder/examples/routers"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

func TestRouters(t *testing.T) {
	const (
		noToken  = `Bearer realm="api"`
		badToken = `Bearer realm="api", error="invalid_token", error_description="The access token expired"`
		noScope  = `Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the scope that this operation needs", scope="notes:write"`
	)
	for name, api := range map[string]func(*middleware.Guard) http.Handler{
		"chi": routers.Chi, "gin": routers.Gin, "echo": routers.Echo, "echo wrapped": routers.EchoWrapped,
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, api)
			ada := f.issuer.Token(map[string]any{"sub": "ada", "scope": "notes:read"})
			for _, row := range []struct {
				name, method, path, token string
				status                    int
				challenge, body           string
				reason                    middleware.Reason // of the one authenticate event; empty: no event
			}{
				{"a public route needs no token", "GET", "/healthz", "", 200, "", "ok\n", ""},
				{"the handler knows whose token it is", "GET", "/notes", ada, 200, "", "notes of ada\n", middleware.ReasonOK},
				{"the other scope opens the other route", "POST", "/notes", f.issuer.Token(map[string]any{"scope": "notes:write"}), 201, "", "", middleware.ReasonOK},
				{"no token", "GET", "/notes", "", 401, noToken, "Unauthorized\n", middleware.ReasonNoToken},
				{"an expired token", "GET", "/notes", f.issuer.Token(map[string]any{"exp": 1}), 401, badToken, "Unauthorized\n", middleware.ReasonExpired},
				{"a scope that does not suffice", "POST", "/notes", ada, 403, noScope, "Forbidden\n", middleware.ReasonOK},
			} {
				t.Run(row.name, func(t *testing.T) {
					fields := map[string]string{}
					if row.token != "" {
						fields["Authorization"] = "Bearer " + row.token
					}
					response, body := f.send(row.method, row.path, fields)
					if response.StatusCode != row.status || body != row.body {
						t.Errorf("answered %d %q, want %d %q", response.StatusCode, body, row.status, row.body)
					}
					var want []string
					if row.challenge != "" {
						want = []string{row.challenge}
					}
					if got := response.Header.Values("WWW-Authenticate"); !slices.Equal(got, want) {
						t.Errorf("challenged %q, want %q", got, want)
					}
					var reasons, wanted []middleware.Reason
					for _, e := range f.seen(middleware.OpAuthenticate) {
						reasons = append(reasons, e.Reason)
					}
					if row.reason != "" {
						wanted = []middleware.Reason{row.reason}
					}
					if !slices.Equal(reasons, wanted) {
						t.Errorf("authenticate events %q, want %q", reasons, wanted)
					}
				})
			}

			t.Run("an issuer that is down is not the token's fault", func(t *testing.T) {
				f := serve(t, api)
				f.issuer.Fail("", issuertest.Outage)
				response, _ := f.send("GET", "/notes", map[string]string{"Authorization": "Bearer " + f.issuer.Token(nil)})
				if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
					t.Errorf("answered %d, Retry-After %q", response.StatusCode, response.Header.Get("Retry-After"))
				}
			})
		})
	}
}

// Through ordinary middleware, a requirement tells its guard of its decision
// and of the route. (Check does not.)
func TestAuthorizeEventsNameTheRoute(t *testing.T) {
	for name, api := range map[string]func(*middleware.Guard) http.Handler{
		"chi": routers.Chi, "echo wrapped": routers.EchoWrapped,
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, api)
			f.send("POST", "/notes", map[string]string{"Authorization": "Bearer " + f.issuer.Token(nil)})
			got := f.seen(middleware.OpAuthorize)
			if len(got) != 1 || got[0].Route != "/notes" || got[0].Reason != middleware.ReasonInsufficientScope {
				t.Errorf("authorize events: %+v", got)
			}
		})
	}
}
