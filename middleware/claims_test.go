package middleware_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

type times struct {
	Exp int `json:"exp"`
}

type shadowed struct {
	ID string `json:"jti"`
}

// itself decodes itself.
type itself struct{ doc string }

func (i *itself) UnmarshalJSON(doc []byte) error {
	i.doc = string(doc)
	return nil
}

// Only a claim with exactly the name of a field reaches it (RFC 7519 §4).
// encoding/json would take every claim here for the field exp.
func TestClaimsMatchNamesExactly(t *testing.T) {
	const raw = `{"EXP":9,"exp":1,"Exp":8,"exP":7}`
	onlyOthers := &middleware.Token{Raw: json.RawMessage(`{"EXP":9,"Exp":8,"times":{"exp":7},"Times":6,"ex\u0070X":1}`)}
	all := &middleware.Token{Raw: json.RawMessage(raw)}

	type embedded struct{ times }
	type byPointer struct{ *times }
	type Times = times
	type exported struct{ *Times }
	type unexportedSibling struct {
		times
		EXP int `json:"-"`
		//lint:ignore U1000 its name must let no claim through
		Exp2 struct{} `json:"-"`
	}
	for _, row := range []struct {
		name string
		v    any
		exp  func(any) int
	}{
		{"a struct", new(times), func(v any) int { return v.(*times).Exp }},
		{"an embedded struct", new(embedded), func(v any) int { return v.(*embedded).Exp }},
		{"an embedded pointer that is set", &byPointer{new(times)}, func(v any) int { return v.(*byPointer).Exp }},
		{"an embedded struct whose name is that of a claim", &exported{new(times)}, func(v any) int { return v.(*exported).Exp }},
		{"a pointer to a pointer", new(*times), func(v any) int { return (*v.(**times)).Exp }},
		{"a pointer in an interface", func() any { var i any = new(times); return &i }(), func(v any) int { return (*v.(*any)).(*times).Exp }},
		{"a field that encoding/json ignores beside it", new(unexportedSibling), func(v any) int { return v.(*unexportedSibling).Exp }},
		{"a map of numbers", new(map[string]int), func(v any) int { return (*v.(*map[string]int))["exp"] }},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := all.Claims(row.v); err != nil {
				t.Fatal(err)
			}
			if got := row.exp(row.v); got != 1 {
				t.Errorf("exp is %d, want that of the claim exp", got)
			}
			if _, isMap := row.v.(*map[string]int); isMap {
				return
			}
			if err := onlyOthers.Claims(row.v); err != nil {
				t.Fatal(err)
			}
			if got := row.exp(row.v); got != 1 {
				t.Errorf("exp is %d after claims with other names only", got)
			}
		})
	}
}

// encoding/json drops two fields with one name, and gives what is meant for
// them to a third whose name differs in case. So such types are refused.
func TestClaimsRefusesNamesThatDifferOnlyInCase(t *testing.T) {
	type Exp1 struct{ Exp int }
	type Exp2 struct{ Exp int }
	token := &middleware.Token{Raw: json.RawMessage(`{"Exp":1,"sub":"a"}`)}
	hidden := &struct {
		Exp1
		Exp2
		Other int `json:"EXP"`
	}{}
	if err := json.Unmarshal(token.Raw, hidden); err != nil || hidden.Other != 1 {
		t.Fatalf("encoding/json: %v, %d: this test shows nothing", err, hidden.Other)
	}
	hidden.Other = 0
	for _, row := range []struct {
		name string
		v    any
	}{
		{"two of one name hide each other", hidden},
		{"two names", &struct {
			A int `json:"exp"`
			B int `json:"Exp"`
		}{}},
		{"one name is the field's", &struct {
			Exp int
			B   int `json:"exp"`
		}{}},
		{"one is embedded", &struct {
			Exp1
			B int `json:"EXP"`
		}{}},
		{"a letter that folds to another", &struct {
			A int `json:"ask"`
			B int `json:"a\u017f\u212a"`
		}{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := token.Claims(row.v); err == nil {
				t.Errorf("%+v, want an error", row.v)
			}
		})
	}
	equal(t, hidden.Other, 0)
	fine := &struct {
		Exp1
		A int `json:"exp2"`
		B int `json:"-"`
	}{}
	if err := token.Claims(fine); err != nil || fine.Exp != 1 {
		t.Errorf("%v, %+v", err, fine)
	}
}

func TestClaimsReachWhatEncodingJSONWouldFill(t *testing.T) {
	token := &middleware.Token{Raw: json.RawMessage(`{"jti":"1","user_id":"u","Plain":"p","a\u0062c":"x","n":{"EXP":1}}`)}
	var v struct {
		shadowed
		ID    string `json:"user_id"` // hides shadowed.ID in Go, not in JSON
		Plain string
		Abc   string   `json:"abc,omitempty"`
		Named shadowed `json:"n"`
	}
	if err := token.Claims(&v); err != nil {
		t.Fatal(err)
	}
	equal(t, []string{v.shadowed.ID, v.ID, v.Plain, v.Abc}, []string{"1", "u", "p", "x"})

	var i itself
	if err := token.Claims(&i); err != nil || i.doc != string(token.Raw) {
		t.Errorf("a json.Unmarshaler saw %q, %v", i.doc, err)
	}
	var any any
	if err := token.Claims(&any); err != nil || len(any.(map[string]interface{})) != 5 {
		t.Errorf("an empty interface holds %v, %v", any, err)
	}
	any = shadowed{}
	if err := token.Claims(&any); err != nil || len(any.(map[string]interface{})) != 5 {
		t.Errorf("an interface with a struct by value holds %v, %v; want a map of all", any, err)
	}
}

func TestClaim(t *testing.T) {
	token := &middleware.Token{Raw: json.RawMessage(`{"n":12,"N":13,"list":["a","b"],"nothing":null,"marker":"marker-3f9a"}`)}
	var n int
	if ok, err := token.Claim("n", &n); !ok || err != nil || n != 12 {
		t.Errorf("n: %v %v %d", ok, err, n)
	}
	var list []string
	if ok, err := token.Claim("list", &list); !ok || err != nil || len(list) != 2 {
		t.Errorf("list: %v %v %v", ok, err, list)
	}
	if ok, err := token.Claim("LIST", &list); ok || err != nil {
		t.Errorf("LIST: %v %v, want no such claim", ok, err)
	}
	if ok, err := token.Claim("nothing", &list); !ok || err != nil || list != nil {
		t.Errorf("null: %v %v %v", ok, err, list)
	}
	if ok, err := token.Claim("nothing", &n); !ok || err != nil || n != 12 {
		t.Errorf("null: %v %v, and n is %d, want it as it was", ok, err, n)
	}
	for _, claims := range []error{
		func() error { _, err := token.Claim("marker", &n); return err }(),
		token.Claims(&struct {
			Marker int `json:"marker"`
		}{}),
	} {
		if claims == nil || strings.Contains(claims.Error(), "marker-3f9a") {
			t.Errorf("error %v, want one without the value", claims)
		}
	}
}

func TestClaimsOfATokenMadeByHand(t *testing.T) {
	var v times
	if ok, err := new(middleware.Token).Claim("exp", &v); ok || err != nil {
		t.Errorf("Claim: %v %v", ok, err)
	}
	if err := new(middleware.Token).Claims(&v); err != nil {
		t.Errorf("Claims: %v", err)
	}
	broken := &middleware.Token{Raw: json.RawMessage(`{"exp":1,"exp":2}`)}
	if ok, err := broken.Claim("exp", &v.Exp); ok || err == nil || v.Exp != 0 {
		t.Errorf("a duplicate name: %v %v %d", ok, err, v.Exp)
	}
	if err := broken.Claims(&v); err == nil || v.Exp != 0 {
		t.Errorf("a duplicate name: %v %d", err, v.Exp)
	}
	if err := broken.Claims(nil); err == nil {
		t.Error("nil has no place for claims")
	}
}
