package middleware_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

func TestActor(t *testing.T) {
	type actor = middleware.Actor
	for _, row := range []struct {
		name, raw string
		want      actor
		acts      bool
	}{
		{"nobody acts for the subject", `{"sub":"alice"}`, actor{}, false},
		{"somebody does", `{"act":{"sub":"support","iss":"https://as.example","client_id":"desk"}}`, actor{"https://as.example", "support", "desk"}, true},
		{"R8693-01 the outermost", `{"act":{"sub":"b","act":{"sub":"a","iss":"https://x","client_id":"c"}}}`, actor{Subject: "b"}, true},
		{"R8693-01 the outermost without a name, which nested ones do not give it", `{"act":{"act":{"sub":"a"}}}`, actor{}, true},
		{"R8693-02 what is no identity means nothing", `{"act":{"sub":"b","exp":1,"nbf":9999999999,"aud":"https://other.example"}}`, actor{Subject: "b"}, true},
		{"R8693-03 may_act is no actor", `{"may_act":{"sub":"b"}}`, actor{}, false},
		{"R8693-03 may_act inside act is none either", `{"act":{"sub":"b","may_act":{"sub":"c"}}}`, actor{Subject: "b"}, true},
		{"members that are no text", `{"act":{"sub":1,"iss":["https://as.example"],"client_id":null}}`, actor{}, true},
		{"names in another case", `{"act":{"Sub":"b","ISS":"x"}}`, actor{}, true},
		{"the claim in another case", `{"ACT":{"sub":"b"}}`, actor{}, false},
		{"text", `{"act":"b"}`, actor{}, true},
		{"null", `{"act":null}`, actor{}, true},
		{"a list", `{"act":[{"sub":"b"}]}`, actor{}, true},
		{"an empty object", `{"act":{}}`, actor{}, true},
		{"a name twice", `{"act":{"sub":"a","sub":"b"}}`, actor{}, true},
		{"the claim twice", `{"act":{"sub":"a"},"act":{"sub":"b"}}`, actor{}, true},
		{"R8693-03 a hundred levels", `{"act":` + strings.Repeat(`{"sub":"b","act":`, 100) + `{}` + strings.Repeat(`}`, 101), actor{}, true},
		{"a Raw that nobody can read", `{"sub":`, actor{}, true},
		{"a Raw that is no object", `[]`, actor{}, true},
		{"no Raw", ``, actor{}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, acts := (&middleware.Token{Raw: json.RawMessage(row.raw)}).Actor()
			equal(t, got, row.want)
			equal(t, acts, row.acts)
		})
	}
}

// A policy about who acts, in a handler: outermost counts, history does not.
func TestAPolicyAboutActors(t *testing.T) {
	refused := &middleware.Error{
		Code: middleware.InsufficientScope, Reason: middleware.ReasonWrongCaller,
		Description: "Support may not do this", Err: errors.New("an actor that is not allowed"),
	}
	for _, row := range []struct {
		name, claims string
		status       int
	}{
		{"R8693-01 nobody acts", `{"sub":"alice"}`, 200},
		{"R8693-01 the refused one acts", `{"sub":"alice","act":{"sub":"support"}}`, 403},
		{"R8693-01 it acted before, and another does now", `{"sub":"alice","act":{"sub":"backend","act":{"sub":"support"}}}`, 200},
		{"R8693-01 it acts now, and another did before", `{"sub":"alice","act":{"sub":"support","act":{"sub":"backend"}}}`, 403},
		{"R8693-01 the subject has its name", `{"sub":"support"}`, 200},
		{"R8693-03 it may act, and does not", `{"sub":"alice","may_act":{"sub":"support"}}`, 200},
		{"R8693-02 whoever cannot be read is not among those who may", `{"sub":"alice","act":"backend"}`, 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			g := newGuard(&middleware.Options{
				Observe:  seen.observe,
				Metadata: &middleware.Metadata{Resource: here, AuthorizationServers: []string{issuer}},
			}, func() (*middleware.Token, error) {
				return &middleware.Token{Issuer: issuer, Raw: json.RawMessage(row.claims)}, nil
			})
			w := httptest.NewRecorder()
			g.For("POST /refunds", "").Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token, _ := middleware.FromContext(r.Context())
				if actor, acts := token.Actor(); acts && actor.Subject != "backend" {
					middleware.Deny(w, r, refused)
					return
				}
				w.WriteHeader(http.StatusOK)
			})).ServeHTTP(w, bearer("any"))
			equal(t, w.Code, row.status)
			if row.status == 200 {
				return
			}
			equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api", resource_metadata="https://rs.example/.well-known/oauth-protected-resource/api"` +
				`, error="insufficient_scope", error_description="Support may not do this"`})
			events := seen.of(middleware.OpAuthorize)
			if len(events) != 1 || events[0].Reason != middleware.ReasonWrongCaller || events[0].Route != "POST /refunds" {
				t.Errorf("events %+v", events)
			}
			if text := seen.text(); strings.Contains(text, "backend") || strings.Contains(text, "alice") {
				t.Errorf("a claim leaked: %s", text)
			}
		})
	}
}

func TestSubjectIsClient(t *testing.T) {
	for _, row := range []struct {
		name, subject, client string
		want                  bool
	}{
		{"R9700-04 a user by a client", "alice", "app", false},
		{"R9700-04 a client for itself", "app", "app", true},
		{"R9700-04 no subject: nobody can tell", "", "app", false},
		{"R9700-04 a user whose name begins like the client's", "app2", "app", false},
		{"R9700-04 case matters", "APP", "app", false},
		{"R9700-04 a user, and nobody knows by which client", "alice", "", false},
		{"R9700-04 nobody", "", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			equal(t, (&middleware.Token{Subject: row.subject, ClientID: row.client}).SubjectIsClient(), row.want)
		})
	}
}
