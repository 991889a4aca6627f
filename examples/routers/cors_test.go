package routers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/routers"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

const origin = "https://app.example.com"

func notes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /notes", scopes.Require("notes:read")(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})))
	return mux
}

func behindCORS(guard *middleware.Guard) http.Handler { return routers.CORS(guard, notes()) }

// lists reports whether the comma-separated field holds value, in any case.
func lists(h http.Header, field, value string) bool {
	return slices.ContainsFunc(strings.Split(strings.Join(h.Values(field), ","), ","), func(each string) bool {
		return strings.EqualFold(strings.TrimSpace(each), value)
	})
}

var preflight = map[string]string{
	"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization",
}

func TestAPreflightPasses(t *testing.T) {
	f := serve(t, behindCORS)
	response, _ := f.send("OPTIONS", "/notes", preflight)
	if response.StatusCode != 204 ||
		response.Header.Get("Access-Control-Allow-Origin") != origin ||
		!lists(response.Header, "Access-Control-Allow-Methods", "GET") ||
		!lists(response.Header, "Access-Control-Allow-Headers", "Authorization") {
		t.Errorf("answered %s %v", response.Status, response.Header)
	}
	if events := f.seen(middleware.OpAuthenticate); len(events) != 0 {
		t.Errorf("the guard judged a preflight: %+v", events)
	}
}

// The order that does not work: a preflight has no token.
func TestAPreflightDoesNotPassAGuardOutside(t *testing.T) {
	f := serve(t, func(guard *middleware.Guard) http.Handler { return guard.Handler(behindCORS(guard)) })
	response, _ := f.send("OPTIONS", "/notes", preflight)
	if response.StatusCode != 401 || response.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("answered %s %v", response.Status, response.Header)
	}
}

func TestPagesCanReadWhyTheyAreRefused(t *testing.T) {
	f := serve(t, behindCORS)
	for _, row := range []struct {
		name, token string
		status      int
	}{
		{"admitted", f.issuer.Token(map[string]any{"scope": "notes:read"}), 204},
		{"no token", "", 401},
		{"an expired token", f.issuer.Token(map[string]any{"exp": 1}), 401},
		{"a missing scope", f.issuer.Token(nil), 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := map[string]string{"Origin": origin}
			if row.token != "" {
				fields["Authorization"] = "Bearer " + row.token
			}
			response, _ := f.send("GET", "/notes", fields)
			if response.StatusCode != row.status {
				t.Errorf("answered %s", response.Status)
			}
			if response.Header.Get("Access-Control-Allow-Origin") != origin ||
				!lists(response.Header, "Access-Control-Expose-Headers", "WWW-Authenticate") ||
				!lists(response.Header, "Access-Control-Expose-Headers", "Retry-After") ||
				!lists(response.Header, "Vary", "Origin") {
				t.Errorf("a page cannot read this: %v", response.Header)
			}
			if refused := row.status != 204; refused != (response.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate: %q", response.Header.Get("WWW-Authenticate"))
			}
		})
	}

	t.Run("a page of another origin reads nothing", func(t *testing.T) {
		response, _ := f.send("GET", "/notes", map[string]string{"Origin": "https://evil.example"})
		if response.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("answered %v", response.Header)
		}
	})
}
