package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers.
type tour struct {
	ctx    context.Context
	out    io.Writer
	issuer *issuertest.Issuer
	api    string // its URL
	wrong  int    // answers that were not as expected
}

func (t *tour) show() error {
	token, err := t.clientCredentials()
	if err != nil {
		return err
	}
	forged := token[:len(token)-8] + "AAAAAAAA"
	changed := func(claims map[string]any) string { return "Bearer " + t.issuer.Token(claims) }
	headed := func(header map[string]any) string { return "Bearer " + t.issuer.Sign(header, nil) }

	fmt.Fprintf(t.out, "issuer %s\nAPI    %s\n\n", t.issuer.URL, t.api)
	t.send("a good token", "GET /notes", "Bearer "+token, 200)
	t.send("no token, public route", "GET /healthz", "", 200)
	t.send("no token", "GET /notes", "", 401)
	t.send("not one token", "GET /notes", "Bearer one two", 400)
	t.send("expired", "GET /notes", changed(map[string]any{"exp": 1700000000}), 401)
	t.send("forged signature", "GET /notes", "Bearer "+forged, 401)
	t.send("for another API", "GET /notes", changed(map[string]any{"aud": "https://other.example"}), 401)
	t.send("alg: none", "GET /notes", headed(map[string]any{"alg": "none"}), 401)
	t.send("an ID token", "GET /notes", headed(map[string]any{"typ": "JWT"}), 401)
	t.send("scope read, needs write", "POST /notes", changed(map[string]any{"scope": "read"}), 403)
	t.send("both scopes", "POST /notes", "Bearer "+token, 201)

	t.issuer.Rotate()
	restore := t.issuer.Fail("", issuertest.Outage)
	t.send("issuer down, key known", "GET /notes", "Bearer "+token, 200)
	t.send("issuer down, new key", "GET /notes", changed(nil), 503)
	restore()

	if err := t.counters(); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\nTry it:\n  curl -i %s/notes\n  curl -i -H 'Authorization: Bearer %s' %s/notes\n", t.api, token, t.api)
	if t.wrong > 0 {
		return fmt.Errorf("%d answers were not as expected", t.wrong)
	}
	return nil
}

// clientCredentials gets a token as a service would (RFC 6749 §4.4).
func (t *tour) clientCredentials() (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}}
	req, err := http.NewRequestWithContext(t.ctx, http.MethodPost, t.issuer.URL+issuertest.EndpointToken, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(issuertest.ClientID, issuertest.ClientSecret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK || len(answer.AccessToken) < 8 {
		return "", fmt.Errorf("the issuer answered %s", resp.Status)
	}
	return answer.AccessToken, nil
}

// send makes one request and prints one row.
func (t *tour) send(what, route, authorization string, want int) {
	method, path, _ := strings.Cut(route, " ")
	req, err := http.NewRequestWithContext(t.ctx, method, t.api+path, nil)
	if err != nil {
		t.fail(what, route, err)
		return
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.fail(what, route, err)
		return
	}
	defer resp.Body.Close()
	mark := ""
	if resp.StatusCode != want {
		t.wrong++
		mark = fmt.Sprintf("   <- expected %d", want)
	}
	fmt.Fprintf(t.out, "%-24s %-12s %d%s\n", what, route, resp.StatusCode, mark)
	for _, challenge := range resp.Header.Values("WWW-Authenticate") {
		fmt.Fprintf(t.out, "    %s\n", challenge)
	}
	if after := resp.Header.Get("Retry-After"); after != "" {
		fmt.Fprintf(t.out, "    Retry-After: %s\n", after)
	}
}

func (t *tour) fail(what, route string, err error) {
	t.wrong++
	fmt.Fprintf(t.out, "%-24s %-12s failed: %v\n", what, route, err)
}

// counters prints what Prometheus would scrape, without the histograms.
func (t *tour) counters() error {
	req, err := http.NewRequestWithContext(t.ctx, http.MethodGet, t.api+"/metrics", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	fmt.Fprintln(t.out)
	n := 0
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "warder_") && !strings.Contains(line, "_bucket") {
			fmt.Fprintln(t.out, line)
			n++
		}
	}
	if n == 0 {
		return errors.New("no metrics")
	}
	return nil
}
