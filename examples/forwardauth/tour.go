package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// proxies are asked for in this order.
var proxies = []string{"nginx", "traefik", "envoy"}

// tour asks one service for each proxy, as that proxy would, and prints what
// they answer.
type tour struct {
	ctx    context.Context
	out    io.Writer
	issuer *issuertest.Issuer
	hosts  map[string]string // by proxy
	wrong  int               // answers that were not as expected
}

func newTour(ctx context.Context, out io.Writer, issuer *issuertest.Issuer) *tour {
	return &tour{ctx: ctx, out: out, issuer: issuer, hosts: map[string]string{}}
}

func (t *tour) show() error {
	ctx, stop := context.WithCancel(t.ctx)
	var all []served
	for _, proxy := range proxies {
		service, err := newService(t.issuer.URL, issuertest.Audience, shapes[proxy])
		if err != nil {
			stop()
			return err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			stop()
			return err
		}
		t.hosts[proxy] = l.Addr().String()
		all = append(all, served{l, newServer(service)})
	}
	done := make(chan []error)
	go func() { done <- serve(ctx, all...) }()

	t.rows()
	stop()
	if err := errors.Join(<-done...); err != nil {
		return err
	}
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

func (t *tour) rows() {
	bearer := func(claims map[string]any) []string { return []string{"Bearer " + t.issuer.Token(claims)} }
	reader := bearer(map[string]any{"scope": "notes:read"})
	admin := bearer(map[string]any{"scope": "notes:admin"})

	fmt.Fprintf(t.out, "%s\n%-46s  %s\n", policy, "", strings.Join(proxies, "  "))
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
	line := fmt.Sprintf("%-46s", what+": "+request)
	var shown []string
	for i, proxy := range proxies {
		if proxy == "envoy" && want == http.StatusInternalServerError {
			break // its check is the request, so it names a path
		}
		status, fields, err := t.check(proxy, request, authorization)
		if i == 0 {
			shown = fields
		}
		answer := strconv.Itoa(status)
		if err != nil || status != want {
			t.wrong++
			answer += fmt.Sprintf(" <- expected %d, error %v", want, err)
		}
		line += fmt.Sprintf("  %-*s", len(proxy), answer)
	}
	fmt.Fprintln(t.out, strings.TrimRight(line, " "))
	for _, f := range shown {
		fmt.Fprintf(t.out, "    %s\n", f)
	}
}

// check sends the check that proxy sends before it passes request on.
func (t *tour) check(proxy, request string, authorization []string) (status int, fields []string, err error) {
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
	resp, err := http.DefaultClient.Do(check.WithContext(t.ctx))
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	for _, name := range []string{fieldSubject, fieldIssuer, fieldClient, "WWW-Authenticate", "Retry-After"} {
		for _, value := range resp.Header.Values(name) {
			fields = append(fields, strings.TrimSpace(name+": "+value))
		}
	}
	return resp.StatusCode, fields, nil
}
