package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// proxies are asked for in this order.
var proxies = []string{"nginx", "traefik", "envoy"}

// tour asks one service for each proxy, as that proxy would, and prints what
// they answer.
type tour struct {
	*show.Run
	issuer *issuertest.Issuer
	hosts  map[string]string // by proxy
}

func newTour(r *show.Run, issuer *issuertest.Issuer) *tour {
	return &tour{r, issuer, map[string]string{}}
}

func (t *tour) show() error {
	for _, proxy := range proxies {
		service, err := newService(t.issuer.URL, issuertest.Audience, shapes[proxy])
		if err != nil {
			return err
		}
		server := httptest.NewUnstartedServer(nil)
		server.Config = newServer(service)
		server.Start()
		defer server.Close()
		t.hosts[proxy] = server.Listener.Addr().String()
	}
	t.rows()
	return t.Wait(nil)
}

func (t *tour) rows() {
	bearer := func(claims map[string]any) []string { return []string{"Bearer " + t.issuer.Token(claims)} }
	reader := bearer(map[string]any{"scope": "notes:read"})
	admin := bearer(map[string]any{"scope": "notes:admin"})

	t.Printf("%s\n%-46s  %s\n", policy, "", strings.Join(proxies, "  "))
	t.ask("scope notes:read", "GET /notes?page=2", reader, 200)
	t.ask("a client's own token", "GET /notes", bearer(map[string]any{"scope": "notes:read", "sub": issuertest.ClientID}), 200)
	t.ask("public, no token", "GET /open/terms", nil, 200)
	t.ask("no token", "GET /notes", nil, 401)
	t.ask("expired", "GET /notes", bearer(map[string]any{"exp": 1700000000}), 401)
	t.ask("scope notes:read", "POST /notes", reader, 403)
	t.ask("not in the policy", "DELETE /notes", reader, 403)
	t.ask("a way around", "GET /open/%2e%2e/admin/keys", reader, 400)
	t.ask("for an admin too", "GET /open/%2e%2e/admin/keys", admin, 400)
	t.ask("two tokens", "GET /notes", slices.Concat(reader, admin), 400)
	t.ask("no path named", "GET", reader, 500)

	t.issuer.Rotate()
	restore := t.issuer.Fail("", issuertest.Outage)
	t.ask("issuer down, new key", "GET /notes", bearer(nil), 503)
	restore()
}

// ask asks all services about one request and prints one row, with the fields
// of the answer to nginx.
func (t *tour) ask(what, request string, authorization []string, want int) {
	var got, wanted, fields []string
	for _, proxy := range proxies {
		if proxy == "envoy" && want == http.StatusInternalServerError {
			break // its check is the request, so it names a path
		}
		answer := t.check(proxy, request, authorization)
		if proxy == proxies[0] {
			fields = shown(answer)
		}
		got = append(got, fmt.Sprintf("%-*s", len(proxy), answer))
		wanted = append(wanted, fmt.Sprintf("%-*d", len(proxy), want))
	}
	row := func(cells []string) string { return strings.TrimRight(strings.Join(cells, "  "), " ") }
	t.Row(fmt.Sprintf("%-46s  ", what+": "+request), row(got), row(wanted))
	for _, f := range fields {
		t.Printf("    %s\n", f)
	}
}

// check sends the check that proxy sends before it passes request on.
func (t *tour) check(proxy, request string, authorization []string) show.Answer {
	method, target, _ := strings.Cut(request, " ")
	check := &http.Request{
		Method: http.MethodGet, Host: t.hosts[proxy],
		URL:    &url.URL{Scheme: "http", Host: t.hosts[proxy], Path: "/"},
		Header: http.Header{"Authorization": authorization},
	}
	switch proxy {
	case "nginx": // as nginx.conf says
		check.Header["X-Original-Method"] = []string{method}
		check.Header["X-Original-Uri"] = []string{target}
	case "traefik":
		check.Header["X-Forwarded-Method"] = []string{method}
		check.Header["X-Forwarded-Uri"] = []string{target}
		check.Header["X-Forwarded-Proto"] = []string{"https"}
		check.Header["X-Forwarded-Host"] = []string{"api.example"}
		check.Header["X-Forwarded-For"] = []string{"192.0.2.1"}
	case "envoy": // joins fields of one name
		check.Method, check.Host, check.URL.Opaque = method, "api.example", target
		if len(authorization) > 1 {
			check.Header["Authorization"] = []string{strings.Join(authorization, ",")}
		}
	}
	resp, err := http.DefaultClient.Do(check.WithContext(t.Context))
	if err != nil {
		return show.Answer{Err: err}
	}
	defer resp.Body.Close()
	return show.Answer{Status: resp.StatusCode, Header: resp.Header}
}

// shown are the fields of an answer that count.
func shown(answer show.Answer) (fields []string) {
	for _, name := range []string{fieldSubject, fieldIssuer, fieldClient, "WWW-Authenticate", "Retry-After"} {
		for _, value := range answer.Header.Values(name) {
			fields = append(fields, strings.TrimSpace(name+": "+value))
		}
	}
	return fields
}
