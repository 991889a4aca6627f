package middleware_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// described is a guard with the metadata of an API, changed by change.
func described(change func(*middleware.Metadata, *middleware.Options)) *middleware.Guard {
	m := &middleware.Metadata{Resource: "https://rs.example/api", AuthorizationServers: []string{issuer}}
	opts := &middleware.Options{Metadata: m}
	if change != nil {
		change(m, opts)
	}
	return middleware.New(newFakeVerifier(), opts)
}

// document returns the metadata that g serves, as text and by member.
func document(t *testing.T, g *middleware.Guard) (string, map[string]any) {
	t.Helper()
	_, h := g.Metadata()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Code, 200)
	var members map[string]any
	d := json.NewDecoder(strings.NewReader(w.Body.String()))
	if err := d.Decode(&members); err != nil || d.More() {
		t.Fatalf("not one JSON object: %v\n%s", err, w.Body)
	}
	return w.Body.String(), members
}

// pointer is the resource_metadata of the answer to no credentials.
func pointer(t *testing.T, g *middleware.Guard) string {
	t.Helper()
	w := httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	equal(t, w.Code, 401)
	c, err := parseChallenge(w.Header().Get("WWW-Authenticate"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Params {
		if p.Name == "resource_metadata" {
			return p.Value
		}
	}
	return ""
}

// What a client does that knows the resource: it computes the well-known URL,
// or takes it from a challenge, asks there, and compares resource byte by byte.
func TestMetadataIsWhereClientsLookForIt(t *testing.T) {
	for _, row := range []struct{ name, resource, origin, suffix string }{
		{"R9728-01 a path", "https://rs.example/api", "https://rs.example", "/api"},
		{"R9728-01 a longer path", "https://rs.example/a/b", "https://rs.example", "/a/b"},
		{"R9728-01 no path", "https://rs.example", "https://rs.example", ""},
		{"R9728-01 a lone slash is dropped", "https://rs.example/", "https://rs.example", ""},
		{"R9728-01 a slash at the end of a path is not", "https://rs.example/api/", "https://rs.example", "/api/"},
		{"R9728-01 a port", "https://rs.example:8443/api", "https://rs.example:8443", "/api"},
		{"R9728-03 spelled in capitals", "HTTPS://RS.example:443/API", "HTTPS://RS.example:443", "/API"},
		{"R9728-03 an escaped slash", "https://rs.example/a%2Fb", "https://rs.example", "/a%2Fb"},
		{"R9728-03 an escape in small letters", "https://rs.example/caf%c3%a9", "https://rs.example", "/caf%c3%a9"},
		{"R9728-03 an escape that nobody needs", "https://rs.example/%7Ebob", "https://rs.example", "/%7Ebob"},
		{"R9728-03 escaped braces, which are wildcards elsewhere", "https://rs.example/%7B$%7D", "https://rs.example", "/%7B$%7D"},
		{"R9728-03 an escaped space", "https://rs.example/a%20b", "https://rs.example", "/a%20b"},
		{"R9728-03 characters that JSON and HTML care for", "https://rs.example/a&b'c;d=e", "https://rs.example", "/a&b'c;d=e"},
		{"R9728-03 plain http on loopback", "http://127.0.0.1:8080/api", "http://127.0.0.1:8080", "/api"},
		{"R9728-03 plain http on loopback, IPv6", "http://[::1]:8080/api", "http://[::1]:8080", "/api"},
		{"R9728-03 plain http on localhost", "http://localhost/api", "http://localhost", "/api"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := described(func(m *middleware.Metadata, _ *middleware.Options) { m.Resource = row.resource })
			url := row.origin + "/.well-known/oauth-protected-resource" + row.suffix
			equal(t, pointer(t, g), url)

			mux := http.NewServeMux()
			mux.Handle(g.Metadata())
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource"+row.suffix, nil))
			equal(t, w.Code, 200)
			if want := `"resource":"` + row.resource + `"`; !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s, want %s in it", w.Body, want)
			}
		})
	}
}

// R9728-13: the suffix decides, whole.
func TestMetadataIsNowhereElse(t *testing.T) {
	g := described(nil)
	slash := described(func(m *middleware.Metadata, _ *middleware.Options) { m.Resource = "https://rs.example/dir/" })
	mux := http.NewServeMux()
	mux.Handle(g.Metadata())
	mux.Handle(slash.Metadata())
	const base = "/.well-known/oauth-protected-resource"
	for _, row := range []struct {
		name, path string
		status     int
	}{
		{"R9728-13 no suffix", base, 404},
		{"R9728-13 a lone slash", base + "/", 404},
		{"R9728-13 another", base + "/other", 404},
		{"R9728-13 a longer one", base + "/api/v2", 404},
		{"R9728-13 a slash too many", base + "/api/", 404},
		{"R9728-13 another case", base + "/API", 404},
		{"R9728-13 the beginning of one", base + "/ap", 404},
		{"R9728-13 the suffix before the well-known path", "/api" + base, 404},
		{"R9728-13 below one that ends in a slash", base + "/dir/x", 404},
		{"R9728-13 itself", base + "/api", 200},
		{"R9728-13 itself, with a slash", base + "/dir/", 200},
		// ServeMux sends those who forgot the slash to the right URL.
		{"a slash too few", base + "/dir", http.StatusTemporaryRedirect},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest("GET", row.path, nil))
			equal(t, w.Code, row.status)
		})
	}
}

// R9728-13: two resources on one host, whose tokens are not the same.
func TestTwoResourcesOnOneHost(t *testing.T) {
	mux := http.NewServeMux()
	for _, r := range []struct{ path, server string }{{"", "https://a.example"}, {"/mcp", "https://b.example"}, {"/mcp/", "https://c.example"}} {
		mux.Handle(described(func(m *middleware.Metadata, _ *middleware.Options) {
			m.Resource, m.AuthorizationServers = "https://rs.example"+r.path, []string{r.server}
		}).Metadata())
	}
	for path, want := range map[string]string{
		"":      `{"authorization_servers":["https://a.example"],"bearer_methods_supported":["header"],"resource":"https://rs.example"}`,
		"/mcp":  `{"authorization_servers":["https://b.example"],"bearer_methods_supported":["header"],"resource":"https://rs.example/mcp"}`,
		"/mcp/": `{"authorization_servers":["https://c.example"],"bearer_methods_supported":["header"],"resource":"https://rs.example/mcp/"}`,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource"+path, nil))
		equal(t, w.Body.String(), want+"\n")
	}
}

func TestTheMembersOfMetadata(t *testing.T) {
	always := map[string]any{
		"resource":                 "https://rs.example/api",
		"authorization_servers":    []any{issuer},
		"bearer_methods_supported": []any{"header"},
	}
	type members = map[string]any
	for _, row := range []struct {
		name   string
		change func(*middleware.Metadata, *middleware.Options)
		more   members
	}{
		{"R9728-04 what has no value is left out", nil, nil},
		{"R9728-04 so is what is there and empty", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Scopes = []string{}
			m.Extra = members{"a": nil, "b": "", "c": []string{}, "d": members{}, "e": json.RawMessage(" [ ] "), "f": []string(nil)}
		}, nil},
		{"R9728-04 but not what is false or zero", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Extra = members{"a": false, "b": 0}
		}, members{"a": false, "b": 0.0}},
		{"R9728-05, MCP-01 issuers as they are configured", func(m *middleware.Metadata, _ *middleware.Options) {
			m.AuthorizationServers = []string{"https://as.example/", "HTTPS://AS.example/t%c3%a9", "https://as.example"}
		}, members{"authorization_servers": []any{"https://as.example/", "HTTPS://AS.example/t%c3%a9", "https://as.example"}}},
		{"R9728-06 scopes and names", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Scopes, m.Name, m.Documentation = []string{"write", "read"}, `Notes & "more"`, "https://docs.example/notes?v=2"
			m.Extra = members{
				"resource_name#fr": "Notes, fran\u00e7ais", "resource_tos_uri": "https://rs.example/tos",
				"resource_policy_uri": "https://rs.example/privacy", "x_rate": 5, "x_nested": members{"a": []int{1}},
			}
		}, members{
			"scopes_supported": []any{"write", "read"}, "resource_name": `Notes & "more"`, "resource_documentation": "https://docs.example/notes?v=2",
			"resource_name#fr": "Notes, fran\u00e7ais", "resource_tos_uri": "https://rs.example/tos",
			"resource_policy_uri": "https://rs.example/privacy", "x_rate": 5.0, "x_nested": members{"a": []any{1.0}},
		}},
		{"R9728-06 a scope that is named twice", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Scopes = []string{"read", "write", "read"}
		}, members{"scopes_supported": []any{"read", "write"}}},
		{"MCP-06 not offline_access", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Scopes = []string{"read", "offline_access"}
		}, members{"scopes_supported": []any{"read"}}},
		{"MCP-06 not even alone", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Scopes = []string{"offline_access"}
		}, nil},
		{"R9728-08 keys and algorithms of signed answers", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Extra = members{"jwks_uri": "https://rs.example/jwks", "resource_signing_alg_values_supported": []string{"ES256"}}
		}, members{"jwks_uri": "https://rs.example/jwks", "resource_signing_alg_values_supported": []any{"ES256"}}},
		{"R9728-09 types of authorization details", func(m *middleware.Metadata, _ *middleware.Options) {
			m.Extra = members{"authorization_details_types_supported": []string{"payment"}}
		}, members{"authorization_details_types_supported": []any{"payment"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := maps.Clone(always)
			maps.Copy(want, row.more)
			_, got := document(t, described(row.change))
			equal(t, got, want)
		})
	}
}

// Whoever configured a guard may go on using what it was made of: nothing of it
// reaches a client later.
func TestMetadataIsFixedWhenTheGuardIsMade(t *testing.T) {
	list, scopes := []string{issuer}, []string{"read", "write"}
	nested := map[string]any{"a": []string{"1"}}
	m := &middleware.Metadata{
		Resource: "https://rs.example/api", AuthorizationServers: list, Scopes: scopes, Name: "Notes",
		Extra: map[string]any{"x": nested},
	}
	opts := &middleware.Options{Metadata: m}
	g := middleware.New(newFakeVerifier(), opts)
	before, _ := document(t, g)
	url := pointer(t, g)

	list[0], scopes[0] = "https://evil.example", "admin"
	nested["a"] = "changed"
	m.Extra["y"] = 1
	m.Resource, m.Name = "https://evil.example", "Evil"
	*opts = middleware.Options{}

	for name, g := range map[string]*middleware.Guard{"the guard": g, "a copy of it": g.For("GET /", "read")} {
		after, _ := document(t, g)
		equal(t, after, before)
		if got := pointer(t, g); got != url {
			t.Errorf("%s: challenges point at %s", name, got)
		}
	}
	equal(t, scopes, []string{"admin", "write"})
}

// R9728-12: For's copies serve the same bytes under the same pattern.
func TestCopiesServeTheSameMetadata(t *testing.T) {
	g := described(nil)
	f := g.For("GET /a", "read").For("GET /b", "")
	want, wantHandler := g.Metadata()
	got, gotHandler := f.Metadata()
	equal(t, got, want)
	if gotHandler != wantHandler {
		t.Error("another handler")
	}
}

// R9728-11, R9728-12: what a handler puts into a refusal, perhaps from a request,
// does not lead clients elsewhere.
func TestARefusalCannotNameOtherMetadata(t *testing.T) {
	w := httptest.NewRecorder()
	described(nil).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		middleware.Deny(w, r, &middleware.Error{Code: middleware.InsufficientScope, Params: []middleware.Param{
			{Name: "resource_metadata", Value: "https://evil.example"}, {Name: "Resource_Metadata", Value: "https://evil.example"},
			{Name: "realm", Value: "evil"}, {Name: "error", Value: "evil"}, {Name: `x="", resource_metadata`, Value: "https://evil.example"},
			{Name: "x", Value: `", resource_metadata="https://evil.example`},
		}})
	})).ServeHTTP(w, bearer("good"))
	equal(t, w.Header()["Www-Authenticate"], []string{`Bearer realm="api", ` +
		`resource_metadata="https://rs.example/.well-known/oauth-protected-resource/api", error="insufficient_scope", ` +
		`x="\", resource_metadata=\"https://evil.example"`})
}

func TestMetadataWithoutMetadataPanics(t *testing.T) {
	defer func() {
		equal(t, recover(), any("middleware: Guard.Metadata without Options.Metadata"))
	}()
	middleware.New(newFakeVerifier(), nil).Metadata()
}

// mistakes returns what New says of metadata that could not be served, a line
// each.
func mistakes(t *testing.T, change func(*middleware.Metadata, *middleware.Options)) []string {
	t.Helper()
	var text any
	func() {
		defer func() { text = recover() }()
		described(change)
	}()
	if text == nil {
		return nil
	}
	lines := strings.Split(text.(string), "\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, "middleware: Metadata: ") {
			t.Errorf("%q does not say where it comes from", line)
		}
	}
	return lines
}

func TestMetadataThatCouldNotBeServed(t *testing.T) {
	resource := func(s string) func(*middleware.Metadata, *middleware.Options) {
		return func(m *middleware.Metadata, _ *middleware.Options) { m.Resource = s }
	}
	server := func(s string) func(*middleware.Metadata, *middleware.Options) {
		return func(m *middleware.Metadata, _ *middleware.Options) { m.AuthorizationServers = []string{issuer, s} }
	}
	extra := func(name string, value any) func(*middleware.Metadata, *middleware.Options) {
		return func(m *middleware.Metadata, _ *middleware.Options) { m.Extra = map[string]any{name: value} }
	}
	const badServer = "an authorization server that is not an https URL without query and fragment"
	for _, row := range []struct {
		name   string
		change func(*middleware.Metadata, *middleware.Options)
		want   string
	}{
		{"no resource", resource(""), "Resource: is missing"},
		{"R9728-03 plain http", resource("http://rs.example/api"), "Resource: is not https"},
		{"R9728-03 plain http, and a name that begins like loopback", resource("http://localhost.example/"), "Resource: is not https"},
		{"R9728-03 another scheme", resource("ftp://rs.example/"), "Resource: is not https"},
		{"R9728-03 a fragment", resource("https://rs.example/api#f"), "Resource: has a fragment"},
		{"R9728-03 an empty fragment", resource("https://rs.example/api#"), "Resource: has a fragment"},
		{"R9728-01 a query, which no pattern of a mux can tell apart", resource("https://rs.example/api?t=1"), "Resource: has a query"},
		{"R9728-01 an empty query", resource("https://rs.example/api?"), "Resource: has a query"},
		{"relative", resource("/api"), "Resource: is not an absolute URL"},
		{"no host", resource("https:///api"), "Resource: is not an absolute URL"},
		{"a port alone", resource("https://:443/api"), "Resource: is not an absolute URL"},
		{"a password", resource("https://u:p@rs.example/api"), "Resource: is not an absolute URL"},
		{"an empty user", resource("https://@rs.example/api"), "Resource: is not an absolute URL"},
		{"no hierarchy", resource("urn:example:api"), "Resource: is not an absolute URL"},
		// A challenge cannot carry it, and would name https://caf.example.
		{"a host beyond ASCII", resource("https://caf\u00e9.example/api"), "Resource: has a character that no URL has"},
		{"a host with a quote", resource(`https://rs".example/api`), "Resource: has a character that no URL has"},
		{"a path beyond ASCII", resource("https://rs.example/caf\u00e9"), "Resource: has a character that no URL has"},
		{"a path with a space", resource("https://rs.example/a b"), "Resource: has a character that no URL has"},
		{"a path with a wildcard", resource("https://rs.example/{id}"), "Resource: a path that cannot be routed"},
		{"a path with the end of a pattern", resource("https://rs.example/a/{$}"), "Resource: a path that cannot be routed"},
		{"a path with a dot segment", resource("https://rs.example/a/../b"), "Resource: a path that cannot be routed"},
		{"a path with a dot at its end", resource("https://rs.example/a/."), "Resource: a path that cannot be routed"},
		{"a path with a dot segment in disguise", resource("https://rs.example/a/%2e%2E/b"), "Resource: a path that cannot be routed"},
		{"a path with a dot segment behind an escaped slash", resource("https://rs.example/a%2F../b"), "Resource: a path that cannot be routed"},
		{"a path with two slashes", resource("https://rs.example/a//b"), "Resource: a path that cannot be routed"},
		{"a path of two slashes", resource("https://rs.example//"), "Resource: a path that cannot be routed"},
		{"MCP-01 no authorization server", func(m *middleware.Metadata, _ *middleware.Options) { m.AuthorizationServers = nil }, "no AuthorizationServers"},
		{"an authorization server that is empty", server(""), badServer},
		{"an authorization server with plain http", server("http://as.example"), badServer},
		{"an authorization server with a query", server("https://as.example?t=1"), badServer},
		{"an authorization server with an empty query", server("https://as.example?"), badServer},
		{"an authorization server with a fragment", server("https://as.example#t"), badServer},
		{"an authorization server beyond ASCII, which JSON would change", server("https://as.example/\xff"), badServer},
		{"two scopes in one", func(m *middleware.Metadata, _ *middleware.Options) { m.Scopes = []string{"a b"} }, `"a b" is not a scope-token`},
		{"an empty scope", func(m *middleware.Metadata, _ *middleware.Options) { m.Scopes = []string{""} }, `"" is not a scope-token`},
		{"a scope with a quote", func(m *middleware.Metadata, _ *middleware.Options) { m.Scopes = []string{`a"`} }, `is not a scope-token`},
		{"a page for developers with plain http", func(m *middleware.Metadata, _ *middleware.Options) { m.Documentation = "http://docs.example" }, "Documentation: is not https"},
		{"R9728-08 jwks_uri with plain http", extra("jwks_uri", "http://rs.example/jwks"), "Extra: jwks_uri is not https"},
		{"R9728-08 jwks_uri that is no text", extra("jwks_uri", 1), "Extra: jwks_uri is missing"},
		{"R9728-08 none among the algorithms", extra("resource_signing_alg_values_supported", []string{"ES256", "none"}), "Extra: resource_signing_alg_values_supported is not"},
		{"R9728-08 algorithms that nobody can look at", extra("resource_signing_alg_values_supported", []any{"none"}), "Extra: resource_signing_alg_values_supported is not"},
		{"R9728-06 what is no JSON", extra("x", func() {}), "Extra: x is not JSON"},
		{"what the fields say", extra("resource", "https://evil.example"), "Extra: resource is said elsewhere"},
		{"in another case, which some decoders take for it", extra("Resource", "https://evil.example"), "Extra: Resource is said elsewhere"},
		{"with a letter that folds to one of it", extra("\u017fcopes_supported", []string{"admin"}), "is said elsewhere"},
		{"scopes where there are none", extra("scopes_supported", []string{"a"}), "Extra: scopes_supported is said elsewhere"},
		{"R9728-07 methods", extra("bearer_methods_supported", []string{"query"}), "Extra: bearer_methods_supported is said elsewhere"},
		{"R9728-09 whether proofs are required", extra("dpop_bound_access_tokens_required", false), "Extra: dpop_bound_access_tokens_required is said elsewhere"},
		{"R9728-09 algorithms of proofs", extra("dpop_signing_alg_values_supported", nil), "Extra: dpop_signing_alg_values_supported is said elsewhere"},
		{"R9728-09 certificates", extra("tls_client_certificate_bound_access_tokens", true), "Extra: tls_client_certificate_bound_access_tokens is said elsewhere"},
		{"a signature", extra("signed_metadata", "e30.e30."), "signed_metadata is not offered"},
		{"a signature in capitals", extra("SIGNED_METADATA", "e30.e30."), "signed_metadata is not offered"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := mistakes(t, row.change)
			if len(got) != 1 || !strings.Contains(got[0], row.want) {
				t.Errorf("%q, want %q alone", got, row.want)
			}
		})
	}
}

// Every mistake at once, each once, in the same order every time.
func TestAllMistakesOfMetadataAtOnce(t *testing.T) {
	change := func(m *middleware.Metadata, _ *middleware.Options) {
		*m = middleware.Metadata{
			Resource: "http://rs.example", Scopes: []string{"a b"}, Documentation: "x",
			Extra: map[string]any{"b": func() {}, "jwks_uri": "x", "resource": "", "signed_metadata": ""},
		}
	}
	got := mistakes(t, change)
	for _, want := range []string{
		"Resource: is not https", "no AuthorizationServers", `"a b" is not a scope-token`, "Documentation: is not an absolute URL",
		"Extra: b is not JSON", "Extra: jwks_uri is not an absolute URL", "Extra: resource is said elsewhere", "signed_metadata is not offered",
	} {
		n := 0
		for _, line := range got {
			if strings.Contains(line, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q %d times in %q", want, n, got)
		}
	}
	equal(t, len(got), 8)
	for range 8 {
		if again := mistakes(t, change); !slices.Equal(again, got) {
			t.Fatalf("another order: %q", again)
		}
	}
}
