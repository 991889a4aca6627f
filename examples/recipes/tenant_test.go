package recipes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/middleware"
)

func TestOnlyTenant(t *testing.T) {
	wrap := func(v middleware.Verifier) middleware.Verifier { return recipes.OnlyTenant("acme", v) }
	a := newAPI(t, nil, wrap, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	for _, row := range []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"our tenant", map[string]any{"tenant": "acme"}, "200"},
		{"another tenant", map[string]any{"tenant": "acme2"}, "401 invalid_token"},
		{"our tenant in capitals", map[string]any{"tenant": "ACME"}, "401 invalid_token"},
		{"no tenant", nil, "401 invalid_token"},
		{"a tenant that is null", map[string]any{"tenant": json.RawMessage("null")}, "401 invalid_token"},
		{"an empty tenant", map[string]any{"tenant": ""}, "401 invalid_token"},
		{"the name in capitals", map[string]any{"TENANT": "acme"}, "401 invalid_token"},
		{"a list of tenants", map[string]any{"tenant": []string{"acme"}}, "401 invalid_token"},
		{"our tenant, expired", map[string]any{"tenant": "acme", "exp": 1}, "401 invalid_token"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := a.send("GET", "/", "", "Authorization", "Bearer "+a.issuer.Token(row.claims))
			if outcome(got) != row.want {
				t.Errorf("got %s, want %s", outcome(got), row.want)
			}
		})
	}

	t.Run("the empty tenant is a mistake, not everybody's", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		recipes.OnlyTenant("", nil)
	})

	t.Run("a verifier that returns nothing is a fault, not a bad token", func(t *testing.T) {
		nothing := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) { return nil, nil })
		a := newAPI(t, nil, func(middleware.Verifier) middleware.Verifier { return wrap(nothing) }, http.NotFound)
		if got := outcome(a.send("GET", "/", "", "Authorization", "Bearer x")); got != "503" {
			t.Errorf("got %s, want 503", got)
		}
	})
}
