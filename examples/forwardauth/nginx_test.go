package main

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

func TestBehindNginx(t *testing.T) {
	f := newFront(t)

	for _, row := range []struct {
		name, request string
		fields        []string
		status        int
		challenge     string // a part of it
		answer        string // of the API
	}{
		{"a good token", "GET /notes?page=2", []string{f.bearer("notes:read")}, 200, "", "GET /notes?page=2, asked for by user"},
		{"R9700-04 a client's own token", "GET /notes", []string{"Authorization: Bearer " + f.issuer.Token(map[string]any{"scope": "notes:read", "sub": issuertest.ClientID}), "X-Auth-Subject: root"}, 200, "", "GET /notes, asked for by client client"},
		{"a good token asks with HEAD", "HEAD /notes", []string{f.bearer("notes:read")}, 200, "", ""},
		{"the method is that of the request, not of the check", "POST /notes", []string{f.bearer("notes:write"), "Content-Length: 0"}, 200, "", "POST /notes, asked for by user"},
		{"a public route", "GET /open/terms", nil, 200, "", "GET /open/terms, asked for by nobody"},
		{"no token", "GET /notes", nil, 401, `realm="api", scope="notes:read"`, ""},
		{"an expired token", "GET /notes", []string{"Authorization: Bearer " + f.issuer.Token(map[string]any{"exp": 1700000000})}, 401, `error="invalid_token"`, ""},
		{"a scope that is missing keeps its challenge", "POST /notes", []string{f.bearer("notes:read"), "Content-Length: 0"}, 403, `error="insufficient_scope"`, ""},
		{"a route that the policy lacks", "DELETE /notes", []string{f.bearer("notes:read")}, 403, "", ""},
		{"a route that the policy lacks, without a token", "GET /", nil, 401, `realm="api"`, ""},
		{"a path that the mux would redirect", "GET /admin", []string{f.bearer("notes:admin")}, 403, "", ""},
		{"two tokens are too many for nginx itself", "GET /notes", []string{f.bearer("notes:read"), f.bearer("notes:admin")}, 400, "", ""},
		{"not one token", "GET /notes", []string{"Authorization: Bearer one two"}, 400, `error="invalid_request"`, ""},
		{"the check's own location", "GET /.warder", []string{f.bearer("notes:read")}, 404, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, body := f.send(t, row.request, row.fields...)
			if resp.StatusCode != row.status {
				t.Fatalf("%s, want %d\n%s", resp.Status, row.status, body)
			}
			challenges := resp.Header.Values("WWW-Authenticate")
			if got := strings.Join(challenges, ", "); row.challenge == "" && got != "" && row.status != 400 || !strings.Contains(got, row.challenge) || len(challenges) > 1 {
				t.Errorf("challenges %q, want one with %q", challenges, row.challenge)
			}
			if row.answer != "" && strings.TrimSpace(body) != row.answer {
				t.Errorf("the API answered %q, want %q", body, row.answer)
			}
			if got := resp.Header.Get("Cache-Control"); got != "no-store" && (row.challenge != "" || row.status == 403) {
				t.Errorf("Cache-Control of a refusal: %q", got)
			}
			passed := f.passed.take()
			if (len(passed) == 1) != (row.status == 200) {
				t.Errorf("%d requests reached the API", len(passed))
			}
		})
	}
}

func TestNginxOverwritesWhatClientsWrite(t *testing.T) {
	f := newFront(t)
	claims := []string{
		"X-Original-URI: /open/terms", "X-Original-Method: GET", "x-original-uri: /open/terms",
		"X_Original_URI: /open/terms", "X-Forwarded-Uri: /open/terms", "X-Forwarded-Method: GET",
		"X-Auth-Subject: root", "X-Auth-Issuer: https://evil.example", "x-auth-client: root", "X_Auth_Subject: root",
		"X.Auth.Subject: root", "X!Auth~Client: root", "X.Original.URI: /open/terms",
	}
	for _, name := range overrides {
		claims = append(claims, name+": DELETE", strings.ReplaceAll(name, "-", "_")+": DELETE", strings.ReplaceAll(name, "-", ".")+": DELETE")
	}
	for _, row := range []struct {
		name, request string
		fields        []string
		status        int
	}{
		{"a request that claims to be for a public path is not", "GET /admin/keys", nil, 401},
		{"nor with a token", "GET /admin/keys", []string{f.bearer("notes:read")}, 403},
		{"a request that claims to be of somebody is of its token's subject", "GET /notes", []string{f.bearer("notes:read")}, 200},
		{"and on a public route of nobody", "GET /open/terms", nil, 200},
		{"a field that is to be dropped on the way is written all the same", "GET /notes",
			[]string{f.bearer("notes:read"), "Connection: X-Original-URI, X-Original-Method, X-Auth-Subject"}, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			f.judged.take()
			resp, body := f.send(t, row.request, append(row.fields, claims...)...)
			if resp.StatusCode != row.status {
				t.Fatalf("%s, want %d\n%s", resp.Status, row.status, body)
			}
			_, target, _ := strings.Cut(row.request, " ")
			judged := f.judged.take()
			if len(judged) != 1 || len(judged[0].header["X-Original-Uri"]) != 1 || judged[0].target != target {
				t.Fatalf("the policy was asked about %v, the client asked for %s", judged, target)
			}
			for _, p := range f.passed.take() {
				want := map[string]string{fieldSubject: "user", fieldIssuer: f.issuer.URL, fieldClient: "client"}
				for name, value := range want {
					if len(row.fields) == 0 {
						value = ""
					}
					if got := strings.Join(p.header[name], "|"); got != value {
						t.Errorf("the API got %s: %q, want %q", name, got, value)
					}
				}
				for name, values := range p.header {
					if all := strings.Join(values, "|"); name == "Authorization" || strings.Contains(all, "root") || strings.Contains(all, "DELETE") {
						t.Errorf("the API got %s", name)
					}
				}
			}
		})
	}
}

func TestNginxSaysWhenNothingWasDecided(t *testing.T) {
	f := newFront(t)
	restore := f.issuer.Fail("", issuertest.Outage)
	resp, _ := f.send(t, "GET /notes", f.bearer("notes:read"))
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("issuer down: %s, %v, want 503 with Retry-After and without a challenge", resp.Status, resp.Header)
	}
	restore()

	f.service.Close()
	resp, _ = f.send(t, "GET /open/terms")
	if resp.StatusCode != 503 {
		t.Errorf("Warder down: %s, want 503", resp.Status)
	}
	if got := f.passed.take(); len(got) != 0 {
		t.Errorf("nothing was decided, and the API got %v", got)
	}
}

// An nginx that does not say which request it asks about opens nothing, whatever
// the client says.
func TestNginxThatNamesNoRequest(t *testing.T) {
	for _, lacks := range []string{
		"proxy_set_header X-Original-Method $request_method;",
		"proxy_set_header X-Original-URI    $request_uri;",
	} {
		t.Run(lacks, func(t *testing.T) {
			f := newFront(t, lacks)
			resp, _ := f.send(t, "GET /admin/keys", "X-Original-Method: GET", "X-Original-URI: /open/terms")
			if resp.StatusCode != 500 || len(f.passed.take()) != 0 {
				t.Errorf("%s, want 500", resp.Status)
			}
		})
	}
}
