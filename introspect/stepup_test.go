package introspect_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// R9470-05: acr and auth_time may come from introspection. A step-up is judged
// by the time of the request, however long the answer has been remembered.
func TestStepUpByIntrospection(t *testing.T) {
	const denied = `Bearer realm="api", error="insufficient_user_authentication"` +
		`, error_description="The user must sign in again, as this operation asks for it", acr_values="gold platinum", max_age="300"`
	for _, row := range []struct {
		name      string
		answer    func() object // what it says otherwise, when it is asked
		later     time.Duration
		status    int
		challenge string
	}{
		{"R9470-05 both met", func() object { return object{"acr": "gold", "auth_time": in(-299 * time.Second)} }, 0, 200, ""},
		{"R9470-05 both met, by the other value", func() object { return object{"acr": "platinum", "auth_time": in(-time.Second)} }, 0, 200, ""},
		{"R9470-05 exactly as old as allowed", func() object { return object{"acr": "gold", "auth_time": in(-300 * time.Second)} }, 0, 200, ""},
		{"R9470-05 too old", func() object { return object{"acr": "gold", "auth_time": in(-301 * time.Second)} }, 0, 401, denied},
		{"R9470-05 too old by the time of the request", func() object { return object{"acr": "gold", "auth_time": in(-299 * time.Second)} }, 20 * time.Second, 401, denied},
		{"R9470-05 still fresh by the time of the request", func() object { return object{"acr": "gold", "auth_time": in(-270 * time.Second)} }, 20 * time.Second, 200, ""},
		{"R9470-05 too weak", func() object { return object{"acr": "silver", "auth_time": in(-time.Second)} }, 0, 401, denied},
		{"R9470-05 acr in another case", func() object { return object{"acr": "Gold", "auth_time": in(-time.Second)} }, 0, 401, denied},
		{"R9470-05 no acr", func() object { return object{"auth_time": in(-time.Second)} }, 0, 401, denied},
		{"R9470-05 no auth_time, and iat is no substitute", func() object { return object{"acr": "gold", "iat": in(-time.Second)} }, 0, 401, denied},
		{"R9470-05 and the scope is lacking too", func() object { return object{"acr": "silver", "auth_time": in(-time.Second), "scope": "other"} }, 0, 401, denied + `, scope="read"`},
		{"R9470-05 a client for itself cannot step up", func() object { return object{"acr": "silver", "auth_time": in(-time.Second), "sub": "app"} }, 0, 403, ""},
		{"R9470-05 not active: nothing is said of a step-up", func() object { return object{"active": false} }, 0, 401,
			`Bearer realm="api", error="invalid_token", error_description="The access token is not active", scope="read"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(says(active(row.answer())))
				v, err := introspect.NewVerifier(introspect.Config{
					Issuer: issuer, Audience: []string{resource}, Endpoint: endpoint,
					Authenticate: introspect.Basic("rs", "s"), HTTPClient: s.client(),
				})
				if err != nil {
					t.Fatal(err)
				}
				q := scopes.All("read").ACR("gold", "platinum").MaxAge(300 * time.Second)
				mux := http.NewServeMux()
				mux.HandleFunc("GET /", func(http.ResponseWriter, *http.Request) {})
				h, err := scopes.Routes{"GET /": q}.Handler(middleware.New(v, nil), mux)
				if err != nil {
					t.Fatal(err)
				}
				request := func() *httptest.ResponseRecorder {
					r := httptest.NewRequest("GET", "/", nil)
					r.Header.Set("Authorization", "Bearer 2YotnFZFEjr1zCsicMWpAA")
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					return w
				}
				if row.later > 0 {
					if first := request(); first.Code != 200 {
						t.Fatalf("at first %d", first.Code)
					}
					time.Sleep(row.later)
				}
				w := request()
				got := w.Header().Get("WWW-Authenticate")
				if w.Code == 403 && !strings.Contains(got, "error") && !strings.Contains(got, "acr_values") {
					got = "" // nothing that a client would answer with another sign-in
				}
				if w.Code != row.status || got != row.challenge {
					t.Errorf("%d %s, want %d %s", w.Code, got, row.status, row.challenge)
				}
				if n := s.count(); n != 1 {
					t.Errorf("the issuer was asked %d times", n)
				}
			})
		})
	}
}
