package scopes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// get asks h for a path with a token of this scope, or without one.
func get(h http.Handler, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// MCP-02: a 401 names the scope of the route, a 403 all that the operation
// needs at once, and both say where the metadata is.
func TestChallengesOfARoute(t *testing.T) {
	const metadata = `resource_metadata="https://api.example/.well-known/oauth-protected-resource"`
	guard := middleware.New(middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		if token == "expired" {
			return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired, Description: "The access token expired"}
		}
		return granted(ctx, token, r)
	}), &middleware.Options{Metadata: &middleware.Metadata{
		Resource: "https://api.example", AuthorizationServers: []string{"https://as.example"},
	}})
	h := scopes.Implies{"notes/admin": {"notes/read", "notes/write"}}
	mux := serving("/read", "/both", "/either", "/any", "/zero", "/forgotten", "/public")
	policy, err := scopes.Routes{
		"/read":   h.All("notes/read"),
		"/both":   h.All("notes/read", "notes/share", "notes/write"),
		"/either": h.Any("notes/admin", "notes/read"),
		"/any":    scopes.All(),
		"/zero":   {},
		"/public": scopes.Public(),
	}.Handler(guard, mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	const (
		unknown = `Bearer realm="api", ` + metadata
		expired = unknown + `, error="invalid_token", error_description="The access token expired"`
		lacking = unknown + `, ` + tooLittle
	)
	for _, row := range []struct {
		name, path, token string
		status            int
		challenge         string
	}{
		{"MCP-02 no token, one scope", "/read", "", 401, unknown + `, scope="notes/read"`},
		{"MCP-02 no token, two scopes", "/both", "", 401, unknown + `, scope="notes/read notes/share notes/write"`},
		{"MCP-02 no token, either of two", "/either", "", 401, unknown + `, scope="notes/read"`},
		{"no token, where any will do", "/any", "", 401, unknown},
		{"no token, where none will do", "/zero", "", 401, unknown},
		{"no token, where nobody said what is needed", "/forgotten", "", 401, unknown},
		{"no token, and nothing there", "/nothing", "", 401, unknown},
		{"MCP-02 an expired token", "/read", "expired", 401, expired + `, scope="notes/read"`},
		{"MCP-02 all that is lacking at once", "/both", "none", 403, lacking + `, scope="notes/read notes/share notes/write"`},
		{"MCP-02 and what is there already", "/both", "notes/read", 403, lacking + `, scope="notes/read notes/share notes/write"`},
		{"MCP-02 the least of either", "/either", "none", 403, lacking + `, scope="notes/read"`},
		{"a token, where none will do", "/zero", "notes/read", 403, ""},
		{"a token, where nobody said what is needed", "/forgotten", "notes/read", 403, ""},
		{"a token, and nothing there", "/nothing", "notes/read", 404, ""},
		{"a token, where any will do", "/any", "none", 204, ""},
		{"MCP-05 a scope that includes the one that is needed", "/read", "notes/admin", 204, ""},
		{"MCP-05 and not what it does not include", "/both", "notes/admin", 403, lacking + `, scope="notes/read notes/share notes/write"`},
		{"MCP-05 together with what it does not include", "/both", "notes/admin.notes/share", 204, ""},
		{"MCP-05 not the other way round", "/either", "notes/write", 403, lacking + `, scope="notes/read"`},
		{"no token on a public route", "/public", "", 204, ""},
		{"an expired token on a public route", "/public", "expired", 204, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := get(policy, row.path, row.token)
			if got := w.Header().Get("WWW-Authenticate"); w.Code != row.status || got != row.challenge {
				t.Errorf("%d %s\nwant %d %s", w.Code, got, row.status, row.challenge)
			}
		})
	}
}

// R9700-02: what a token may do is judged at every request, however often the
// same token was admitted elsewhere.
func TestATokenIsJudgedAtEveryRoute(t *testing.T) {
	token := &middleware.Token{Issuer: "https://as.example", Scopes: []string{"read"}}
	remembers := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return token, nil // the very same, as from a cache
	})
	mux := serving("/read", "/write")
	policy, err := scopes.Routes{"/read": scopes.All("read"), "/write": scopes.All("write")}.Handler(middleware.New(remembers, nil), mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if w := get(policy, "/read", "a"); w.Code != http.StatusNoContent {
			t.Errorf("R9700-02 the route that it is for: %d", w.Code)
		}
		if w := get(policy, "/write", "a"); w.Code != http.StatusForbidden || !strings.Contains(w.Header().Get("WWW-Authenticate"), `scope="write"`) {
			t.Errorf("R9700-02 another route: %d %v", w.Code, w.Header())
		}
	}
}

// Every guarded request is told of once by the guard and once by its
// requirement, under its pattern; and outer middleware learns the pattern, of
// requests that are refused too.
func TestEventsOfRoutes(t *testing.T) {
	var events []middleware.Event
	guard := middleware.New(granted, &middleware.Options{Observe: func(_ context.Context, e middleware.Event) { events = append(events, e) }})
	mux := serving("GET /notes/{id}", "/zero", "/forgotten/{x}", "/public/")
	policy, err := scopes.Routes{"GET /notes/{id}": scopes.All("read"), "/zero": {}, "/public/": scopes.Public()}.Handler(guard, mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, path, token string
		pattern           string
		events            []string // Op and Reason
	}{
		{"admitted", "/notes/1", "read", "GET /notes/{id}", []string{"authenticate ok", "authorize ok"}},
		{"no token", "/notes/1", "", "GET /notes/{id}", []string{"authenticate no_token"}},
		{"too little", "/notes/1", "none", "GET /notes/{id}", []string{"authenticate ok", "authorize insufficient_scope"}},
		{"the zero Requirement", "/zero", "read", "/zero", []string{"authenticate ok", "authorize no_policy"}},
		{"no row", "/forgotten/a", "read", "/forgotten/{x}", []string{"authenticate ok", "authorize no_policy"}},
		{"no row and no token", "/forgotten/a", "", "/forgotten/{x}", []string{"authenticate no_token"}},
		{"no pattern", "/nothing", "read", "", []string{"authenticate ok"}},
		{"public", "/public/a", "read", "/public/", nil},
		{"dots in disguise", "/public/%2e%2e/zero", "read", "/public/", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			events = nil
			r := httptest.NewRequest("GET", row.path, nil)
			if row.token != "" {
				r.Header.Set("Authorization", "Bearer "+row.token)
			}
			policy.ServeHTTP(httptest.NewRecorder(), r)
			if r.Pattern != row.pattern {
				t.Errorf("r.Pattern is %q", r.Pattern)
			}
			var got []string
			for _, e := range events {
				got = append(got, fmt.Sprintf("%s %s", e.Op, e.Reason))
				if e.Route != row.pattern {
					t.Errorf("the route of %s is %q", e.Op, e.Route)
				}
			}
			if !slices.Equal(got, row.events) {
				t.Errorf("events %q, want %q", got, row.events)
			}
		})
	}
}

// Under AllowAnonymous too, only Public rows are open.
func TestAnonymousRequestsAtRoutes(t *testing.T) {
	guard := middleware.New(granted, &middleware.Options{AllowAnonymous: true})
	mux := serving("/read", "/any", "/zero", "/forgotten", "/public")
	policy, err := scopes.Routes{"/read": scopes.All("read"), "/any": scopes.All(), "/zero": {}, "/public": scopes.Public()}.Handler(guard, mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/read": 401, "/any": 401, "/zero": 401, "/forgotten": 401, "/public": 204, "/nothing": 404,
	} {
		if w := get(policy, path, ""); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestEmptyRoutesRefuseEverything(t *testing.T) {
	for name, table := range map[string]scopes.Routes{"empty": {}, "nil": nil} {
		t.Run(name, func(t *testing.T) {
			mux := serving("/", "GET /a")
			policy, err := table.Handler(scopeGuard, mux.ServeMux)
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/", "/a", "/b/c"} {
				if w := get(policy, path, "a"); w.Code != http.StatusForbidden || w.Header().Get("WWW-Authenticate") != "" {
					t.Errorf("%s: %d %v", path, w.Code, w.Header())
				}
				if w := get(policy, path, ""); w.Code != http.StatusUnauthorized {
					t.Errorf("%s without a token: %d", path, w.Code)
				}
			}
			if mux.reached != nil || table.String() != "" || table.Scopes() != nil {
				t.Errorf("reached %v, %q, %v", mux.reached, table, table.Scopes())
			}
		})
	}
}

// What is done to the table after Handler changes nothing, and what is
// registered after it is refused.
func TestRoutesAreFixedOnceServed(t *testing.T) {
	mux := serving("/a", "/b/c", "/{x}")
	table := scopes.Routes{"/a": scopes.All("admin"), "/b/c": scopes.All("admin"), "/{x}": scopes.Public()}
	policy, err := table.Handler(scopeGuard, mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	table["/a"], table["/b/c"], table["/late"] = scopes.Public(), scopes.Public(), scopes.Public()
	mux.HandleFunc("/late", func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	for _, path := range []string{"/a", "/b/c", "/b%2Fc"} {
		if w := get(policy, path, ""); w.Code != http.StatusUnauthorized {
			t.Errorf("%s, whose row became public later: %d", path, w.Code)
		}
	}
	if w := get(policy, "/late", "admin"); w.Code != http.StatusForbidden {
		t.Errorf("a pattern that came later: %d", w.Code)
	}
}

func TestScopesOfRoutes(t *testing.T) {
	h := scopes.Implies{"admin": {"read"}, "root": {"admin"}}
	got := scopes.Routes{
		"/1": h.All("write", "read"),
		"/2": h.Any("read", "admin").User().MaxAge(3600e9),
		"/3": scopes.Public(),
		"/4": {},
		"/5": scopes.All(),
		"/6": scopes.All("a", "a"),
	}.Scopes()
	if want := []string{"a", "admin", "read", "write"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRoutesWithoutGuardOrMuxPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"no guard": func() { _, _ = scopes.Routes{}.Handler(nil, http.NewServeMux()) },
		"no mux":   func() { _, _ = scopes.Routes{}.Handler(scopeGuard, nil) },
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, f) })
	}
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if message, _ := recover().(string); !strings.HasPrefix(message, "scopes: ") {
			t.Errorf("panic %q does not say where", message)
		}
	}()
	f()
}

// One policy serves many at once, each by its own token.
func TestRoutesServeConcurrently(t *testing.T) {
	h := scopes.Implies{"admin": {"read", "write"}}
	mux, table := http.NewServeMux(), scopes.Routes{}
	for _, s := range []string{"read", "write", "admin"} {
		mux.HandleFunc("/"+s+"/{id}", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("ID", r.PathValue("id")) })
		table["/"+s+"/{id}"] = h.All(s)
	}
	policy, err := table.Handler(scopeGuard, mux)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for token, allowed := range map[string]string{"read": "read", "write": "write", "admin": "read write admin", "none": "", "": ""} {
		for range 2 {
			all.Go(func() {
				for i := range 50 {
					for _, s := range []string{"read", "write", "admin"} {
						id, want := fmt.Sprint(i), 403
						switch {
						case token == "":
							want = 401
						case strings.Contains(allowed, s):
							want = 200
						}
						w := get(policy, "/"+s+"/"+id, token)
						if w.Code != want || want == 200 && w.Header().Get("ID") != id {
							t.Errorf("%s with %q: %d %v", s, token, w.Code, w.Header())
						}
					}
				}
			})
		}
	}
	all.Wait()
}

// Where a path counts as that of two routes, the first refusal already names the
// scopes of both (MCP-02).
func TestAPathOfTwoRoutesNamesTheScopesOfBoth(t *testing.T) {
	mux := serving("/notes/{id}", "/notes/a/b", "/open/{id}", "/open/a/b")
	policy, err := scopes.Routes{
		"/notes/{id}": scopes.All("read"), "/notes/a/b": scopes.All("admin"),
		"/open/{id}": scopes.Public(), "/open/a/b": scopes.All("admin"),
	}.Handler(middleware.New(granted, nil), mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path, token, scope string
		status             int
	}{
		{"/notes/a%2Fb", "", `scope="read admin"`, 401},
		{"/notes/a%2Fb", "none", `scope="read admin"`, 403},
		{"/notes/a%2Fb", "admin", `scope="read admin"`, 403},
		{"/notes/a%2Fb", "read", `scope="read admin"`, 403},
		{"/open/a%2Fb", "", `scope="admin"`, 401},
		{"/open/a%2Fb", "read", `scope="admin"`, 403},
		{"/open/a%2Fb", "admin", "", 204},
		{"/open/a%2Fc", "", "", 204},
	} {
		w := get(policy, row.path, row.token)
		if w.Code != row.status || !strings.Contains(w.Header().Get("WWW-Authenticate"), row.scope) {
			t.Errorf("%s with %q: %d %v", row.path, row.token, w.Code, w.Header())
		}
	}
}

// So does the hierarchy: what one route's scope includes is not asked for beside
// it.
func TestAPathOfTwoRoutesNamesTheLeastForBoth(t *testing.T) {
	h := scopes.Implies{"admin": {"read"}}
	mux := serving("/files/{name}", "/files/x/secret")
	policy, err := scopes.Routes{"/files/{name}": h.All("read"), "/files/x/secret": h.All("admin")}.Handler(middleware.New(granted, nil), mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	if w := get(policy, "/files/x%2Fsecret", ""); w.Code != 401 || !strings.Contains(w.Header().Get("WWW-Authenticate"), `scope="admin"`) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := get(policy, "/files/x%2Fsecret", "admin"); w.Code != http.StatusNoContent {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
