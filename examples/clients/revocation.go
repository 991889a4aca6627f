package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// revoke gives a token back (RFC 7009 §2): an access token alone, or a refresh
// token and all that came of it. A refusal is an *oauth2.RetrieveError. Public
// clients and those with a key name themselves.
func revoke(ctx context.Context, c *oauth2.Config, endpoint, token string) error {
	form := url.Values{"token": {token}}
	if c.ClientSecret == "" {
		form.Set("client_id", c.ClientID)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.ClientSecret != "" {
		r.SetBasicAuth(url.QueryEscape(c.ClientID), url.QueryEscape(c.ClientSecret)) // RFC 6749 §2.3.1
	}
	client, _ := ctx.Value(oauth2.HTTPClient).(*http.Client)
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusOK {
		return nil // also for a token that the issuer does not know (§2.2)
	}
	refused := &oauth2.RetrieveError{Response: response, Body: body}
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &answer) == nil {
		refused.ErrorCode, refused.ErrorDescription = answer.Error, answer.Description
	}
	return refused
}
