package scopes_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Whose token it is.
func TestCallers(t *testing.T) {
	for _, row := range []struct {
		name            string
		subject, client string
		isUser, isSelf  bool
	}{
		{"R9700-04 a user's", "alice", "app", true, false},
		{"R9700-04 a client's own", "app", "app", false, true},
		{"R9700-04 a user's whose name begins like the client's", "app1", "app", true, false},
		{"R9700-04 a user's whose name is the client's in capitals", "APP", "app", true, false},
		{"R9700-04 without a client, it cannot be told whose", "alice", "", false, false},
		{"R9700-04 without a subject, it cannot be told whose", "", "app", false, false},
		{"R9700-04 with neither", "", "", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := verifying(&middleware.Token{Subject: row.subject, ClientID: row.client, Scopes: []string{"read"}})
			for _, each := range []struct {
				name string
				q    scopes.Requirement
				met  bool
			}{
				{"User", scopes.All("read").User(), row.isUser},
				{"Client", scopes.All("read").Client(), row.isSelf},
				{"User of any token", scopes.All().User(), row.isUser},
				{"neither", scopes.All("read"), true},
				{"User twice", scopes.All("read").User().User(), row.isUser},
			} {
				w := ask(t, v, nil, each.q)
				want, challenge := http.StatusOK, ""
				if !each.met {
					want, challenge = http.StatusForbidden, `Bearer realm="api"`
				}
				if got := w.Header().Get("WWW-Authenticate"); w.Code != want || got != challenge {
					t.Errorf("%s: %d %s, want %d %s", each.name, w.Code, got, want, challenge)
				}
			}
		})
	}
}

// No scope would make a client a user, so none is named, whatever else is
// lacking.
func TestTheWrongCallerIsToldFirst(t *testing.T) {
	v := verifying(&middleware.Token{Subject: "app", ClientID: "app"})
	w := ask(t, v, nil, scopes.All("admin").User().ACR("gold").Claim("roles", "admin"))
	if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusForbidden || got != `Bearer realm="api"` {
		t.Errorf("R9700-04 %d %s", w.Code, got)
	}
}

const notInTheGroup = `Bearer realm="api", error="insufficient_scope", error_description="The access token does not grant the group, role or entitlement that this operation needs"`

func TestClaims(t *testing.T) {
	admin := scopes.All().Claim("roles", "admin", "owner")
	for _, row := range []struct {
		name string
		q    scopes.Requirement
		raw  string
		met  bool
	}{
		{"R9068-08 roles in an array of strings", admin, `{"roles":["reader","admin"]}`, true},
		{"R9068-08 roles in an array of objects", admin, `{"roles":[{"value":"reader"},{"value":"admin","display":"Admin","primary":true}]}`, true},
		{"R9068-08 both forms in one array", admin, `{"roles":[{"value":"reader"},"owner"]}`, true},
		{"R9068-08 groups", scopes.All().Claim("groups", "staff"), `{"groups":["staff"]}`, true},
		{"R9068-08 groups of SCIM", scopes.All().Claim("groups", "e9e30dba"), `{"groups":[{"value":"e9e30dba","$ref":"https://x/Groups/e9e30dba"}]}`, true},
		{"R9068-08 entitlements", scopes.All().Claim("entitlements", "gold"), `{"entitlements":["gold"]}`, true},
		{"R9068-08 scope, as a claim too", scopes.All().Claim("scope", "a"), `{"scope":"a"}`, true},
		{"a string", admin, `{"roles":"admin"}`, true},
		{"another issuer's name for it", scopes.All().Claim("https://x/roles", "admin"), `{"https://x/roles":["admin"]}`, true},
		{"R9068-08 no such claim", admin, `{"groups":["admin"]}`, false},
		{"R9068-08 others", admin, `{"roles":["reader"]}`, false},
		{"R9068-08 in capitals", admin, `{"roles":["Admin"]}`, false},
		{"R9068-08 a longer one", admin, `{"roles":["administrator"]}`, false},
		{"two in one string are neither", admin, `{"roles":"admin owner"}`, false},
		{"a name in capitals", admin, `{"Roles":["admin"]}`, false},
		{"a claim within a claim", admin, `{"realm_access":{"roles":["admin"]}}`, false},
		{"a name with a dot is one name", scopes.All().Claim("realm_access.roles", "admin"), `{"realm_access":{"roles":["admin"]}}`, false},
		{"an object", admin, `{"roles":{"value":"admin"}}`, false},
		{"an object whose member is called otherwise", admin, `{"roles":[{"Value":"admin"},{"display":"admin"},{"name":"admin"}]}`, false},
		{"an array in an array", admin, `{"roles":[["admin"]]}`, false},
		{"a value that is an array", admin, `{"roles":[{"value":["admin"]}]}`, false},
		{"nothing", admin, `{"roles":[]}`, false},
		{"null", admin, `{"roles":null}`, false},
		{"true", scopes.All().Claim("admin", "true"), `{"admin":true}`, false},
		{"a number", scopes.All().Claim("level", "1"), `{"level":1}`, false},
		{"numbers beside the value", admin, `{"roles":[1,null,{},[],"admin"]}`, true},
		{"an escape is what it stands for", admin, `{"roles":["\u0061dmin"]}`, true},
		{"a claim twice is no JSON of ours", admin, `{"roles":["admin"],"roles":["reader"]}`, false},
		{"what is no JSON", admin, `{"roles":["admin"]`, false},
		{"no claims at all", admin, ``, false},
		{"two claims are asked for, one is there", admin.Claim("groups", "staff"), `{"roles":["admin"]}`, false},
		{"two claims are asked for, both are there", admin.Claim("groups", "staff"), `{"roles":["admin"],"groups":["staff"]}`, true},
		{"one claim twice: both are asked for", admin.Claim("roles", "reader"), `{"roles":["admin"]}`, false},
		{"one claim twice, and both are there", admin.Claim("roles", "reader"), `{"roles":["admin","reader"]}`, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ask(t, verifying(&middleware.Token{Raw: json.RawMessage(row.raw)}), nil, row.q)
			want, challenge := http.StatusOK, ""
			if !row.met {
				want, challenge = http.StatusForbidden, notInTheGroup
			}
			if got := w.Header().Get("WWW-Authenticate"); w.Code != want || got != challenge {
				t.Errorf("%d %s, want %d %s", w.Code, got, want, challenge)
			}
		})
	}
}

// R9068-08: scope feeds authorization beside the others, and is told first, as
// another token could have it.
func TestScopeIsToldBeforeClaims(t *testing.T) {
	v := verifying(&middleware.Token{Scopes: []string{"read"}, Raw: json.RawMessage(`{"roles":["reader"]}`)})
	w := ask(t, v, nil, scopes.All("read", "write").Claim("roles", "admin"))
	want := `Bearer realm="api", ` + tooLittle + `, scope="read write"`
	if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusForbidden || got != want {
		t.Errorf("R9068-08 %d %s, want %s", w.Code, got, want)
	}
}

func TestClaimsThatCanNeverBeMetPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"no name":        func() { scopes.All().Claim("", "admin") },
		"no value":       func() { scopes.All().Claim("roles") },
		"an empty value": func() { scopes.All().Claim("roles", "admin", "") },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
}
