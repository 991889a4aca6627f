package middleware_test

import (
	"testing"

	"github.com/warder-go/warder/middleware"
)

// What is wanted beside the type must be granted by one and the same detail.
func TestDetailsThatAreWanted(t *testing.T) {
	token := detailed(`[
		{"type":"payment","identifier":"1","actions":["read","pay"],"datatypes":["a"],"privileges":["p"]},
		{"type":"payment","identifier":"2","actions":["read"],"datatypes":["a","b"]},
		{"type":"payment","identifier":"3"},
		{"type":"account","identifier":"4","actions":["read","pay"]},
		{"type":"payment","identifier":"5","actions":["read","pay"],"locations":["https://b.example"]}
	]`)
	for _, row := range []struct {
		name string
		want middleware.Detail
		ids  string // of what comes out
	}{
		{"the type alone", middleware.Detail{}, "123"},
		{"an action", middleware.Detail{Actions: []string{"read"}}, "12"},
		{"two actions of one detail", middleware.Detail{Actions: []string{"pay", "read"}}, "1"},
		{"an action in another case", middleware.Detail{Actions: []string{"Pay"}}, ""},
		{"an action that begins one", middleware.Detail{Actions: []string{"pa"}}, ""},
		{"an empty action is one that nobody grants", middleware.Detail{Actions: []string{""}}, ""},
		{"an action of one detail and a datatype of another", middleware.Detail{Actions: []string{"pay"}, DataTypes: []string{"b"}}, ""},
		{"datatypes", middleware.Detail{DataTypes: []string{"b", "a"}}, "2"},
		{"a privilege", middleware.Detail{Privileges: []string{"p"}}, "1"},
		{"an identifier", middleware.Detail{Identifier: "3"}, "3"},
		{"an identifier of another type", middleware.Detail{Identifier: "4"}, ""},
		{"a location beside an action", middleware.Detail{Actions: []string{"pay"}, Locations: []string{here, "https://b.example"}}, "15"},
		{"Raw is not judged", middleware.Detail{Identifier: "1", Raw: []byte(`{"type":"account"}`)}, "1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.want.Type = "payment"
			got := ""
			for _, d := range token.Details(row.want) {
				got += d.Identifier
			}
			equal(t, got, row.ids)
		})
	}
}
