package scopes_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// What a scope includes, it grants; and what is asked for is the least.
func TestHierarchies(t *testing.T) {
	shop := scopes.Implies{
		"orders:admin": {"orders:read", "orders:write"},
		"orders:write": {"orders:read"}, // a diamond: admin includes read twice
		"root":         {"orders:admin", "users:admin"},
	}
	deep := scopes.Implies{}
	for i := range 60 {
		deep[fmt.Sprint(i)] = []string{fmt.Sprint(i + 1)}
	}
	for _, row := range []struct {
		name    string
		q       scopes.Requirement
		granted string
		least   string // of the challenge; empty: met
	}{
		{"MCP-05 the scope itself", shop.All("orders:read"), "orders:read", ""},
		{"MCP-05 a scope that includes it", shop.All("orders:read"), "orders:admin", ""},
		{"MCP-05 a scope that includes one that includes it", shop.All("orders:read"), "root", ""},
		{"MCP-05 at sixty removes", deep.All("60"), "0", ""},
		{"at sixty removes, the other way round", deep.All("0"), "60", "0"},
		{"one that it includes", shop.All("orders:admin"), "orders:read orders:write", "orders:admin"},
		{"a scope that only begins like it", shop.All("orders:read"), "orders", "orders:read"},
		{"a scope that the hierarchy does not know", shop.All("orders:read"), "orders:delete", "orders:read"},
		{"a neighbour", shop.All("users:admin"), "orders:admin", "users:admin"},
		{"all of two, by one that includes both", shop.All("users:admin", "orders:read"), "root", ""},
		{"all of two, by two", shop.All("users:admin", "orders:read"), "users:admin orders:write", ""},
		{"all of two, one of which includes the other", shop.All("orders:read", "orders:admin"), "x", "orders:admin"},
		{"the same in the other order", shop.All("orders:admin", "orders:read"), "x", "orders:admin"},
		{"all of three, in a chain and beside it", shop.All("orders:read", "x", "orders:write"), "x", "x orders:write"},
		{"a scope that is named twice", shop.All("x", "orders:read", "x"), "y", "x orders:read"},
		{"any of two, by one that includes the second", shop.Any("x", "orders:read"), "root", ""},
		{"any of two names the first", shop.Any("x", "orders:read"), "y", "x"},
		{"any of two, the first of which includes the second, names the second", shop.Any("orders:admin", "orders:read"), "y", "orders:read"},
		{"any of three in a chain names the least", shop.Any("root", "orders:admin", "orders:write"), "y", "orders:write"},
		{"any, at sixty removes", deep.Any("0", "60"), "61", "60"},
		{"any of none of these", shop.Any("root", "orders:admin"), "orders:write users:admin", "orders:admin"},
		{"without a hierarchy nothing includes anything", scopes.All("orders:read"), "orders:admin", "orders:read"},
		{"a nil hierarchy is none", scopes.Implies(nil).Any("orders:read"), "orders:admin", "orders:read"},
		{"an empty hierarchy is none", scopes.Implies{}.All("orders:read"), "orders:admin", "orders:read"},
		{"a scope that includes nothing", scopes.Implies{"a": nil, "b": {}}.All("c"), "a b", "c"},
		{"a scope that includes another twice", scopes.Implies{"a": {"b", "b"}}.All("b"), "a", ""},
		{"all of nothing", shop.All(), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := ask(t, granting(row.granted), nil, row.q)
			want, status := "", http.StatusOK
			if row.least != "" {
				want, status = `Bearer realm="api", `+tooLittle+`, scope="`+row.least+`"`, http.StatusForbidden
			}
			if got := w.Header().Get("WWW-Authenticate"); w.Code != status || got != want {
				t.Errorf("%d %s, want %d %s", w.Code, got, status, want)
			}
		})
	}
}

// A hierarchy with a mistake opens nothing: Handler panics, Routes return an
// error, and Check refuses everybody.
func TestMistakesInHierarchies(t *testing.T) {
	long := scopes.Implies{}
	for i := range 40 {
		long[fmt.Sprint("s", i)] = []string{fmt.Sprint("s", (i+1)%40)}
	}
	for _, row := range []struct {
		name    string
		h       scopes.Implies
		scope   string
		mistake string
	}{
		{"a scope that includes itself", scopes.Implies{"a": {"a"}}, "a", `"a" includes itself`},
		{"two that include one another", scopes.Implies{"a": {"b"}, "b": {"a"}}, "a", `"b" includes itself`},
		{"forty in a circle", long, "s7", `"s39" includes itself`},
		{"a circle that is not asked for", scopes.Implies{"a": {"a"}}, "z", `"a" includes itself`},
		{"a circle below what is asked for", scopes.Implies{"z": {"a"}, "a": {"b"}, "b": {"a"}}, "z", `"a" includes itself`},
		{"two scopes in one word, on the left", scopes.Implies{"a b": {"c"}}, "c", `"a b" is not a scope-token`},
		{"two scopes in one word, on the right", scopes.Implies{"a": {"b c"}}, "a", `"b c" is not a scope-token`},
		{"an empty scope", scopes.Implies{"": {"c"}}, "c", `"" is not a scope-token`},
		{"a scope with a quote", scopes.Implies{"a": {`"`}}, "a", `"\"" is not a scope-token`},
	} {
		for kind, q := range map[string]scopes.Requirement{
			"All": row.h.All(row.scope), "Any": row.h.Any(row.scope), "All of nothing": row.h.All(),
			"with more": row.h.All(row.scope).ACR("gold").User().Claim("roles", "admin"),
		} {
			t.Run(row.name+", "+kind, func(t *testing.T) {
				var all []string // whatever there is
				for left, right := range row.h {
					all = append(append(all, left), right...)
				}
				err := q.Check(&middleware.Token{Subject: "alice", ClientID: "app", ACR: "gold", Scopes: append(all, row.scope)})
				var e *middleware.Error
				if !errors.As(err, &e) || e.Code != "" || e.Reason != middleware.ReasonNoPolicy {
					t.Errorf("Check: %v", err)
				}
				if err := q.Check(nil); !errors.Is(err, middleware.ErrNoToken) {
					t.Errorf("Check of no token: %v", err)
				}
				mustPanic(t, func() { q.Handler(notes) })

				mux := serving("/a")
				h, err := scopes.Routes{"/a": q}.Handler(scopeGuard, mux.ServeMux)
				if h != nil || err == nil || !strings.Contains(err.Error(), row.mistake) {
					t.Errorf("Routes: %v, %v", h, err)
				}
			})
		}
	}
}

// A scope that the API itself may not ask for is refused under a hierarchy too.
func TestWhatPanicsInAllPanicsUnderAHierarchy(t *testing.T) {
	h := scopes.Implies{"a": {"b"}}
	for name, f := range map[string]func(){
		"two scopes in one word":      func() { h.All("a b") },
		"any of nothing":              func() { h.Any() },
		"offline_access":              func() { scopes.All("offline_access") },
		"offline_access, hierarchy":   func() { h.Any("a", "offline_access") },
		"Require of offline_access":   func() { scopes.Require("offline_access") },
		"an empty scope among others": func() { h.Any("a", "") },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
}
