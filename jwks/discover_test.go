package jwks_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
)

// discovering returns an API that finds the keys of iss on s, and a token that
// it accepts when it has.
func discovering(t *testing.T, s *server, iss string) (api, string) {
	t.Helper()
	a := newAPI(verifier(t, func(c *jwks.Config) { c.Issuer, c.HTTPClient = iss, s.client() }))
	return a, rs().token(object{"iss": iss})
}

func TestMetadataLocations(t *testing.T) {
	for _, row := range []struct {
		name, issuer string
		asked        []string
	}{
		{"R8414-01: an issuer with a path", "https://as.example/t1", []string{
			"https://as.example/.well-known/oauth-authorization-server/t1",
			"https://as.example/.well-known/openid-configuration/t1",
			"https://as.example/t1/.well-known/openid-configuration", // ODISC-01
		}},
		{"R8414-01: a terminating slash", "https://as.example/", []string{
			"https://as.example/.well-known/oauth-authorization-server",
			"https://as.example/.well-known/openid-configuration",
		}},
		{"R8414-01: a path and a terminating slash", "https://as.example/a/b/", []string{
			"https://as.example/.well-known/oauth-authorization-server/a/b",
			"https://as.example/.well-known/openid-configuration/a/b",
			"https://as.example/a/b/.well-known/openid-configuration",
		}},
		{"R8414-01: a port", "https://as.example:8443", []string{
			"https://as.example:8443/.well-known/oauth-authorization-server",
			"https://as.example:8443/.well-known/openid-configuration",
		}},
		{"R8414-01: an escape stays as it is", "https://as.example/a%2Fb", []string{
			"https://as.example/.well-known/oauth-authorization-server/a%2Fb",
			"https://as.example/.well-known/openid-configuration/a%2Fb",
			"https://as.example/a%2Fb/.well-known/openid-configuration",
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			// Nothing is served, so every location is tried, in order.
			s := &server{}
			a, token := discovering(t, s, row.issuer)
			a.wants(t, token, "503-U keys_unavailable")
			if got := s.asked(); !slices.Equal(got, row.asked) {
				t.Errorf("asked %q", got)
			}
			// Each alone will do.
			for i, location := range row.asked {
				s := newServer(all()...)
				delete(s.urls, rfcURL)
				s.serve(location, document(encode(object{"issuer": row.issuer, "jwks_uri": keysURL})))
				a, token := discovering(t, s, row.issuer)
				a.wants(t, token, "OK")
				if got := s.asked(); !slices.Equal(got, append(slices.Clone(row.asked[:i+1]), keysURL)) {
					t.Errorf("asked %q", got)
				}
			}
		})
	}
}

// Metadata that is of no use, at every location.
func TestUnusableMetadata(t *testing.T) {
	of := func(iss, keys string) []byte { return encode(object{"issuer": iss, "jwks_uri": keys}) }
	for _, row := range []struct {
		name    string
		metaurl []string
		answer  string
		kind    string
	}{
		{name: "R8414-02: another path", answer: string(of("https://as.example/t2", keysURL))},
		{name: "R8414-02: another case", answer: string(of("https://AS.example/t1", keysURL))},
		{name: "R8414-02: a slash too many", answer: string(of(issuer+"/", keysURL))},
		{name: "R8414-02: a default port", answer: string(of("https://as.example:443/t1", keysURL))},
		{name: "R8414-02: no issuer", answer: string(encode(object{"jwks_uri": keysURL}))},
		{name: "R8414-02: an issuer that is no string", answer: `{"issuer":["` + issuer + `"],"jwks_uri":"` + keysURL + `"}`},
		{name: "R8414-02: ISSUER in capitals", answer: `{"ISSUER":"` + issuer + `","jwks_uri":"` + keysURL + `"}`},
		{name: "R8414-02: two issuers", answer: `{"issuer":"https://x","issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`},
		{name: "R8414-04: jwks_uri is http", answer: string(of(issuer, "http://as.example/keys"))},
		{name: "R8414-04: jwks_uri is a file", answer: string(of(issuer, "file:///etc/passwd"))},
		{name: "R8414-04: jwks_uri is relative", answer: string(of(issuer, "/keys"))},
		{name: "R8414-04: jwks_uri has a password in it", answer: string(of(issuer, "https://u:p@as.example/keys"))},
		{name: "R8414-04: no jwks_uri", answer: string(encode(object{"issuer": issuer}))},
		{name: "R8414-04: jwks_uri is no string", answer: `{"issuer":"` + issuer + `","jwks_uri":1}`},
		{name: "R8414-05: an HTML page", answer: "<!DOCTYPE html>", kind: "text/html"},
		{name: "R8414-05: a good document as text/html", answer: string(of(issuer, keysURL)), kind: "text/html"},
		{name: "R8414-05: an array", answer: "[" + string(of(issuer, keysURL)) + "]"},
		{name: "R8414-05: half a document", answer: string(of(issuer, keysURL)[:40])},
		{name: "R8414-05: two documents", answer: string(of(issuer, keysURL)) + "{}"},
		{name: "R8414-05: 10 MB", answer: string(of(issuer, keysURL)) + strings.Repeat(" ", 10<<20)},
		{name: "R8725-10: jwks_uri at 127.0.0.1", answer: string(of(issuer, "https://127.0.0.1/keys"))},
		{name: "R8725-10: jwks_uri at localhost", answer: string(of(issuer, "https://localhost/keys"))},
		{name: "R8725-10: jwks_uri at LOCALHOST.", answer: string(of(issuer, "https://LOCALHOST./keys"))},
		{name: "R8725-10: jwks_uri at ::1", answer: string(of(issuer, "https://[::1]/keys"))},
		{name: "R8725-10: jwks_uri at ::ffff:127.0.0.1", answer: string(of(issuer, "https://[::ffff:127.0.0.1]/keys"))},
		{name: "R8725-10: jwks_uri at a cloud's metadata service", answer: string(of(issuer, "https://169.254.169.254/keys"))},
		{name: "R8725-10: jwks_uri at a link-local address with a zone", answer: string(of(issuer, "https://[fe80::1%25eth0]/keys"))},
		{name: "R8725-10: jwks_uri at 0.0.0.0", answer: string(of(issuer, "https://0.0.0.0/keys"))},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(all()...)
			if row.kind == "" {
				row.kind = "application/json"
			}
			metadata := []string{rfcURL, bothURL, oidcURL}
			for _, l := range metadata {
				s.serve(l, typed(row.kind, row.answer))
			}
			a, token := discovering(t, s, issuer)
			a.wants(t, token, "503-U keys_unavailable")
			if got := s.asked(); !slices.Equal(got, metadata) {
				t.Errorf("asked %q", got)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	good := object{"issuer": issuer, "jwks_uri": keysURL}
	wrong := document(encode(object{"issuer": "https://as.example/t2", "jwks_uri": "https://as.example/wrong"}))
	with := func(changes object) func(*server) {
		return func(s *server) { s.serve(rfcURL, document(encode(changed(changed(object{}, good), changes)))) }
	}
	for _, row := range []struct {
		name  string
		serve func(*server)
	}{
		{"R8414-05: members that nobody knows", with(object{"x": object{"y": []int{1}}, "scopes_supported": []string{}})},
		{"R8414-05: a charset", func(s *server) { s.serve(rfcURL, typed("application/json; charset=utf-8", string(encode(good)))) }},
		{"R8414-07: signed_metadata that says something else", with(object{"signed_metadata": rs().sign("RS256", `{"alg":"RS256","kid":"rs"}`,
			`{"iss":"`+issuer+`","issuer":"`+issuer+`","jwks_uri":"https://as.example/wrong"}`)})},
		{"R8414-07: signed_metadata that is no JWT", with(object{"signed_metadata": "x"})},
		{"R8414-06: only what OpenID Connect appends", func(s *server) {
			s.serve(rfcURL, status(404))
			s.serve(oidcURL, document(encode(good)))
		}},
		{"R8414-06: a wrong issuer at the first, a good one at the last", func(s *server) {
			s.serve(rfcURL, wrong)
			s.serve(oidcURL, document(encode(good)))
		}},
		{"R8414-06: HTML for what does not exist", func(s *server) {
			s.serve(rfcURL, typed("text/html", "<title>Not found</title>"))
			s.serve(bothURL, document(encode(good)))
		}},
		{"R8414-06: a sign-in page that redirects to itself for what does not exist", func(s *server) {
			s.serve(rfcURL, redirect("https://as.example/login"))
			s.serve("https://as.example/login", redirect("https://as.example/login"))
			s.serve(oidcURL, document(encode(good)))
		}},
		{"R8414-06: too much for what does not exist", func(s *server) {
			s.serve(rfcURL, document([]byte(strings.Repeat(" ", 2<<20))))
			s.serve(bothURL, document(encode(good)))
		}},
		{"a redirect of the metadata", func(s *server) {
			s.serve(rfcURL, redirect("https://cdn.example/metadata"))
			s.serve("https://cdn.example/metadata", document(encode(good)))
		}},
		{"three redirects of the keys", func(s *server) {
			s.serve("https://as.example/3", s.urls[keysURL])
			s.serve(keysURL, redirect("https://as.example/1"))
			s.serve("https://as.example/1", redirect("https://as.example/2"))
			s.serve("https://as.example/2", redirect("https://as.example/3"))
		}},
		{"keys as plain text", func(s *server) { s.serve(keysURL, typed("text/plain", string(keySet(all()...)))) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newServer(all()...)
			row.serve(s)
			a, token := discovering(t, s, issuer)
			a.wants(t, token, "OK")
			if s.count("https://as.example/wrong") != 0 {
				t.Error("asked what nothing good names")
			}
		})
	}
	for name, location := range map[string]string{"R8414-06: a wrong issuer everywhere": "", "ODISC-01: a wrong issuer at OpenID Connect's location": oidcURL} {
		t.Run(name, func(t *testing.T) {
			s := newServer(all()...)
			delete(s.urls, rfcURL)
			for _, l := range []string{rfcURL, bothURL, oidcURL} {
				if location == "" || l == location {
					s.serve(l, wrong)
				}
			}
			a, token := discovering(t, s, issuer)
			a.wants(t, token, "503-U keys_unavailable")
			if s.count("https://as.example/wrong")+s.count(keysURL) != 0 {
				t.Errorf("asked %q", s.asked())
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	s := newServer()
	for n := range 4 {
		s.serve(fmt.Sprint("https://as.example/", n), redirect(fmt.Sprint("https://as.example/", n+1)))
	}
	s.serve("https://as.example/4", document(keySet(all()...)))
	for n, want := range map[int]string{0: "503-U keys_unavailable", 1: "OK"} { // R9111-08
		set, err := jwks.Remote(fmt.Sprint("https://as.example/", n), &jwks.RemoteOptions{HTTPClient: s.client()})
		if err != nil {
			t.Fatal(err)
		}
		newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set })).wants(t, rs().token(nil), want)
	}
}

// Where nobody answers, nobody answers at another path either.
func TestUnreachableIssuer(t *testing.T) {
	asked := 0
	refuse := roundTripper(func(*http.Request) (*http.Response, error) {
		asked++
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	})
	a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = &http.Client{Transport: refuse} }))
	a.wants(t, rs().token(nil), "503-U keys_unavailable")
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestMetadataURL(t *testing.T) {
	const inside = "http://keycloak.internal:8080/metadata"
	for iss, want := range map[string]string{issuer: "OK", "https://as.example/t2": "503-U keys_unavailable"} {
		s := newServer(all()...)
		s.serve(inside, document(encode(object{"issuer": iss, "jwks_uri": "http://keycloak.internal:8080/keys"})))
		s.serve("http://keycloak.internal:8080/keys", document(keySet(all()...)))
		set, err := jwks.Discover(issuer, &jwks.RemoteOptions{HTTPClient: s.client(), MetadataURL: inside, InsecureAllowHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set })).wants(t, rs().token(nil), want)
		if s.count(rfcURL) != 0 {
			t.Error("asked the well-known location")
		}
	}
}

// An issuer on this machine may name this machine, without a switch
// (R8725-10), and over http (R8414-03).
func TestLoopbackIssuer(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(v)
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		a.wants(t, iss.Sign(map[string]any{"alg": alg, "kid": iss.KeyID(alg)}, nil), "OK")
	}
	if got := fmt.Sprint(iss.Requests(issuertest.EndpointMetadata), iss.Requests(issuertest.EndpointKeys)); got != "1 1" {
		t.Errorf("requests for metadata and keys: %s", got)
	}
}
