package scopes_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// verifying is a Verifier whose every token is t.
func verifying(t *middleware.Token) middleware.Verifier {
	return middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) { return t, nil })
}

// alices is a token of a user, changed.
func alices(change func(*middleware.Token)) *middleware.Token {
	t := &middleware.Token{Issuer: "https://as.example", Subject: "alice", ClientID: "app", Scopes: []string{"pay"}}
	if change != nil {
		change(t)
	}
	return t
}

const weak = `error="insufficient_user_authentication", error_description="The user must sign in again, as this operation asks for it"`

// The raw challenges of step-up (RFC 9470 §3), in a bubble: its clock stands
// still.
func TestStepUp(t *testing.T) {
	type token = middleware.Token
	const wrongCaller, nobody = "wrong caller", "nobody"
	ago := func(d time.Duration) func(*token) {
		return func(t *token) { t.AuthTime = time.Now().Add(-d) }
	}
	pay := scopes.All("pay")
	goldNow := pay.ACR("gold", "urn:x:silver").MaxAge(300 * time.Second)
	both := weak + `, acr_values="gold urn:x:silver", max_age="300"`
	for _, row := range []struct {
		name   string
		q      scopes.Requirement
		change func(*token)
		params string // of the 401; "": admitted; wrongCaller and nobody: 403
	}{
		{"R9470-01 another acr", pay.ACR("gold"), func(t *token) { t.ACR = "silver" }, weak + `, acr_values="gold"`},
		{"R9470-01 the acr", pay.ACR("gold"), func(t *token) { t.ACR = "gold" }, ""},
		{"R9470-02 all values in the order of preference", pay.ACR("c", "a", "b"), nil, weak + `, acr_values="c a b"`},
		{"R9470-02 max_age alone", pay.MaxAge(300 * time.Second), nil, weak + `, max_age="300"`},
		{"R9470-02 both requirements unmet", goldNow, nil, both},
		{"R9470-02 both, when max_age was asked for first", pay.MaxAge(300*time.Second).ACR("gold", "urn:x:silver"), nil, both},
		{"R9470-02 both, though the acr would do", goldNow, func(t *token) { t.ACR = "gold" }, both},
		{"R9470-02 both, though the time would do", goldNow, ago(0), both},
		{"R9470-02 both are met", goldNow, func(t *token) { t.ACR = "urn:x:silver"; ago(299 * time.Second)(t) }, ""},
		{"R9470-02 scope too, as it is lacking", scopes.All("pay", "admin").ACR("gold"), nil, weak + `, acr_values="gold", scope="pay admin"`},
		{"R9470-02 scope too, the least of a hierarchy", scopes.Implies{"root": {"admin"}}.Any("root", "admin").MaxAge(time.Minute), nil, weak + `, max_age="60", scope="admin"`},
		{"R9470-02 not scope, where it is granted", scopes.Any("admin", "pay").ACR("gold"), nil, weak + `, acr_values="gold"`},
		{"R9470-02 not scope, where none is needed", scopes.All().ACR("gold"), nil, weak + `, acr_values="gold"`},
		{"R9470-02 the longest max_age", pay.MaxAge((1<<63 - 1) / time.Second * time.Second), nil, weak + `, max_age="9223372036"`},

		{"R9470-03 no acr", pay.ACR("gold"), nil, weak + `, acr_values="gold"`},
		{"R9470-03 capitals", pay.ACR("gold"), func(t *token) { t.ACR = "Gold" }, weak + `, acr_values="gold"`},
		{"R9470-03 a prefix", pay.ACR("gold"), func(t *token) { t.ACR = "golden" }, weak + `, acr_values="gold"`},
		{"R9470-03 a space", pay.ACR("gold"), func(t *token) { t.ACR = "gold " }, weak + `, acr_values="gold"`},
		{"R9470-03 all values at once are none of them", pay.ACR("a", "b"), func(t *token) { t.ACR = "a b" }, weak + `, acr_values="a b"`},
		{"R9470-03 the last of the values", pay.ACR("a", "b"), func(t *token) { t.ACR = "b" }, ""},
		{"ACR twice: the last counts", pay.ACR("a").ACR("b"), func(t *token) { t.ACR = "a" }, weak + `, acr_values="b"`},

		{"R9470-04 a second too long ago", pay.MaxAge(300 * time.Second), ago(301 * time.Second), weak + `, max_age="300"`},
		{"R9470-04 a nanosecond too long ago", pay.MaxAge(300 * time.Second), ago(300*time.Second + 1), weak + `, max_age="300"`},
		{"R9470-04 as long ago as may be", pay.MaxAge(300 * time.Second), ago(300 * time.Second), ""},
		{"R9470-04 a second less", pay.MaxAge(300 * time.Second), ago(299 * time.Second), ""},
		{"R9470-04 now", pay.MaxAge(time.Second), ago(0), ""},
		{"R9470-04 no auth_time, though the token is fresh", pay.MaxAge(300 * time.Second), func(t *token) { t.IssuedAt, t.NotBefore = time.Now(), time.Now() }, weak + `, max_age="300"`},
		{"R9470-04 in the year 1970", pay.MaxAge(300 * time.Second), func(t *token) { t.AuthTime = time.Unix(0, 0) }, weak + `, max_age="300"`},
		{"R9470-04 in the year 1, beyond what a Duration holds", pay.MaxAge((1<<63 - 1) / time.Second * time.Second), func(t *token) { t.AuthTime = time.Time{}.Add(1) }, weak + `, max_age="9223372036"`},
		{"R9470-04 ahead, as clocks may differ", pay.MaxAge(time.Second), ago(-5 * time.Minute), ""},
		{"R9470-04 so far ahead that it would never grow old", pay.MaxAge(time.Second), ago(-5*time.Minute - 1), weak + `, max_age="1"`},
		{"R9470-04 in the year 9999", pay.MaxAge(time.Second), func(t *token) { t.AuthTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }, weak + `, max_age="1"`},
		{"MaxAge twice: the last counts", pay.MaxAge(time.Second).MaxAge(time.Minute), ago(time.Second + 1), ""},

		// Nobody is there who could sign in: not 401, which would be a loop.
		{"a client for itself, named twice", goldNow, func(t *token) { t.Subject = "app" }, wrongCaller},
		{"a client for itself, without a subject", pay.MaxAge(time.Second), func(t *token) { t.Subject = "" }, wrongCaller},
		{"a client for itself that lacks the scope too", scopes.All("admin").ACR("gold"), func(t *token) { t.Subject = "app" }, wrongCaller},
		{"nobody's token", goldNow, func(t *token) { t.Subject, t.ClientID = "", "" }, wrongCaller},
		{"a client for itself with an acr", pay.ACR("gold"), func(t *token) { t.Subject, t.ACR = "app", "gold" }, ""},
		{"the zero Requirement stays closed", scopes.Requirement{}.ACR("gold").MaxAge(time.Second), func(t *token) { t.ACR = "gold"; ago(0)(t) }, nobody},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := ask(t, verifying(alices(row.change)), nil, row.q)
				status, challenge := http.StatusUnauthorized, `Bearer realm="api", `+row.params
				switch row.params {
				case "":
					status, challenge = http.StatusOK, ""
				case wrongCaller: // no error: another token of this caller's would not do
					status, challenge = http.StatusForbidden, `Bearer realm="api"`
				case nobody:
					status, challenge = http.StatusForbidden, ""
				}
				if got := w.Header().Values("WWW-Authenticate"); w.Code != status || len(got) > 1 || w.Header().Get("WWW-Authenticate") != challenge {
					t.Errorf("%d %q\nwant %d %q", w.Code, got, status, challenge)
				}
			})
		})
	}
}

// A token that was admitted grows too old: the same token, a moment later.
func TestASignInGrowsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, token := scopes.All("pay").MaxAge(time.Minute), alices(func(t *middleware.Token) { t.AuthTime = time.Now() })
		time.Sleep(time.Minute) // of the bubble
		if err := q.Check(token); err != nil {
			t.Errorf("R9470-04 at the very second: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if q.Check(token) == nil {
			t.Error("R9470-04 after it: met")
		}
	})
}

// proofs is a binding of the scheme DPoP that confirms every token.
type proofs struct{}

func (proofs) Member() string { return "jkt" }
func (proofs) Challenge() middleware.Challenge {
	return middleware.Challenge{Scheme: "DPoP", Params: []middleware.Param{{Name: "algs", Value: "ES256"}}}
}
func (proofs) Confirm(context.Context, string, *http.Request, *middleware.Token) (http.Header, error) {
	return nil, nil
}

// R9470-01: the error stands in the challenge of the scheme that was used.
func TestStepUpInTheSchemeUsed(t *testing.T) {
	bound := func(t *middleware.Token) { t.Confirmation = map[string]string{"jkt": "k"} }
	for _, row := range []struct {
		name, scheme string
		change       func(*middleware.Token)
		challenges   []string
	}{
		{"R9470-01 Bearer", "Bearer", nil, []string{
			`Bearer realm="api", ` + weak + `, acr_values="gold", scope="admin"`,
			`DPoP realm="api", algs="ES256", scope="admin"`,
		}},
		{"R9470-01 DPoP", "DPoP", bound, []string{
			`Bearer realm="api", scope="admin"`,
			`DPoP realm="api", algs="ES256", ` + weak + `, acr_values="gold", scope="admin"`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			guard := middleware.New(verifying(alices(row.change)), &middleware.Options{Bindings: []middleware.Binding{proofs{}}})
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", row.scheme+" a")
			w := httptest.NewRecorder()
			guard.Handler(scopes.All("admin").ACR("gold").Handler(notes)).ServeHTTP(w, r)
			got := w.Header().Values("WWW-Authenticate")
			if w.Code != http.StatusUnauthorized || len(got) != 2 || got[0] != row.challenges[0] || got[1] != row.challenges[1] {
				t.Errorf("%d %q\nwant %q", w.Code, got, row.challenges)
			}
		})
	}
}

// What a route asks of users is not told to strangers.
func TestStepUpIsJudgedAfterTheToken(t *testing.T) {
	verifier := middleware.VerifierFunc(func(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
		switch token {
		case "expired":
			return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired}
		case "unbound":
			return alices(func(t *middleware.Token) { t.Confirmation = map[string]string{"jkt": "k"} }), nil
		}
		return alices(nil), nil
	})
	mux := serving("/pay")
	policy, err := scopes.Routes{"/pay": scopes.All("pay").ACR("gold").MaxAge(time.Minute)}.Handler(middleware.New(verifier, nil), mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, token, challenge string }{
		{"R9470-06 no token", "", `Bearer realm="api", scope="pay"`},
		{"R9470-06 an expired token", "expired", `Bearer realm="api", error="invalid_token", scope="pay"`},
		{"R9470-06 a token whose binding nobody confirms", "unbound", `Bearer realm="api", error="invalid_token", error_description="The access token is bound to a key in a way that is not accepted here", scope="pay"`},
		{"R9470-06 a good token", "good", `Bearer realm="api", ` + weak + `, acr_values="gold", max_age="60"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := get(policy, "/pay", row.token)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || got != row.challenge {
				t.Errorf("%d %s\nwant %s", w.Code, got, row.challenge)
			}
		})
	}
}

func TestStepUpThatCanNeverWorkPanics(t *testing.T) {
	q := scopes.All()
	for name, f := range map[string]func(){
		"ACR without a value":        func() { q.ACR() },
		"ACR with an empty value":    func() { q.ACR("gold", "") },
		"ACR with a space":           func() { q.ACR("gold silver") },
		"ACR with a quote":           func() { q.ACR(`go"ld`) },
		"ACR with a backslash":       func() { q.ACR(`go\ld`) },
		"ACR with a line break":      func() { q.ACR("gold\r\nX-Evil: 1") },
		"ACR beyond ASCII":           func() { q.ACR("caf\u00e9") },
		"MaxAge of nothing":          func() { q.MaxAge(0) },
		"MaxAge of less":             func() { q.MaxAge(-time.Second) },
		"MaxAge of half a second":    func() { q.MaxAge(500 * time.Millisecond) },
		"MaxAge of one and a half":   func() { q.MaxAge(1500 * time.Millisecond) },
		"MaxAge of a bare number":    func() { q.MaxAge(300) },
		"ACR of the zero, so too":    func() { scopes.Requirement{}.ACR() },
		"MaxAge of the zero, so too": func() { scopes.Requirement{}.MaxAge(0) },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
}
