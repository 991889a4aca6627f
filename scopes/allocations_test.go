package scopes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// What every request pays for a requirement that is met: nothing.
func TestCheckAllocatesNothing(t *testing.T) {
	token := &middleware.Token{Subject: "alice", ClientID: "app", ACR: "gold", Scopes: []string{"a", "b", "c"}}
	h := scopes.Implies{"c": {"d"}, "d": {"e"}}
	for name, q := range map[string]scopes.Requirement{
		"All of nothing": scopes.All(), "All of one": scopes.All("b"), "All of three": scopes.All("c", "b", "a"),
		"Any": scopes.Any("x", "c"), "a hierarchy": h.All("e", "a"), "ACR": scopes.All("a").ACR("gold"), "User": scopes.All("a").User(),
		"Public": scopes.Public(),
	} {
		if err := q.Check(token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := testing.AllocsPerRun(100, func() { _ = q.Check(token) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// What Routes add to a mux is that it looks the pattern up twice: at most two
// allocations for patterns with up to two wildcards, and for all others what the
// lookup itself allocates.
func TestRoutesAllocateLittle(t *testing.T) {
	mux, table := http.NewServeMux(), scopes.Routes{}
	for _, p := range []string{"GET /healthz", "GET /notes/{id}", "GET /notes/{id}/tags/{tag}", "/files/{path...}", "/x/{a}/{b}/{c}/{d}", "/tree/", "api.example/", "/"} {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
		table[p] = scopes.Public()
	}
	policy, err := table.Handler(scopeGuard, mux)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		target string
		most   float64 // -1: what the lookup does
	}{
		{"http://h/healthz", 0},
		{"http://h/notes/1", 1},
		{"http://h/notes/1/tags/2", 2},
		{"http://h/", 0},
		{"http://h/tree/", 1},
		{"http://h/files/", 2},
		{"http://h/files/a/b/c", -1},
		{"http://h/x/1/2/3/4", -1},
		{"http://h/tree/x", -1},
		{"http://api.example:8080/x", -1},
	} {
		r, w := httptest.NewRequest("GET", row.target, nil), httptest.NewRecorder()
		allocated := func(h http.Handler) float64 {
			return testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) })
		}
		if row.most < 0 {
			row.most = testing.AllocsPerRun(100, func() { mux.Handler(r) })
		}
		alone := allocated(mux)
		more := allocated(policy) - alone
		t.Logf("%s: %v allocations by the mux alone, %v more by Routes", row.target, alone, more)
		if more > row.most {
			t.Errorf("%s: %v allocations more than the mux alone, want at most %v", row.target, more, row.most)
		}
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", row.target, w.Code)
		}
	}
}
