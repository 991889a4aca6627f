package recipes_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/middleware"
)

func TestFromField(t *testing.T) {
	a := newAPI(t, &middleware.Options{Sources: []middleware.Source{recipes.FromField("x-forwarded-access-token")}}, nil,
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	token := a.issuer.Token(nil)
	for _, row := range []struct {
		name         string
		fields       []string
		want         string
		cacheControl string
	}{
		{"the token alone is accepted, and the answer is private", []string{"X-Forwarded-Access-Token", token}, "200", "private"},
		{"no field is no token", nil, "401 no error", "no-store"},
		{"Authorization is not looked at", []string{"Authorization", "Bearer " + token}, "401 no error", "no-store"},
		{"two fields are refused", []string{"X-Forwarded-Access-Token", token, "X-Forwarded-Access-Token", token}, "400 invalid_request", "no-store"},
		{"a scheme does not belong here", []string{"X-Forwarded-Access-Token", "Bearer " + token}, "400 invalid_request", "no-store"},
		{"a bad token is refused", []string{"X-Forwarded-Access-Token", "abc.def"}, "401 invalid_token", "no-store"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := a.send("GET", "/", "", row.fields...)
			if outcome(got) != row.want {
				t.Errorf("got %s, want %s", outcome(got), row.want)
			}
			if cc := got.Header.Get("Cache-Control"); cc != row.cacheControl {
				t.Errorf("Cache-Control: %s, want %s", cc, row.cacheControl)
			}
			if vary := got.Header.Get("Vary"); row.want != "400 invalid_request" && vary != "X-Forwarded-Access-Token" {
				t.Errorf("Vary: %s", vary)
			}
		})
	}
}
