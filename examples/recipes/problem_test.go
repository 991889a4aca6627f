package recipes_test

import (
	"net/http"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

func TestWriteProblem(t *testing.T) {
	write := scopes.Require("write")(http.NotFoundHandler())
	a := newAPI(t, &middleware.Options{WriteDenial: recipes.WriteProblem}, nil, write.ServeHTTP)
	token := a.issuer.Token(nil)
	a.issuer.Fail("", issuertest.Outage)
	for _, row := range []struct {
		name, authorization, want, body string
	}{
		{"no token has no error", "", "401 no error",
			`{"status":401,"title":"Unauthorized"}`},
		{"a bad token says so", "Bearer abc.def", "401 invalid_token",
			`{"detail":"The access token is malformed","error":"invalid_token","status":401,"title":"Unauthorized"}`},
		{"an issuer that is down is not the token's fault", "Bearer " + token, "503",
			`{"status":503,"title":"Service Unavailable"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var fields []string
			if row.authorization != "" {
				fields = []string{"Authorization", row.authorization}
			}
			got := a.send("GET", "/", "", fields...)
			if outcome(got) != row.want || got.body != row.body+"\n" {
				t.Errorf("got %s\n%s", outcome(got), got.body)
			}
			if ct := got.Header.Get("Content-Type"); ct != "application/problem+json" {
				t.Errorf("Content-Type: %s", ct)
			}
			if cc := got.Header.Get("Cache-Control"); cc != "no-store" {
				t.Errorf("Cache-Control: %s", cc)
			}
		})
	}

	t.Run("a missing scope is 403", func(t *testing.T) {
		a := newAPI(t, &middleware.Options{WriteDenial: recipes.WriteProblem}, nil, write.ServeHTTP)
		got := a.send("GET", "/", "", "Authorization", "Bearer "+a.issuer.Token(nil))
		const want = `{"detail":"The access token does not grant the scope that this operation needs",` +
			`"error":"insufficient_scope","status":403,"title":"Forbidden"}` + "\n"
		if outcome(got) != "403 insufficient_scope" || got.body != want {
			t.Errorf("got %s\n%s", outcome(got), got.body)
		}
	})
}
