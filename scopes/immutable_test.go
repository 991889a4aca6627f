package scopes_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Two requirements made of one do not know of each other, though what each
// adds could stand in the same array.
func TestRequirementsShareNothing(t *testing.T) {
	claims := func(names ...string) *middleware.Token {
		all := map[string]any{}
		for _, n := range names {
			all[n] = "x"
		}
		raw, _ := json.Marshal(all)
		return &middleware.Token{Raw: raw}
	}
	details := func(types ...string) *middleware.Token {
		var all []map[string]string
		for _, n := range types {
			all = append(all, map[string]string{"type": n})
		}
		raw, _ := json.Marshal(map[string]any{"authorization_details": all})
		return &middleware.Token{Raw: raw}
	}
	q, d := scopes.All(), scopes.All()
	var names []string
	for i := range 9 { // whatever the capacity, somewhere there is room for one more
		ours, others := q.Claim("ours", "x"), q.Claim("others", "x")
		if ours.Check(claims(append(names, "ours")...)) != nil || ours.Check(claims(append(names, "others")...)) == nil || others.Check(claims(append(names, "others")...)) != nil {
			t.Errorf("claims after %d share an array", i)
		}
		if q.Check(claims(names...)) != nil {
			t.Errorf("claim %d changed what it was added to", i)
		}
		ours, others = d.Detail(middleware.Detail{Type: "ours"}), d.Detail(middleware.Detail{Type: "others"})
		if ours.Check(details(append(names, "ours")...)) != nil || ours.Check(details(append(names, "others")...)) == nil || others.Check(details(append(names, "others")...)) != nil {
			t.Errorf("details after %d share an array", i)
		}
		if d.Check(details(names...)) != nil {
			t.Errorf("detail %d changed what it was added to", i)
		}
		name := fmt.Sprint("n", i)
		names = append(names, name)
		q, d = q.Claim(name, "x"), d.Detail(middleware.Detail{Type: name})
	}
}

// No method changes its receiver.
func TestMethodsLeaveTheirReceiver(t *testing.T) {
	q := scopes.All("a")
	before := q.String()
	for name, more := range map[string]scopes.Requirement{
		"ACR": q.ACR("gold"), "MaxAge": q.MaxAge(time.Second), "User": q.User(), "Client": q.Client(),
		"Claim": q.Claim("roles", "admin"), "Detail": q.Detail(middleware.Detail{Type: "payment"}),
	} {
		token := &middleware.Token{Scopes: []string{"a"}}
		if more.Check(token) == nil {
			t.Errorf("%s asks for nothing more", name)
		}
		if err := q.Check(token); err != nil || q.String() != before || more.String() == before {
			t.Errorf("%s changed its receiver: %v, %s", name, err, q)
		}
	}
	step := q.ACR("gold").MaxAge(time.Minute)
	_, _ = step.ACR("silver"), step.MaxAge(time.Hour)
	if got, want := step.String(), "scope a, acr gold, signed in at most 1m0s ago"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a requirement was made of may be changed afterwards.
func TestRequirementsKeepCopies(t *testing.T) {
	all, any, acr, values := []string{"a"}, []string{"a"}, []string{"gold"}, []string{"admin"}
	h := scopes.Implies{"root": {"a"}}
	want := middleware.Detail{
		Type: "payment", Actions: []string{"initiate"}, Locations: []string{"here"},
		DataTypes: []string{"d"}, Privileges: []string{"p"},
	}
	q := []scopes.Requirement{
		scopes.All(all...), scopes.Any(any...), scopes.All().ACR(acr...), scopes.All().Claim("roles", values...),
		scopes.All().Detail(want), h.All("a"),
	}
	named := scopes.Routes{"/all": q[0], "/any": q[1]}
	for _, list := range [][]string{all, any, acr, values, want.Actions, want.Locations, want.DataTypes, want.Privileges, h["root"]} {
		list[0] = "changed"
	}
	if got := named.Scopes(); len(got) != 1 || got[0] != "a" {
		t.Errorf("the rows name %q", got)
	}
	token := &middleware.Token{
		Scopes: []string{"changed"}, ACR: "changed",
		Raw: json.RawMessage(`{"roles":["changed"],"authorization_details":[{"type":"payment","actions":["changed"],"locations":["changed"],"datatypes":["changed"],"privileges":["changed"]}]}`),
	}
	for _, q := range q {
		if q.Check(token) == nil {
			t.Errorf("%s is met by what it was changed to", q)
		}
	}
	if err := h.All("a").Check(&middleware.Token{Scopes: []string{"root"}}); err == nil {
		t.Error("a requirement made after the change does not see it")
	}
	if err := q[5].Check(&middleware.Token{Scopes: []string{"root"}}); err != nil {
		t.Errorf("a requirement made before the change: %v", err)
	}
}

// One requirement is checked, and added to, by many at once.
func TestRequirementsAreCheckedConcurrently(t *testing.T) {
	q := scopes.Implies{"root": {"a"}}.All("a").ACR("gold").Claim("roles", "admin").Detail(middleware.Detail{Type: "payment"})
	good := alices(func(t *middleware.Token) {
		t.Scopes, t.ACR = []string{"root"}, "gold"
		t.Raw = json.RawMessage(`{"roles":["admin"],"authorization_details":[{"type":"payment"}]}`)
	})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				if err := q.Check(good); err != nil {
					t.Error(err)
				}
				if q.Check(&middleware.Token{Scopes: []string{"a"}, Subject: "alice", ClientID: "app"}) == nil {
					t.Error("met by a token without acr")
				}
				own := q.Claim(fmt.Sprint(i), "x").Detail(middleware.Detail{Type: fmt.Sprint(i)}).ACR(fmt.Sprint(i)).MaxAge(time.Duration(i+1) * time.Second)
				if own.Check(good) == nil || own.String() == "" {
					t.Error("what was added asks for nothing")
				}
			}
		})
	}
	all.Wait()
}
