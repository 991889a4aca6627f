package middleware_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

const here = "https://rs.example/api"

// detailed is a token with this claim authorization_details.
func detailed(claim string) *middleware.Token {
	return &middleware.Token{Raw: json.RawMessage(`{"sub":"alice","authorization_details":` + claim + `}`)}
}

func TestDetails(t *testing.T) {
	const plain = `{"type":"payment","amount":"10"}`
	bare := middleware.Detail{Type: "payment", Raw: json.RawMessage(plain)}
	for _, row := range []struct {
		name      string
		token     *middleware.Token
		locations []string
		want      []middleware.Detail
	}{
		{"one", detailed(`[` + plain + `]`), nil, []middleware.Detail{bare}},
		{"every member", detailed(`[ {"type":"payment", "locations":["` + here + `","https://b.example"],"actions":["read","pay"],
			"datatypes":["a"],"identifier":"i","privileges":["p"]} ]`), []string{here}, []middleware.Detail{{
			Type: "payment", Locations: []string{here, "https://b.example"}, Actions: []string{"read", "pay"},
			DataTypes: []string{"a"}, Identifier: "i", Privileges: []string{"p"},
			Raw: json.RawMessage(`{"type":"payment", "locations":["` + here + `","https://b.example"],"actions":["read","pay"],
			"datatypes":["a"],"identifier":"i","privileges":["p"]}`),
		}}},
		{"two of the type, in their order", detailed(`[{"type":"payment","identifier":"2"},{"type":"payment","identifier":"1"}]`), nil, []middleware.Detail{
			{Type: "payment", Identifier: "2", Raw: json.RawMessage(`{"type":"payment","identifier":"2"}`)},
			{Type: "payment", Identifier: "1", Raw: json.RawMessage(`{"type":"payment","identifier":"1"}`)},
		}},
		{"another type beside it", detailed(`[{"type":"account"},` + plain + `]`), nil, []middleware.Detail{bare}},
		{"another type alone", detailed(`[{"type":"account"}]`), nil, nil},
		{"a type in another case", detailed(`[{"type":"Payment"}]`), nil, nil},
		{"a type that is longer", detailed(`[{"type":"payment_initiation"}]`), nil, nil},
		{"a type with an escape is the same text", detailed(`[{"type":"\u0070ayment"}]`), nil, []middleware.Detail{
			{Type: "payment", Raw: json.RawMessage(`{"type":"\u0070ayment"}`)},
		}},
		{"no location, and one is asked for", detailed(`[` + plain + `]`), []string{here}, []middleware.Detail{bare}},
		{"R9396-03 another location", detailed(`[{"type":"payment","locations":["https://b.example"]}]`), []string{here}, nil},
		{"a location that begins like it", detailed(`[{"type":"payment","locations":["` + here + `/v2"]}]`), []string{here}, nil},
		{"a location with a slash more", detailed(`[{"type":"payment","locations":["` + here + `/"]}]`), []string{here}, nil},
		{"R9396-03 a location, and none is asked for", detailed(`[{"type":"payment","locations":["` + here + `"]}]`), nil, nil},
		{"R9396-03 one of two locations that are asked for", detailed(`[{"type":"payment","locations":["` + here + `"]}]`), []string{"https://b.example", here}, []middleware.Detail{
			{Type: "payment", Locations: []string{here}, Raw: json.RawMessage(`{"type":"payment","locations":["` + here + `"]}`)},
		}},
		{"R9396-03 an empty list of locations counts nowhere", detailed(`[{"type":"payment","locations":[]}]`), []string{here}, nil},
		{"an empty list, and none is asked for", detailed(`[{"type":"payment","locations":[]}]`), nil, nil},
		{"locations that are null", detailed(`[{"type":"payment","locations":null}]`), []string{here}, nil},
		{"locations that are text", detailed(`[{"type":"payment","locations":"` + here + `"}]`), []string{here}, nil},
		{"locations with a number", detailed(`[{"type":"payment","locations":["` + here + `",1]}]`), []string{here}, nil},
		{"locations by another spelling are no locations", detailed(`[{"type":"payment","Locations":["https://b.example"]}]`), []string{here}, []middleware.Detail{
			{Type: "payment", Raw: json.RawMessage(`{"type":"payment","Locations":["https://b.example"]}`)},
		}},
		{"no actions are not the same as an empty list", detailed(`[{"type":"payment","actions":[]}]`), nil, []middleware.Detail{
			{Type: "payment", Actions: []string{}, Raw: json.RawMessage(`{"type":"payment","actions":[]}`)},
		}},
		{"actions that are text", detailed(`[{"type":"payment","actions":"pay"}]`), nil, nil},
		{"actions that are an object", detailed(`[{"type":"payment","actions":{"pay":true}}]`), nil, nil},
		{"datatypes that are a number", detailed(`[{"type":"payment","datatypes":1}]`), nil, nil},
		{"privileges that are null", detailed(`[{"type":"payment","privileges":null}]`), nil, nil},
		{"an identifier that is a number", detailed(`[{"type":"payment","identifier":1}]`), nil, nil},
		{"one that is broken, beside a good one", detailed(`[{"type":"payment","identifier":1},` + plain + `]`), nil, []middleware.Detail{bare}},
		{"no type", detailed(`[{"actions":["pay"]}]`), nil, nil},
		{"a type that is null", detailed(`[{"type":null}]`), nil, nil},
		{"a type that is a list", detailed(`[{"type":["payment"]}]`), nil, nil},
		{"a type by another spelling", detailed(`[{"Type":"payment"}]`), nil, nil},
		{"a name twice in a detail", detailed(`[{"type":"account","type":"payment"}]`), nil, nil},
		{"a name twice in a detail, beside a good one: the whole token is in doubt", detailed(`[{"type":"payment","a":1,"a":2},` + plain + `]`), nil, nil},
		{"elements that are no objects", detailed(`["payment",1,null,[` + plain + `],true]`), nil, nil},
		{"an object instead of a list", detailed(plain), nil, nil},
		{"text instead of a list, as in an encoded request", detailed(`"[{\"type\":\"payment\"}]"`), nil, nil},
		{"null", detailed(`null`), nil, nil},
		{"an empty list", detailed(`[]`), nil, nil},
		{"deeper than what is read", detailed(`[{"type":"payment","x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}]`), nil, nil},
		{"the claim twice", detailed(`[],"authorization_details":[` + plain + `]`), nil, nil},
		{"the claim by another spelling", &middleware.Token{Raw: json.RawMessage(`{"Authorization_Details":[` + plain + `]}`)}, nil, nil},
		{"a token without it", &middleware.Token{Raw: json.RawMessage(`{"sub":"alice"}`)}, nil, nil},
		{"a token without Raw", new(middleware.Token), nil, nil},
		{"a Raw that is cut off", &middleware.Token{Raw: json.RawMessage(`{"authorization_details":[` + plain)}, nil, nil},
		{"a Raw with something after it", &middleware.Token{Raw: json.RawMessage(`{"authorization_details":[` + plain + `]}{}`)}, nil, nil},
		{"a Raw that is no object", &middleware.Token{Raw: json.RawMessage(`[` + plain + `]`)}, nil, nil},
		{"a Raw that is no UTF-8", detailed("[{\"type\":\"payment\",\"x\":\"\xff\"}]"), nil, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			equal(t, row.token.Details(middleware.Detail{Type: "payment", Locations: row.locations}), row.want)
		})
	}
}

func TestDetailsOfNoType(t *testing.T) {
	token := detailed(`[{"type":""},{},{"type":"payment"}]`)
	if got := token.Details(middleware.Detail{}); got != nil {
		t.Errorf("%v: a detail without a type is none", got)
	}
}

// A Token is shared between requests: what one does to its details, and appends
// to them, no other sees.
func TestDetailsAreTheCallersOwn(t *testing.T) {
	token := detailed(`[{"type":"payment","actions":["pay"],"identifier":"i"}]`)
	want := token.Details(middleware.Detail{Type: "payment"})
	first := token.Details(middleware.Detail{Type: "payment"})
	first[0].Actions[0] = "changed"
	_ = append(first[0].Actions[:1], "more")
	for i := range first[0].Raw {
		first[0].Raw[i] = 'x'
	}
	equal(t, token.Details(middleware.Detail{Type: "payment"}), want)
}

func TestDetailDecode(t *testing.T) {
	detail := detailed(`[{"type":"payment","amount":"10.00","Currency":"EUR","nested":{"a":[1]}}]`).Details(middleware.Detail{Type: "payment"})[0]
	type payment struct {
		Type     string         `json:"type"`
		Amount   string         `json:"amount"`
		Currency string         `json:"currency"`
		Nested   map[string]any `json:"nested"`
	}
	t.Run("names match exactly", func(t *testing.T) {
		var got payment
		if err := detail.Decode(&got); err != nil {
			t.Fatal(err)
		}
		equal(t, got, payment{Type: "payment", Amount: "10.00", Nested: map[string]any{"a": []any{1.0}}})
	})
	t.Run("into a map", func(t *testing.T) {
		got := map[string]any{}
		if err := detail.Decode(&got); err != nil {
			t.Fatal(err)
		}
		equal(t, got["Currency"], any("EUR"))
	})
	t.Run("what does not fit is an error that quotes nothing", func(t *testing.T) {
		var got struct {
			Amount int `json:"amount"`
		}
		err := detail.Decode(&got)
		if err == nil || strings.Contains(err.Error(), "10.00") {
			t.Errorf("%v", err)
		}
	})
	t.Run("two fields that differ in case are an error", func(t *testing.T) {
		var got struct {
			A string `json:"currency"`
			B string `json:"Currency"`
		}
		if err := detail.Decode(&got); err == nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("the zero Detail has no members", func(t *testing.T) {
		got := payment{Amount: "as it was"}
		if err := (middleware.Detail{}).Decode(&got); err != nil || got.Amount != "as it was" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a Raw made by hand that is no object", func(t *testing.T) {
		var got payment
		if err := (middleware.Detail{Raw: json.RawMessage(`[1,`)}).Decode(&got); err == nil {
			t.Error("no error")
		}
	})
}

// FuzzDetails: whatever a token says, every detail that comes out has the type
// that was asked for, is an element of the claim, and counts at the location.
// The oracle is encoding/json, where the names are exact.
func FuzzDetails(f *testing.F) {
	for _, claim := range []string{
		`[{"type":"payment"}]`, `[{"type":"payment","locations":[]}]`, `[{"type":"payment","locations":["` + here + `"]}]`,
		`[{"type":"payment","locations":["x"]},{"type":"payment","actions":["a"]}]`, `[{"type":"a","type":"payment"}]`,
		`{"type":"payment"}`, `null`, `[[{"type":"payment"}]]`, `[{"TYPE":"payment","type":"x"}]`, `[{"type":"\u0070ayment"}]`, `[1,`, ``,
	} {
		f.Add(`{"authorization_details":`+claim+`}`, "payment", here)
	}
	f.Add(`{"authorization_details":[{"type":""}]}`, "", "")
	f.Add("\xff{", "\x00", "x")
	f.Fuzz(func(t *testing.T, raw, typ, location string) {
		token := &middleware.Token{Raw: json.RawMessage(raw)}
		got := token.Details(middleware.Detail{Type: typ, Locations: []string{location}})
		anywhere := token.Details(middleware.Detail{Type: typ})
		if len(anywhere) > len(got) {
			t.Fatalf("%d count without a location, %d with one", len(anywhere), len(got))
		}
		var claims map[string]json.RawMessage
		var elements []json.RawMessage
		if len(got) > 0 {
			if json.Unmarshal([]byte(raw), &claims) != nil || json.Unmarshal(claims["authorization_details"], &elements) != nil {
				t.Fatalf("%d details of what is no list in a JSON object", len(got))
			}
		}
		for _, d := range got {
			if !slices.ContainsFunc(elements, func(e json.RawMessage) bool { return string(e) == string(d.Raw) }) {
				t.Fatalf("%s is no element", d.Raw)
			}
			var members map[string]json.RawMessage
			var is string
			if json.Unmarshal(d.Raw, &members) != nil || json.Unmarshal(members["type"], &is) != nil || is != typ || d.Type != typ || typ == "" {
				t.Fatalf("%s is not of type %q", d.Raw, typ)
			}
			listed, named := members["locations"]
			var at []string
			if named && (json.Unmarshal(listed, &at) != nil || !slices.Contains(at, location)) || named != (d.Locations != nil) {
				t.Fatalf("%s does not count at %q", d.Raw, location)
			}
			var into map[string]any
			if err := d.Decode(&into); err != nil || len(into) != len(members) {
				t.Fatalf("%s: Decode found %d members, %v", d.Raw, len(into), err)
			}
		}
	})
}

// Nothing but the length of a token bounds how much it grants.
func TestManyDetails(t *testing.T) {
	const plain = `{"type":"payment","amount":"10"}`
	token := &middleware.Token{Raw: json.RawMessage(`{"authorization_details":[` + strings.Repeat(plain+",", 400) + plain + `]}`)}
	if got := token.Details(middleware.Detail{Type: "payment"}); len(got) != 401 {
		t.Errorf("%d details", len(got))
	}
	many := strings.TrimSuffix(strings.Repeat(`"read",`, 1000), ",")
	token = &middleware.Token{Raw: json.RawMessage(`{"authorization_details":[{"type":"payment","actions":[` + many + `]}]}`)}
	if got := token.Details(middleware.Detail{Type: "payment", Actions: []string{"read"}}); len(got) != 1 {
		t.Errorf("%d details", len(got))
	}
}
