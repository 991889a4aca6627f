package scopes_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// Requests that are to be taken for others, byte for byte as they reach a
// server. What answers is the handler's pattern; the token grants "read".
func TestTraps(t *testing.T) {
	var mu sync.Mutex
	var routes []string // that events named
	guard := middleware.New(granted, &middleware.Options{Observe: func(_ context.Context, e middleware.Event) {
		mu.Lock()
		defer mu.Unlock()
		routes = append(routes, e.Route)
	}})
	mux := http.NewServeMux()
	table := scopes.Routes{
		"GET /open/":                 scopes.Public(),
		"GET /open/admin":            scopes.All("admin"),
		"GET /notes/{id}":            scopes.All("read"),
		"GET /notes/{id}/{$}":        scopes.All("admin"),
		"POST /notes/{id}":           scopes.All("write"),
		"/tree/":                     scopes.Public(),
		"/deep/{a}/{b}/":             scopes.Public(),
		"/files/{path...}":           scopes.Public(),
		"/files/secret":              scopes.All("admin"),
		"/files/{path}/secret":       scopes.All("admin"),
		"api.example/":               scopes.All("read"),
		"api.example/open/":          scopes.Public(),
		"CONNECT /tunnel/":           scopes.All("read"),
		"CONNECT proxy.example:443/": scopes.Public(),
		"CONNECTED.example/":         scopes.Public(),
		"/zero":                      {},
		"HEAD /head":                 scopes.Public(),
		"GET /{$}":                   scopes.Public(),
		"/a%2Fb":                     scopes.Public(),
		"/a/b":                       scopes.All("admin"),
		"/c%2Fb":                     scopes.Public(),
		"CONNECT /c%2Fd":             scopes.Public(),
		"/c/d":                       scopes.Public(),
	}
	patterns := []string{"/forgotten/", "GET /open/forgotten", "DELETE /notes/{id}"}
	for p := range table {
		patterns = append(patterns, p)
	}
	for _, p := range patterns {
		mux.HandleFunc(p, func(w http.ResponseWriter, r *http.Request) {
			if r.Pattern != p {
				t.Errorf("the handler of %q is told %q", p, r.Pattern)
			}
			w.Header().Set("Reached", p)
		})
	}
	policy, err := table.Handler(guard, mux)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		policy.ServeHTTP(w, r)
		mu.Lock()
		defer mu.Unlock()
		routes = append(routes, r.Pattern)
	}))
	server.Config.DisableGeneralOptionsHandler = true // "OPTIONS *" reaches the policy
	server.Start()
	defer server.Close()

	const any = "any.example"
	for _, row := range []struct {
		name    string
		line    string // without the version
		host    string
		with    string // status and handler with the token that grants read
		without string // the same without a token
	}{
		{"a public route", "GET /open/x", any, "200 GET /open/", "200 GET /open/"},
		{"HEAD for GET", "HEAD /open/x", any, "200 GET /open/", "200 GET /open/"},
		{"HEAD for GET of a route with a requirement", "HEAD /notes/1", any, "200 GET /notes/{id}", "401"},
		{"HEAD for GET of a route that needs more", "HEAD /open/admin", any, "403", "401"},
		{"GET of a pattern for HEAD", "GET /head", any, "405", "401"},
		{"HEAD of a pattern for HEAD", "HEAD /head", any, "200 HEAD /head", "200 HEAD /head"},
		{"another method of a public route", "POST /open/x", any, "405", "401"},
		{"a method in lower case", "get /open/x", any, "405", "401"},
		{"a method that nobody knows", "!#$%&'*+-.^_`|~ /tree/x", any, "200 /tree/", "200 /tree/"},
		{"a path that nobody serves", "GET /nothing", any, "404", "401"},
		{"a pattern that was forgotten", "GET /forgotten/x", any, "403", "401"},
		{"a pattern that was forgotten, in an open tree", "GET /open/forgotten", any, "403", "401"},
		{"a method that was forgotten", "DELETE /notes/1", any, "403", "401"},
		{"a row with the zero Requirement", "GET /zero", any, "403", "401"},
		{"the redirect to a pattern that was forgotten", "GET /forgotten", any, "403", "401"},

		{"dots in disguise", "GET /open/%2e%2e/admin", any, "400", "400"},
		{"one dot in disguise", "GET /open/%2e/admin", any, "400", "400"},
		{"dots in capitals", "GET /open/%2E%2E/zero", any, "400", "400"},
		{"half a disguise", "GET /open/.%2e/zero", any, "400", "400"},
		{"dots and a slash in disguise", "GET /open/..%2fzero", any, "400", "400"},
		{"dots between slashes in disguise", "GET /open/a%2f..%2f..%2fzero", any, "400", "400"},
		{"dots at the end", "GET /files/x/%2e%2e", any, "400", "400"},
		{"dots in a wildcard", "GET /notes/%2e%2e", any, "400", "400"},
		{"dots on another host", "GET /open/%2e%2e/notes/1", "api.example", "400", "400"},
		{"dots by POST to any method", "POST /tree/%2e%2e/zero", any, "400", "400"},
		{"dots as they are: cleaned by a redirect to a route that needs more", "GET /open/../open/admin", any, "403", "401"},
		{"dots as they are: cleaned by a redirect to a public one", "GET /zero/../open/x", any, "307", "307"},
		{"dots as they are, and others in disguise", "GET /open/../tree/%2e%2e/zero", any, "403", "401"},
		{"one dot as it is", "GET /open/./x", any, "307", "307"},
		{"dots beyond the root", "GET /../../open/x", any, "307", "307"},
		{"more than two dots are a name", "GET /open/.../x", any, "200 GET /open/", "200 GET /open/"},
		{"a name that begins with dots", "GET /open/..x/.well-known", any, "200 GET /open/", "200 GET /open/"},
		{"dots that are disguised twice are a name", "GET /open/%252e%252e/admin", any, "200 GET /open/", "200 GET /open/"},
		{"dots with a parameter are a name", "GET /open/..;/admin", any, "200 GET /open/", "200 GET /open/"},
		{"dots in the query", "GET /open/x?/../admin", any, "200 GET /open/", "200 GET /open/"},

		{"slashes twice", "GET //open//admin", any, "403", "401"},
		{"slashes twice, to a public route", "GET //open//x", any, "307", "307"},
		{"a slash too many at the end", "GET /open/admin/", any, "200 GET /open/", "200 GET /open/"},
		{"a slash in disguise does not separate", "GET /open%2fadmin", any, "404", "401"},
		{"a slash in disguise within a tree", "GET /open/x%2fadmin", any, "200 GET /open/", "200 GET /open/"},
		{"a slash in disguise in a wildcard", "GET /notes/1%2F2", any, "200 GET /notes/{id}", "401"},
		{"a slash in disguise at the end is a slash to the mux", "GET /notes/1/%2F", any, "403", "401"},
		{"a slash in disguise in the rest", "GET /files/x%2Fy", any, "200 /files/{path...}", "200 /files/{path...}"},
		{"a slash in disguise in the rest, which without it were a route that needs more", "GET /files/x%2Fsecret", any, "403", "401"},
		{"a slash in disguise, and without it nobody serves that", "GET /a%2Fc", any, "404", "401"},
		{"slashes in disguise that without it were cleaned", "GET /files/%2F%2Fsecret", any, "403", "401"},
		{"the slash in front in disguise", "GET /files%2Fsecret", any, "404", "401"},
		{"a letter in disguise", "GET /files/%73ecret", any, "403", "401"},
		{"a letter in disguise in the rest's parent", "GET /%66iles/x/secre%74", any, "403", "401"},
		{"capitals are other names", "GET /FILES/secret", any, "404", "401"},
		{"a slash in disguise that the pattern has too", "GET /c%2Fb", any, "200 /c%2Fb", "200 /c%2Fb"},
		{"a slash in disguise that the pattern has too, and without it a route that needs more", "GET /a%2Fb", any, "403", "401"},
		{"the path that it is not", "GET /a/b", any, "403", "401"},
		{"what no path may have, so that all of it is escaped anew", "GET /a\"%2Fb", any, "404", "401"},
		{"the same with a slash that then separates", "GET /files/\"%2Fsecret", any, "403", "401"},
		{"the same with dots that then are dots", "GET /files/\"%2F%2e%2e%2Fsecret", any, "403", "401"},
		{"NUL in disguise", "GET /files/secret%00", any, "200 /files/{path...}", "200 /files/{path...}"},
		{"a backslash separates nothing", `GET /open/..\admin`, any, "200 GET /open/", "200 GET /open/"},

		{"the root alone", "GET /", any, "200 GET /{$}", "200 GET /{$}"},
		{"an empty path", "GET http://any.example", any, "307", "307"},
		{"absolute-form, whose host counts", "GET http://api.example/zero", any, "200 api.example/", "401"},
		{"absolute-form, whose host counts, the other way round", "GET http://any.example/zero", "api.example", "403", "401"},
		{"absolute-form with dots", "GET http://any.example/open/%2e%2e/zero", any, "400", "400"},
		{"absolute-form of another scheme", "GET ftp://any.example/zero", any, "403", "401"},
		{"absolute-form with a user", "GET http://api.example@any.example/zero", any, "403", "401"},
		{"no path at all", "GET opaque:zero", any, "307", "307"},
		{"a host of its own", "GET /zero", "api.example", "200 api.example/", "401"},
		{"a host with a port", "GET /zero", "api.example:8080", "200 api.example/", "401"},
		{"a host with an empty port", "GET /zero", "api.example:", "200 api.example/", "401"},
		{"a host in capitals is another to the mux", "GET /zero", "API.example", "403", "401"},
		{"a host with a dot at its end is another to the mux", "GET /zero", "api.example.", "403", "401"},
		{"a public tree on a host", "GET /open/forgotten", "api.example", "200 api.example/open/", "200 api.example/open/"},

		{"OPTIONS *", "OPTIONS *", any, "400", "401"},
		{"GET *", "GET *", any, "400", "401"},
		{"OPTIONS of a route for all methods", "OPTIONS /tree/", any, "200 /tree/", "200 /tree/"},
		{"OPTIONS of a route for others", "OPTIONS /notes/1", any, "405", "401"},

		{"CONNECT of a route for all methods", "CONNECT /tree/x", any, "403", "401"},
		{"CONNECT of a route for all methods, which redirects", "CONNECT /tree", any, "403", "401"},
		{"CONNECT whose redirect a client chose", "CONNECT /deep/of-my/choice", any, "403", "401"},
		{"CONNECT whose redirect is called like a row", "CONNECT /deep/../tree", any, "400", "400"},
		{"CONNECT of a path with dots", "CONNECT /open/../zero", any, "405", "401"},
		{"CONNECT of a path with dots, in a route for all methods", "CONNECT /tree/../zero", any, "400", "400"},
		{"CONNECT with dots, in its row", "CONNECT /tunnel/../zero", any, "400", "400"},
		{"CONNECT with dots in disguise, in its row", "CONNECT /tunnel/%2e%2e/zero", any, "400", "400"},
		{"CONNECT with a row", "CONNECT /tunnel/x", any, "200 CONNECT /tunnel/", "401"},
		{"CONNECT with slashes twice, in its row", "CONNECT /tunnel//zero", any, "400", "400"},
		{"CONNECT of a slash in disguise, and without it nobody's row for CONNECT", "CONNECT /c%2Fd", any, "403", "401"},
		{"CONNECT with a row, which redirects", "CONNECT /tunnel", any, "403", "401"},
		{"CONNECT of an authority without a path", "CONNECT proxy.example:443", any, "405", "401"},
		{"CONNECT of an authority with a path", "CONNECT proxy.example:443/x", any, "200 CONNECT proxy.example:443/", "200 CONNECT proxy.example:443/"},
		{"CONNECT of a host with a row for all methods", "CONNECT /x", "api.example", "403", "401"},
		{"CONNECT of a host that is called like it", "CONNECT CONNECTED.example/x", any, "403", "401"},
		{"CONNECT in lower case is a method that nobody knows", "connect /tree/x", any, "200 /tree/", "200 /tree/"},
		{"CONNECT in lower case cleans paths", "connect /x/../tree/", any, "307", "307"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, each := range []struct{ fields, want string }{
				{"Authorization: Bearer read\r\n", row.with},
				{"", row.without},
			} {
				routes = nil
				got := send(t, server, row.line+" HTTP/1.1\r\nHost: "+row.host+"\r\nConnection: close\r\n"+each.fields+"\r\n")
				if got != each.want {
					t.Errorf("%q: %s, want %s", each.fields, got, each.want)
				}
				mu.Lock()
				if len(routes) == 0 {
					t.Error("it did not reach the policy")
				}
				for _, name := range routes {
					if name != "" && !slices.Contains(patterns, name) {
						t.Errorf("%q counts as a route", name)
					}
				}
				mu.Unlock()
			}
		})
	}
}

// send sends raw and returns the status and what says that it was reached.
func send(t *testing.T, server *httptest.Server, raw string) string {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return strings.TrimSpace(answer.Status[:3] + " " + answer.Header.Get("Reached"))
}

// What a server refuses before any handler never counts as a path.
func TestInvalidEscapesReachNobody(t *testing.T) {
	mux := serving("/")
	table := scopes.Routes{"/": scopes.Public()}
	policy, err := table.Handler(scopeGuard, mux.ServeMux)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(policy)
	defer server.Close()
	for _, path := range []string{"/%zz", "/%2", "/%", "/a b", "", "/\x7f"} {
		if got := send(t, server, "GET "+path+" HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n"); got != "400" {
			t.Errorf("%q: %s, want 400", path, got)
		}
	}
	if mux.reached != nil {
		t.Errorf("reached: %+v", mux.reached)
	}
}
