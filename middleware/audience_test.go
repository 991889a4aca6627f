package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// resourceGuard guards one resource of a process, by JWTs of iss.
func resourceGuard(t *testing.T, iss *issuertest.Issuer, keys *jwks.KeySet, audience ...string) *middleware.Guard {
	t.Helper()
	v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: audience, KeySet: keys})
	if err != nil {
		t.Fatal(err)
	}
	return middleware.New(v, &middleware.Options{
		Metadata: &middleware.Metadata{Resource: audience[0], AuthorizationServers: []string{iss.URL}},
	})
}

// asked sends a token to a handler behind g.
func asked(g *middleware.Guard, token string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.Handler(ok).ServeHTTP(w, bearer(token))
	return w
}

// forOther is the refusal of a token for another resource.
func forOther(t *testing.T, w *httptest.ResponseRecorder, metadata string) {
	t.Helper()
	equal(t, w.Code, 401)
	c := w.Header().Get("WWW-Authenticate")
	if !strings.Contains(c, `error="invalid_token"`) || !strings.Contains(c, `resource_metadata="`+metadata+`"`) {
		t.Errorf("challenge %s", c)
	}
}

func TestTheAudienceIsTheResource(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	const a, b, alias = "https://rs.example/tenantA", "https://rs.example/tenantB", "https://old.example/a"
	const well = "https://rs.example/.well-known/oauth-protected-resource"
	keys, err := jwks.Discover(iss.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	guardA, guardB := resourceGuard(t, iss, keys, a, alias), resourceGuard(t, iss, keys, b)
	to := func(aud any) string { return iss.Token(map[string]any{"aud": aud}) }

	t.Run("R8707-01 any identifier of the resource will do", func(t *testing.T) {
		for _, aud := range []any{a, alias, []string{alias, "https://other.example"}, []string{b, a}} {
			equal(t, asked(guardA, to(aud)).Code, 200)
		}
		forOther(t, asked(guardA, to("https://other.example")), well+"/tenantA")
		forOther(t, asked(guardA, to([]string{})), well+"/tenantA")
	})
	t.Run("R8707-02 tenants are told apart by their path", func(t *testing.T) {
		equal(t, asked(guardA, to(a)).Code, 200)
		forOther(t, asked(guardB, to(a)), well+"/tenantB")
		for _, close := range []string{"https://rs.example/tenant", a + "/", "https://rs.example/tenanta", "https://rs.example", "https://RS.example/tenantA"} {
			forOther(t, asked(guardA, to(close)), well+"/tenantA")
		}
	})
	t.Run("R9700-01 at every request, whatever was accepted elsewhere before", func(t *testing.T) {
		token := to(a)
		for range 3 {
			equal(t, asked(guardA, token).Code, 200)
			forOther(t, asked(guardB, token), well+"/tenantB")
		}
		both := to([]string{a, b})
		equal(t, asked(guardB, both).Code, 200)
		equal(t, asked(guardA, both).Code, 200)
	})
	t.Run("R9700-01 in one request, the guard of one resource behind that of another", func(t *testing.T) {
		w := httptest.NewRecorder()
		guardA.Handler(guardB.Handler(unreachable(t))).ServeHTTP(w, bearer(to(a)))
		forOther(t, w, well+"/tenantB")
	})
	t.Run("R9700-01 by introspection too", func(t *testing.T) {
		iss.RegisterResource("rs", "s", a, b)
		guards := map[string]*middleware.Guard{}
		for _, audience := range []string{a, b} {
			v, err := introspect.NewVerifier(introspect.Config{
				Issuer: iss.URL, Audience: []string{audience}, Authenticate: introspect.Basic("rs", "s"),
			})
			if err != nil {
				t.Fatal(err)
			}
			guards[audience] = middleware.New(v, &middleware.Options{
				Metadata: &middleware.Metadata{Resource: audience, AuthorizationServers: []string{iss.URL}},
			})
		}
		token := iss.Opaque(map[string]any{"aud": a})
		for range 3 {
			equal(t, asked(guards[a], token).Code, 200)
			forOther(t, asked(guards[b], token), well+"/tenantB")
		}
	})
}

// An MCP server, of which the client knows nothing but the URL.
func TestAnMCPServer(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	mux, front := http.NewServeMux(), http.NewServeMux()
	server := httptest.NewServer(front) // its URL is part of the resource
	defer server.Close()
	resource := server.URL + "/mcp"
	guard := func() *middleware.Guard {
		v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{resource}})
		if err != nil {
			t.Fatal(err)
		}
		routes := scopes.Routes{"POST /mcp": scopes.All("tools:call", "tools:list")}
		return middleware.New(v, &middleware.Options{Metadata: &middleware.Metadata{
			Resource: resource, AuthorizationServers: []string{iss.URL}, Scopes: routes.Scopes(),
		}})
	}()
	pattern, document := guard.Metadata()
	mux.Handle(pattern, document)
	mux.HandleFunc("POST /mcp", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Mcp-Session-Id", "1868a90c") })
	routes := scopes.Routes{pattern: scopes.Public(), "POST /mcp": scopes.All("tools:call", "tools:list")}
	h, err := routes.Handler(guard, mux)
	if err != nil {
		t.Fatal(err)
	}
	front.Handle("/", h)
	url := server.URL + pattern
	token := func(claims map[string]any) []string {
		if claims["aud"] == nil {
			claims["aud"] = resource
		}
		return []string{"Authorization", "Bearer " + iss.Token(claims)}
	}
	good := token(map[string]any{"scope": "tools:list tools:call"})
	base := `Bearer realm="api", resource_metadata="` + url + `"`

	t.Run("MCP-01 the document is where a 401 says", func(t *testing.T) {
		resp, _ := send(t, server, "POST", "/mcp")
		equal(t, resp.StatusCode, 401)
		equal(t, strings.Contains(resp.Header.Get("WWW-Authenticate"), `resource_metadata="`+url+`"`), true)
		resp, body := send(t, server, "GET", strings.TrimPrefix(url, server.URL))
		equal(t, resp.StatusCode, 200)
		equal(t, body, `{"authorization_servers":["`+iss.URL+`"],"bearer_methods_supported":["header"],"resource":"`+resource+
			`","scopes_supported":["tools:call","tools:list"]}`+"\n")
	})
	t.Run("MCP-02 a 401 names the scope", func(t *testing.T) {
		resp, _ := send(t, server, "POST", "/mcp")
		equal(t, resp.Header["Www-Authenticate"], []string{base + `, scope="tools:call tools:list"`})
	})
	t.Run("MCP-02 a 403 names error, every scope and the document", func(t *testing.T) {
		resp, _ := send(t, server, "POST", "/mcp", token(map[string]any{"scope": "tools:list"})...)
		equal(t, resp.StatusCode, 403)
		equal(t, resp.Header["Www-Authenticate"], []string{base + `, error="insufficient_scope"` +
			`, error_description="The access token does not grant the scope that this operation needs", scope="tools:call tools:list"`})
	})
	t.Run("MCP-03 a token for this server", func(t *testing.T) {
		resp, _ := send(t, server, "POST", "/mcp", good...)
		equal(t, resp.StatusCode, 200)
	})
	t.Run("MCP-03 a token for another", func(t *testing.T) {
		for _, aud := range []any{server.URL, resource + "/", "https://other.example/mcp", []string{iss.URL}} {
			resp, _ := send(t, server, "POST", "/mcp", token(map[string]any{"scope": "tools:list tools:call", "aud": aud})...)
			equal(t, resp.StatusCode, 401)
			equal(t, strings.Contains(resp.Header.Get("WWW-Authenticate"), `error="invalid_token"`), true)
		}
	})
	t.Run("MCP-03 a session is no token", func(t *testing.T) {
		first, _ := send(t, server, "POST", "/mcp", good...)
		session := first.Header.Get("Mcp-Session-Id")
		equal(t, session, "1868a90c")
		resp, _ := send(t, server, "POST", "/mcp", "Mcp-Session-Id", session)
		equal(t, resp.StatusCode, 401)
		equal(t, resp.Header["Www-Authenticate"], []string{base + `, scope="tools:call tools:list"`})
		resp, _ = send(t, server, "POST", "/mcp", append(good, "Mcp-Session-Id", session)...)
		equal(t, resp.StatusCode, 200)
	})
	t.Run("R9728-14 the document can be asked for by a page, preflight included", func(t *testing.T) {
		resp, _ := send(t, server, "OPTIONS", strings.TrimPrefix(url, server.URL), "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
		equal(t, resp.StatusCode, 204)
		equal(t, resp.Header.Get("Access-Control-Allow-Origin"), "*")
	})
}

// MCP-06: what a guard is told to challenge for, without offline_access.
func TestNoChallengeAsksForOfflineAccess(t *testing.T) {
	g := middleware.New(newFakeVerifier(), &middleware.Options{Bindings: []middleware.Binding{fakeDPoP{}}})
	for _, row := range []struct {
		name, route, denied string
		want                string // in each challenge that names a scope
	}{
		{"MCP-06 of a route", "offline_access read", "", `scope="read"`},
		{"MCP-06 of a route, in the middle", "read offline_access write", "", `scope="read write"`},
		{"MCP-06 of a route, alone", "offline_access", "", ""},
		{"MCP-06 of a handler", "", "write offline_access", `scope="write"`},
		{"MCP-06 of a handler, alone", "", "offline_access", ""},
		{"a scope that holds the word is another", "offline_access:all", "", `scope="offline_access:all"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := g.For("GET /", row.route)
			next := unreachable(t)
			r := httptest.NewRequest("GET", "/", nil)
			if row.denied != "" {
				r = bearer("good")
				next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					middleware.Deny(w, r, &middleware.Error{Code: middleware.InsufficientScope, Scope: row.denied})
				})
			}
			w := httptest.NewRecorder()
			f.Handler(next).ServeHTTP(w, r)
			if w.Code != 401 && w.Code != 403 {
				t.Errorf("status %d", w.Code)
			}
			for _, c := range w.Header()["Www-Authenticate"] {
				_, scope, _ := strings.Cut(c, `scope="`)
				if scope != "" {
					scope = `scope="` + scope
				}
				if !strings.HasSuffix(scope, row.want) || (scope == "") != (row.want == "") {
					t.Errorf("%s, want %s", c, row.want)
				}
			}
		})
	}
}
