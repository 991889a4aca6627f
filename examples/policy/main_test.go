package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

const rows = `
/.well-known/oauth-protected-resource  public
DELETE /accounts/{id}                  scope accounts:write (or accounts:admin), acr phr, signed in at most 5m0s ago
GET /accounts                          scope accounts:read (or accounts:admin)
GET /audit                             scope audit:read, roles auditor or regulator
GET /healthz                           public
GET /me                                any token, of a user
GET /rates                             scope rates:read or accounts:read (or accounts:admin)
POST /nightly                          scope accounts:write, of a client itself
POST /payments                         scope payments:write, of a user, detail payment to initiate at https://api.example
`

// The table's own expectations are the test: run fails when one is not met.
func TestOnce(t *testing.T) {
	out, err := show.Once(t.Context(), run)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.HasPrefix(out, rows[1:]) {
		t.Errorf("the policy is printed as\n%s", out)
	}
	for _, want := range []string{`acr_values="phr", max_age="300"`, `scope="accounts:read"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "curl") {
		t.Errorf("there is no server left to try:\n%s", out)
	}
}

// What a handler refuses is challenged as what the policy refuses.
func TestPaymentsAreJudgedByTheirAmount(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, _, err := newAPI(issuer.URL, issuertest.Audience)
	if err != nil {
		t.Fatal(err)
	}
	const (
		challenge = `Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource", ` +
			`error="insufficient_scope", error_description="The access token does not grant `
		tooMuch = challenge + `a payment of this amount"`
		nothing = challenge + `the authorization details that this operation needs"`
	)
	detail := func(change claims) claims {
		d := claims{
			"type": "payment", "actions": []string{"initiate"}, "locations": []string{issuertest.Audience},
			"currency": "EUR", "max_cents": 4500,
		}
		for name, value := range change {
			d[name] = value
		}
		return d
	}
	for _, row := range []struct {
		name, body string
		details    []claims
		status     int
		challenge  string
	}{
		{"all that was granted", `{"currency":"EUR","cents":4500}`, []claims{detail(nil)}, 201, ""},
		{"R9396-02 a payment of 50 where 45 was granted", `{"currency":"EUR","cents":5000}`, []claims{detail(nil)}, 403, tooMuch},
		{"two details do not add up", `{"currency":"EUR","cents":5000}`, []claims{detail(nil), detail(nil)}, 403, tooMuch},
		{"one of two details covers it", `{"currency":"USD","cents":1}`, []claims{detail(nil), detail(claims{"currency": "USD"})}, 201, ""},
		{"another currency", `{"currency":"USD","cents":1}`, []claims{detail(nil)}, 403, tooMuch},
		{"a detail without an amount", `{"currency":"EUR","cents":1}`, []claims{detail(claims{"max_cents": nil})}, 403, tooMuch},
		{"an amount that is no number", `{"currency":"EUR","cents":1}`, []claims{detail(claims{"max_cents": "4500"})}, 403, tooMuch},
		{"a name in another case", `{"currency":"EUR","cents":1}`, []claims{detail(claims{"max_cents": nil, "Max_Cents": 4500})}, 403, tooMuch},
		{
			"the action granted by one detail and the amount by another", `{"currency":"EUR","cents":5000}`,
			[]claims{detail(nil), detail(claims{"actions": []string{"cancel"}, "max_cents": 9999})}, 403, tooMuch,
		},
		{"R9396-02 unknown types grant nothing", `{"currency":"EUR","cents":1}`, []claims{detail(claims{"type": "Payment"})}, 403, nothing},
		{"a grant for another place", `{"currency":"EUR","cents":1}`, []claims{detail(claims{"locations": []string{"https://other.example"}})}, 403, nothing},
		{"less than nothing", `{"currency":"EUR","cents":-5000}`, []claims{detail(nil)}, 400, ""},
		{"no payment at all", `50`, []claims{detail(nil)}, 400, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/payments", strings.NewReader(row.body))
			r.Header.Set("Authorization", "Bearer "+issuer.Token(claims{"scope": "payments:write", "authorization_details": row.details}))
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if got := strings.Join(w.Header().Values("WWW-Authenticate"), "\n"); w.Code != row.status || got != row.challenge {
				t.Errorf("%d %s\nwant %d %s", w.Code, got, row.status, row.challenge)
			}
		})
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

func TestMistakesInTheConfiguration(t *testing.T) {
	if _, _, err := newAPI("http://login.example.com", "https://api.example"); err == nil {
		t.Error("an issuer without TLS")
	}
	if _, _, err := newAPI("https://login.example.com", ""); err == nil {
		t.Error("no audience")
	}
}
