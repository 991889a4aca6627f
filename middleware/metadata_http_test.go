package middleware_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

const wellKnown = "/.well-known/oauth-protected-resource"

// send makes a request to a real server; fields are in pairs.
func send(t *testing.T, server *httptest.Server, method, path string, fields ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			r.Host = fields[i+1]
			continue
		}
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("Date")
	return resp, string(body)
}

func TestMetadataOverHTTP(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle(described(nil).Metadata())
	mux.Handle(described(func(m *middleware.Metadata, _ *middleware.Options) {
		m.Resource = "https://rs.example/long"
		m.Name = strings.Repeat("n", 9000) // more than net/http buffers
	}).Metadata())
	server := httptest.NewServer(mux)
	defer server.Close()

	const body = `{"authorization_servers":["https://as.example/t1"],"bearer_methods_supported":["header"],"resource":"https://rs.example/api"}` + "\n"
	// R9728-14: for an hour, and for pages of every origin.
	served := http.Header{
		"Access-Control-Allow-Origin": {"*"},
		"Cache-Control":               {"max-age=3600"},
		"Content-Type":                {"application/json"},
		"Content-Length":              {"126"},
		"X-Content-Type-Options":      {"nosniff"},
	}
	refused := http.Header{
		"Access-Control-Allow-Origin": {"*"},
		"Allow":                       {"GET, HEAD, OPTIONS"},
		"Content-Type":                {"text/plain; charset=utf-8"},
		"Content-Length":              {"19"},
		"X-Content-Type-Options":      {"nosniff"},
	}
	preflight := http.Header{
		"Access-Control-Allow-Origin":  {"*"},
		"Access-Control-Allow-Methods": {"GET, HEAD"},
		"Access-Control-Allow-Headers": {"*"},
		"Access-Control-Max-Age":       {"3600"},
		"Allow":                        {"GET, HEAD, OPTIONS"},
	}
	for _, row := range []struct {
		name, method string
		fields       []string
		status       int
		header       http.Header
		body         string
	}{
		{"R9728-02, R9728-14 GET", "GET", nil, 200, served, body},
		{"R9728-02 HEAD", "HEAD", nil, 200, served, ""},
		{"R9728-02 POST", "POST", nil, 405, refused, "Method Not Allowed\n"},
		{"R9728-02 PUT", "PUT", nil, 405, refused, "Method Not Allowed\n"},
		{"R9728-02 DELETE", "DELETE", nil, 405, refused, "Method Not Allowed\n"},
		{"R9728-02 a method of nobody's", "BREW", nil, 405, refused, "Method Not Allowed\n"},
		{"R9728-14 a browser asks first", "OPTIONS", []string{
			"Origin", "https://app.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version",
		}, 204, preflight, ""},
		{"R9728-14 a browser asks", "GET", []string{"Origin", "https://app.example"}, 200, served, body},
		{"R9728-12 a forged Host", "GET", []string{"Host", "evil.example"}, 200, served, body},
		{"R9728-12 forged forwarding", "GET", []string{
			"Forwarded", "host=evil.example;proto=http", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http", "X-Original-URL", "/evil",
		}, 200, served, body},
		{"R9728-12 no token is looked at", "GET", []string{"Authorization", "Bearer expired", "Authorization", "Bearer a b"}, 200, served, body},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, got := send(t, server, row.method, wellKnown+"/api", row.fields...)
			equal(t, resp.StatusCode, row.status)
			equal(t, resp.Header, row.header)
			equal(t, got, row.body)
		})
	}
	t.Run("R9728-02 a long document", func(t *testing.T) {
		resp, got := send(t, server, "GET", wellKnown+"/long")
		equal(t, resp.StatusCode, 200)
		equal(t, len(got) > 9000 && strings.HasSuffix(got, "}\n"), true)
		resp, got = send(t, server, "HEAD", wellKnown+"/long")
		equal(t, resp.StatusCode, 200)
		equal(t, got, "")
	})
	t.Run("R9728-12 a query changes nothing", func(t *testing.T) {
		_, got := send(t, server, "GET", wellKnown+"/api?resource=https://evil.example")
		equal(t, got, body)
	})
}

// What one response's outer handlers do to its fields happens to no other.
func TestTheFieldsOfMetadataAreNotShared(t *testing.T) {
	_, h := described(nil).Metadata()
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST"} {
		first := httptest.NewRecorder()
		h.ServeHTTP(first, httptest.NewRequest(method, "/", nil))
		want := first.Header().Clone()
		for _, values := range first.Header() {
			for i := range values {
				values[i] = "changed"
			}
		}
		second := httptest.NewRecorder()
		h.ServeHTTP(second, httptest.NewRequest(method, "/", nil))
		equal(t, second.Header(), want)
	}
}

// Middleware that compresses says so beforehand, and the length is its own.
func TestMetadataCanBeCompressed(t *testing.T) {
	_, h := described(nil).Metadata()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		h.ServeHTTP(gzipped{w, z}, r)
	}))
	defer server.Close()
	_, body := send(t, server, "GET", "/", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.HasSuffix(string(text), "}\n") {
		t.Errorf("%q, %v", text, err)
	}
}

// R9728-11: the URL in a challenge leads to the document, and the document to
// the resource that was asked.
func TestAChallengeLeadsToTheMetadata(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	resource := server.URL + "/a%2Fb/"
	g := described(func(m *middleware.Metadata, _ *middleware.Options) { m.Resource = resource })
	mux.Handle(g.Metadata())
	mux.Handle("/a%2Fb/", g.For("/a%2Fb/", "read").Handler(unreachable(t)))

	resp, _ := send(t, server, "GET", "/a%2Fb/", "Host", "evil.example") // R9728-12
	equal(t, resp.StatusCode, 401)
	c, err := parseChallenge(resp.Header.Get("WWW-Authenticate"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, c.Params[1].Name, "resource_metadata")
	path, ok := strings.CutPrefix(c.Params[1].Value, server.URL)
	if !ok {
		t.Fatalf("it leads to %s", c.Params[1].Value)
	}
	resp, body := send(t, server, "GET", path)
	equal(t, resp.StatusCode, 200)
	if !strings.Contains(body, `"resource":"`+resource+`"`) {
		t.Errorf("another resource: %s", body)
	}
}
