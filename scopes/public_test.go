package scopes_test

import (
	"testing"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Public asks nothing, and nothing may be added to it: a row that looks guarded
// must not be open.
func TestPublicIsForRoutesOnly(t *testing.T) {
	for name, f := range map[string]func(){
		"Handler": func() { scopes.Public().Handler(notes) },
		"ACR":     func() { scopes.Public().ACR("gold") },
		"MaxAge":  func() { scopes.Public().MaxAge(time.Minute) },
		"User":    func() { scopes.Public().User() },
		"Client":  func() { scopes.Public().Client() },
		"Claim":   func() { scopes.Public().Claim("roles", "admin") },
		"Detail":  func() { scopes.Public().Detail(middleware.Detail{Type: "payment"}) },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
	for name, token := range map[string]*middleware.Token{"no token": nil, "a token": {}} {
		if err := scopes.Public().Check(token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is added to the zero Requirement leaves it closed to everybody.
func TestTheZeroRequirementStaysClosed(t *testing.T) {
	var zero scopes.Requirement
	token := &middleware.Token{
		Subject: "alice", ClientID: "app", ACR: "gold", AuthTime: time.Now(),
		Raw: []byte(`{"roles":["admin"],"authorization_details":[{"type":"payment"}]}`),
	}
	for name, q := range map[string]scopes.Requirement{
		"ACR": zero.ACR("gold"), "MaxAge": zero.MaxAge(time.Minute), "User": zero.User(), "Client": zero.Client(),
		"Claim": zero.Claim("roles", "admin"), "Detail": zero.Detail(middleware.Detail{Type: "payment"}),
	} {
		if q.Check(token) == nil || q.Check(nil) == nil {
			t.Errorf("%s opens it", name)
		}
		if got := q.String(); got != "nobody" {
			t.Errorf("%s makes it %q", name, got)
		}
	}
}
