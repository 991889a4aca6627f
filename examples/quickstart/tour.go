package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// tour sends requests to the API and prints what it answers.
func tour(r *show.Run, issuer *issuertest.Issuer) error {
	token, err := clientCredentials(r.Context, issuer.URL)
	if err != nil {
		return err
	}
	good := show.Bearer(token)
	forged := show.Bearer(token[:len(token)-8] + "AAAAAAAA")
	changed := func(claims map[string]any) string { return show.Bearer(issuer.Token(claims)) }
	headed := func(header map[string]any) string { return show.Bearer(issuer.Sign(header, nil)) }

	r.Printf("issuer  %s\nAPI     %s\nmetrics %[2]s/metrics\n\n", issuer.URL, r.URL)
	t := r.Table(24, 12)
	t.Send("a good token", "GET /notes", 200, good)
	t.Send("no token, public route", "GET /healthz", 200)
	t.Send("no token", "GET /notes", 401)
	t.Send("not one token", "GET /notes", 400, show.Bearer("one two"))
	t.Send("expired", "GET /notes", 401, changed(map[string]any{"exp": 1700000000}))
	t.Send("forged signature", "GET /notes", 401, forged)
	t.Send("for another API", "GET /notes", 401, changed(map[string]any{"aud": "https://other.example"}))
	t.Send("alg: none", "GET /notes", 401, headed(map[string]any{"alg": "none"}))
	t.Send("an ID token", "GET /notes", 401, headed(map[string]any{"typ": "JWT"}))
	t.Send("scope read, needs write", "POST /notes", 403, changed(map[string]any{"scope": "read"}))
	t.Send("both scopes", "POST /notes", 201, good)

	issuer.Rotate()
	restore := issuer.Fail("", issuertest.Outage)
	t.Send("issuer down, key known", "GET /notes", 200, good)
	t.Send("issuer down, new key", "GET /notes", 503, changed(nil))
	restore()

	r.Try("curl -i %s/notes", r.URL)
	r.Try("curl -i -H '%s' %s/notes", good, r.URL)
	return counters(r)
}

// clientCredentials gets a token as a service would (RFC 6749 §4.4).
func clientCredentials(ctx context.Context, issuer string) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, issuer+issuertest.EndpointToken, strings.NewReader(form.Encode()))
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

// counters prints what Prometheus would scrape, without the histograms.
func counters(r *show.Run) error {
	answer := r.Ask("GET /metrics", nil)
	if answer.Err != nil {
		return answer.Err
	}
	r.Printf("\n")
	n := 0
	for line := range strings.Lines(answer.Body) {
		if strings.HasPrefix(line, "warder_") && !strings.Contains(line, "_bucket") {
			r.Printf("%s", line)
			n++
		}
	}
	if n == 0 {
		return errors.New("no metrics")
	}
	return nil
}
