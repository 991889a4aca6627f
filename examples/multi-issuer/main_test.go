package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/middleware"
)

// The table's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"not for this tenant", "meant for another audience", "signature"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "curl") {
		t.Errorf("there is no server left to try:\n%s", out)
	}
}

func TestServesUntilInterrupted(t *testing.T) {
	err := show.Interrupted(t.Context(), run, func(printed string) {
		if !strings.Contains(printed, "\nTry it:\n  curl -i ") {
			t.Errorf("nothing to try:\n%s", printed)
		}
	})
	if err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

func TestTenantsThatCannotBeToldApart(t *testing.T) {
	same := tenant{"https://login.example.com", "https://api.example"}
	if _, err := newAPI(map[string]tenant{"a": same, "b": same}); err == nil {
		t.Error("two tenants share an issuer")
	}
	if _, err := newAPI(map[string]tenant{"a": {}}); err == nil {
		t.Error("a tenant has no issuer")
	}
}

// The path decides, however it is written.
func TestAtOwnPath(t *testing.T) {
	verified := middleware.VerifierFunc(func(_ context.Context, issuer string, _ *http.Request) (*middleware.Token, error) {
		return &middleware.Token{Issuer: issuer}, nil
	})
	v := atOwnPath(map[string]tenant{"acme": {issuer: "a"}, "globex": {issuer: "g"}}, verified)
	for _, row := range []struct {
		name, issuer, path string
		accepted           bool
	}{
		{"the tenant's own", "a", "/tenants/acme/notes", true},
		{"the tenant's own, escaped", "a", "/tenants/%61cme/notes", true},
		{"another's", "g", "/tenants/acme/notes", false},
		{"another's, escaped", "g", "/tenants/%61cme/notes", false},
		{"a way around", "g", "/tenants/globex%2F..%2Facme/notes", false},
		{"another case", "a", "/tenants/ACME/notes", false},
		{"no such tenant", "a", "/tenants/initech/notes", false},
		{"no such tenant, and no issuer", "", "/tenants/initech/notes", false},
		{"no tenant at all", "a", "/notes", false},
		{"no tenant and no issuer", "", "/notes", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			judge := func(_ http.ResponseWriter, r *http.Request) {
				if _, err := v.Verify(r.Context(), row.issuer, r); (err == nil) != row.accepted {
					t.Errorf("error %v", err)
				}
			}
			mux := http.NewServeMux()
			mux.HandleFunc("GET /tenants/{tenant}/notes", judge)
			mux.HandleFunc("GET /notes", judge)
			mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", row.path, nil))
		})
	}
	if _, err := v.Verify(t.Context(), "a", nil); err == nil {
		t.Error("without a request, nobody knows the tenant")
	}
}
