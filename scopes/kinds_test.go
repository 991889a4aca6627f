package scopes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// A kind is one thing that a requirement can ask for. The two requirements
// differ in the named fields alone, and they judge one of the tokens differently.
type kind struct {
	name    string
	fields  []string // of the rule behind a Requirement, in their order
	without scopes.Requirement
	with    scopes.Requirement
	met     *middleware.Token
	unmet   *middleware.Token
}

func kinds() []kind {
	claims := func(text string) *middleware.Token {
		return alices(func(t *middleware.Token) { t.Raw = json.RawMessage(text) })
	}
	holds := func(scope ...string) *middleware.Token {
		return alices(func(t *middleware.Token) { t.Scopes = scope })
	}
	detail := func(d middleware.Detail) scopes.Requirement {
		d.Type = "payment"
		return scopes.All().Detail(d)
	}
	payment := detail(middleware.Detail{})
	grants := func(members string) *middleware.Token {
		return claims(`{"authorization_details":[{"type":"payment"` + members + `}]}`)
	}
	return []kind{
		{"a scope", []string{"scopes", "granted", "least"}, scopes.All(), scopes.All("a"), holds("a"), holds("b")},
		{"one of two scopes", []string{"any", "least"}, scopes.All("a", "b"), scopes.Any("a", "b"), holds("b"), holds("c")},
		{"a scope that another includes", []string{"granted"}, scopes.All("a"), scopes.Implies{"root": {"a"}}.All("a"), holds("root"), holds("b")},
		{"a user", []string{"caller"}, scopes.All(), scopes.All().User(), alices(nil), alices(func(t *middleware.Token) { t.Subject = t.ClientID })},
		{"a client", []string{"caller"}, scopes.All(), scopes.All().Client(), alices(func(t *middleware.Token) { t.Subject = t.ClientID }), alices(nil)},
		{"an acr", []string{"acr"}, scopes.All(), scopes.All().ACR("gold"),
			alices(func(t *middleware.Token) { t.ACR = "gold" }), alices(func(t *middleware.Token) { t.ACR = "silver" })},
		{"a recent sign-in", []string{"maxAge"}, scopes.All(), scopes.All().MaxAge(time.Hour),
			alices(func(t *middleware.Token) { t.AuthTime = time.Now() }), alices(func(t *middleware.Token) { t.AuthTime = time.Now().Add(-2 * time.Hour) })},
		{"a claim", []string{"claims.name", "claims.values"}, scopes.All(), scopes.All().Claim("groups", "editors"),
			claims(`{"groups":["editors"]}`), claims(`{"groups":["readers"]}`)},
		{"another value of a claim", []string{"claims.values"}, scopes.All().Claim("groups", "readers"), scopes.All().Claim("groups", "editors"),
			claims(`{"groups":["editors"]}`), claims(`{"groups":["readers"]}`)},
		{"a detail", []string{"details.Type"}, scopes.All(), payment, grants(""), claims(`{"authorization_details":[{"type":"account"}]}`)},
		{"the location of a detail", []string{"details.Locations"}, payment, detail(middleware.Detail{Locations: []string{"here"}}),
			grants(`,"locations":["here"]`), grants(`,"locations":["there"]`)},
		{"the action of a detail", []string{"details.Actions"}, payment, detail(middleware.Detail{Actions: []string{"initiate"}}),
			grants(`,"actions":["initiate"]`), grants(`,"actions":["status"]`)},
		{"the data type of a detail", []string{"details.DataTypes"}, payment, detail(middleware.Detail{DataTypes: []string{"amounts"}}),
			grants(`,"datatypes":["amounts"]`), grants(`,"datatypes":["names"]`)},
		{"the identifier of a detail", []string{"details.Identifier"}, payment, detail(middleware.Detail{Identifier: "one"}),
			grants(`,"identifier":"one"`), grants(`,"identifier":"two"`)},
		{"the privilege of a detail", []string{"details.Privileges"}, payment, detail(middleware.Detail{Privileges: []string{"admin"}}),
			grants(`,"privileges":["admin"]`), grants(`,"privileges":["guest"]`)},
	}
}

// elsewhere are the fields that no row of kinds can be about, and why.
var elsewhere = map[string]string{
	"public":      "asks nothing of a token: public_test.go",
	"mistake":     "is an error at start-up: implies_test.go",
	"details.Raw": "is what a token says, not what is wanted of it",
}

// Whoever adds a field to a requirement adds a row here: a kind that nothing
// judges would open every route that asks for it.
func TestEveryKindOfRequirementHasARow(t *testing.T) {
	if n := reflect.TypeFor[scopes.Requirement]().NumField(); n != 1 {
		t.Fatalf("a Requirement has %d fields: the rows are about the first alone", n)
	}
	all := fields()
	for name, why := range elsewhere {
		if !slices.Contains(all, name) {
			t.Errorf("%s, which %s, is no field", name, why)
		}
	}
	shown := map[string]bool{}
	for _, k := range kinds() {
		for _, name := range k.fields {
			shown[name] = true
		}
		var differ []string
		for _, name := range all {
			if valueOf(k.with, name) != valueOf(k.without, name) {
				differ = append(differ, name)
			}
		}
		if !slices.Equal(differ, k.fields) {
			t.Errorf("%s: the requirements differ in %q, want %q", k.name, differ, k.fields)
		}
	}
	for _, name := range all {
		switch why, isElsewhere := elsewhere[name]; {
		case !shown[name] && !isElsewhere:
			t.Errorf("%s has no row: nothing shows that it is judged", name)
		case shown[name] && isElsewhere:
			t.Errorf("%s has a row, though it %s", name, why)
		}
	}
}

// fields lists the fields of what a Requirement holds. Those of the structs that
// it has lists of are listed one by one.
func fields() []string {
	var all []string
	for f := range reflect.TypeFor[scopes.Requirement]().Field(0).Type.Elem().Fields() {
		if f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct {
			all = append(all, f.Name)
			continue
		}
		for inner := range f.Type.Elem().Fields() {
			all = append(all, f.Name+"."+inner.Name)
		}
	}
	return all
}

// valueOf prints the value of one of fields, a zero one as "".
func valueOf(q scopes.Requirement, name string) string {
	text := func(v reflect.Value) string {
		if v.IsZero() {
			return ""
		}
		return fmt.Sprintf("%#v", v)
	}
	name, inner, isList := strings.Cut(name, ".")
	v := reflect.ValueOf(q).Field(0).Elem().FieldByName(name)
	if !isList {
		return text(v)
	}
	var all string
	for i := range v.Len() {
		all += text(v.Index(i).FieldByName(inner))
	}
	return all
}

// Each kind is judged on each way to a handler, also where it is that of one of two
// rows that a request has to meet.
func TestEveryKindOfRequirementIsJudged(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			if (k.with.Check(k.met) == nil) == (k.without.Check(k.met) == nil) &&
				(k.with.Check(k.unmet) == nil) == (k.without.Check(k.unmet) == nil) {
				t.Errorf("%s and %s judge both tokens alike", k.with, k.without)
			}
			if k.with.String() == k.without.String() {
				t.Errorf("String does not say it: %s", k.with)
			}
			for way, admits := range ways {
				if !admits(t, k.with, k.met) {
					t.Errorf("%s refuses the token that meets it", way)
				}
				if admits(t, k.with, k.unmet) {
					t.Errorf("%s admits the token that does not meet it", way)
				}
				if admits(t, k.with, nil) {
					t.Errorf("%s admits a request without a token", way)
				}
			}
		})
	}
}

// ways are those on which a requirement is asked whether it admits a token, or a
// request without one.
var ways = map[string]func(*testing.T, scopes.Requirement, *middleware.Token) bool{
	"Check": func(_ *testing.T, q scopes.Requirement, token *middleware.Token) bool {
		return q.Check(token) == nil
	},
	"Handler": func(t *testing.T, q scopes.Requirement, token *middleware.Token) bool {
		mux := serving("/a")
		return reaches(t, mux, guardFor(token).Handler(q.Handler(mux)), "/a", token)
	},
	"Routes": func(t *testing.T, q scopes.Requirement, token *middleware.Token) bool {
		return passes(t, scopes.Routes{"/a": q}, "/a", token)
	},
	"the row of an encoded path": func(t *testing.T, q scopes.Requirement, token *middleware.Token) bool {
		return passes(t, scopes.Routes{"/{name}": q, "/a/b": scopes.All()}, "/a%2Fb", token)
	},
	"the row of the decoded path": func(t *testing.T, q scopes.Requirement, token *middleware.Token) bool {
		return passes(t, scopes.Routes{"/{name}": scopes.All(), "/a/b": q}, "/a%2Fb", token)
	},
}

// guardFor returns a guard that admits every token as this one, and requests
// without a token too.
func guardFor(token *middleware.Token) *middleware.Guard {
	return middleware.New(middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return token, nil
	}), &middleware.Options{AllowAnonymous: true})
}

// passes reports whether a policy lets a request for path with this token, or
// with none, reach a handler.
func passes(t *testing.T, table scopes.Routes, path string, token *middleware.Token) bool {
	t.Helper()
	mux := serving(slices.Sorted(maps.Keys(table))...)
	policy, err := table.Handler(guardFor(token), mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	return reaches(t, mux, policy, path, token)
}

// reaches reports whether h lets a request for path with this token, or with
// none, reach a handler of mux. Every other answer must be a refusal.
func reaches(t *testing.T, mux *servedMux, h http.Handler, path string, token *middleware.Token) bool {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	if token != nil {
		r.Header.Set("Authorization", "Bearer a")
	}
	reached, w := mux.by(t, h, r)
	if reached == nil && w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden {
		t.Errorf("not reached, and answered %d", w.Code)
	}
	return reached != nil
}
