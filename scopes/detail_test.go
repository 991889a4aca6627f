package scopes_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

const uncovered = `Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the authorization details that this operation needs"`

func TestDetails(t *testing.T) {
	const here, there = "https://api.example/", "https://other.example/"
	pay := scopes.All("pay").Detail(middleware.Detail{Type: "payment", Actions: []string{"initiate", "cancel"}, Locations: []string{here, "https://api.example/v2"}})
	any := scopes.All().Detail(middleware.Detail{Type: "payment"})
	for _, row := range []struct {
		name    string
		q       scopes.Requirement
		details string
		met     bool
	}{
		{"the type", any, `[{"type":"payment"}]`, true},
		{"R9396-02 only unknown types", any, `[{"type":"account"},{"type":"payment_initiation"}]`, false},
		{"R9396-02 the type in capitals", any, `[{"type":"Payment"}]`, false},
		{"R9396-02 no details", any, `[]`, false},
		{"R9396-02 no claim", any, ``, false},
		{"R9396-02 the type among others", any, `[{"type":"account"},{"type":"payment"}]`, true},
		{"R9396-02 all actions", pay, `[{"type":"payment","actions":["cancel","status","initiate"]}]`, true},
		{"R9396-02 one action too few", pay, `[{"type":"payment","actions":["initiate"]}]`, false},
		{"R9396-02 no actions", pay, `[{"type":"payment"}]`, false},
		{"R9396-02 all actions, but of two details", pay, `[{"type":"payment","actions":["initiate"]},{"type":"payment","actions":["cancel"]}]`, false},
		{"R9396-02 all actions, but of another type", pay, `[{"type":"account","actions":["initiate","cancel"]},{"type":"payment"}]`, false},
		{"R9396-02 an action in capitals", pay, `[{"type":"payment","actions":["Initiate","cancel"]}]`, false},
		{"R9396-02 actions that are no array", pay, `[{"type":"payment","actions":"initiate cancel"}]`, false},
		{"R9396-02 what cannot be read beside what can", any, `[{"type":"payment","actions":7},{"type":"payment"}]`, true},

		{"R9396-03 this location", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":["` + there + `","` + here + `"]}]`, true},
		{"R9396-03 the other of our locations", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":["https://api.example/v2"]}]`, true},
		{"R9396-03 another location", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":["` + there + `"]}]`, false},
		{"R9396-03 a location without its slash", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":["https://api.example"]}]`, false},
		{"R9396-03 a location below ours", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":["https://api.example/x"]}]`, false},
		{"R9396-03 locations that are none", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":[]}]`, false},
		{"R9396-03 locations that are null", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":null}]`, false},
		{"R9396-03 a location that is a string", pay, `[{"type":"payment","actions":["initiate","cancel"],"locations":"` + here + `"}]`, false},
		{"R9396-03 a location, and we have none", any, `[{"type":"payment","locations":["` + here + `"]}]`, false},
		{"R9396-03 this location in one detail, the actions in another", pay, `[{"type":"payment","locations":["` + here + `"]},{"type":"payment","actions":["initiate","cancel"],"locations":["` + there + `"]}]`, false},

		{"datatypes, privileges and the identifier", scopes.All().Detail(middleware.Detail{Type: "a", DataTypes: []string{"d"}, Privileges: []string{"p"}, Identifier: "i"}),
			`[{"type":"a","datatypes":["c","d"],"privileges":["p"],"identifier":"i"}]`, true},
		{"another datatype", scopes.All().Detail(middleware.Detail{Type: "a", DataTypes: []string{"d"}}), `[{"type":"a","datatypes":["c"]}]`, false},
		{"another privilege", scopes.All().Detail(middleware.Detail{Type: "a", Privileges: []string{"p"}}), `[{"type":"a"}]`, false},
		{"another identifier", scopes.All().Detail(middleware.Detail{Type: "a", Identifier: "i"}), `[{"type":"a","identifier":"ii"}]`, false},
		{"two details, and one is there", any.Detail(middleware.Detail{Type: "account"}), `[{"type":"payment"}]`, false},
		{"two details, and both are there", any.Detail(middleware.Detail{Type: "account"}), `[{"type":"account"},{"type":"payment"}]`, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			token := &middleware.Token{Scopes: []string{"pay"}}
			if row.details != "" {
				token.Raw = json.RawMessage(`{"authorization_details":` + row.details + `}`)
			}
			w := ask(t, verifying(token), nil, row.q)
			want, challenge := http.StatusOK, ""
			if !row.met {
				want, challenge = http.StatusForbidden, uncovered
			}
			if got := w.Header().Get("WWW-Authenticate"); w.Code != want || got != challenge {
				t.Errorf("%d %s, want %d %s", w.Code, got, want, challenge)
			}
		})
	}
}

// R9396-02: what a type has members of its own for is the handler's to judge,
// with the same answer.
func TestAnAmountBeyondWhatWasGranted(t *testing.T) {
	payments := middleware.Detail{Type: "payment", Actions: []string{"initiate"}}
	amount := 0
	pay := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := middleware.FromContext(r.Context())
		for _, d := range token.Details(payments) {
			var granted struct {
				Amount int `json:"amount"`
			}
			if d.Decode(&granted) == nil && amount <= granted.Amount {
				return
			}
		}
		middleware.Deny(w, r, middleware.InsufficientScope)
	})
	guard := middleware.New(verifying(&middleware.Token{Raw: json.RawMessage(
		`{"authorization_details":[{"type":"payment","actions":["initiate"],"amount":45},{"type":"gift","actions":["initiate"],"amount":100}]}`)}), nil)
	mux := http.NewServeMux()
	mux.Handle("POST /payments", pay)
	policy, err := scopes.Routes{"POST /payments": scopes.All().Detail(payments)}.Handler(guard, mux)
	if err != nil {
		t.Fatal(err)
	}
	for of, want := range map[int]string{45: "200 ", 50: `403 Bearer realm="api", error="insufficient_scope"`} {
		t.Run(fmt.Sprintf("R9396-02 a payment of %d with a detail for 45", of), func(t *testing.T) {
			amount = of
			r := httptest.NewRequest("POST", "/payments", nil)
			r.Header.Set("Authorization", "Bearer a")
			w := httptest.NewRecorder()
			policy.ServeHTTP(w, r)
			if got := fmt.Sprint(w.Code, " ", w.Header().Get("WWW-Authenticate")); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestADetailWithoutATypePanics(t *testing.T) {
	mustPanic(t, func() { scopes.All().Detail(middleware.Detail{Actions: []string{"initiate"}}) })
}
