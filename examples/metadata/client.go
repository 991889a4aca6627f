package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// client is registered with the issuer, and knows of the API only what it finds.
type client struct {
	out        io.Writer
	id, secret string
	token      string // the last one it got
}

// visit makes one request, and where that is refused, one more with a token
// that it finds its way to. Every step is printed.
func (c *client) visit(ctx context.Context, method, resource string) error {
	refused, err := c.send(ctx, method, resource, c.token)
	if err != nil || refused.StatusCode < 400 {
		return err
	}
	challenge := params(refused.Header.Get("WWW-Authenticate"))
	fmt.Fprintf(c.out, "    the API describes itself at %s\n    and wants the scope         %s\n", challenge["resource_metadata"], challenge["scope"])

	var api struct {
		Resource             string   `json:"resource"`
		AuthorizationServers []string `json:"authorization_servers"`
	}
	if err := c.fetch(ctx, challenge["resource_metadata"], &api); err != nil {
		return err
	}
	// Without this, a refusal could send the client to the document of another
	// API, and its token there (RFC 9728 §3.3).
	if api.Resource != resource || len(api.AuthorizationServers) == 0 {
		return errors.New("the metadata is of another resource, or names no authorization server")
	}
	issuer := api.AuthorizationServers[0]
	fmt.Fprintf(c.out, "    its tokens come from        %s\n", issuer)

	var server struct {
		Issuer        string   `json:"issuer"`
		TokenEndpoint string   `json:"token_endpoint"`
		GrantTypes    []string `json:"grant_types_supported"`
	}
	if err := c.fetch(ctx, wellKnown(issuer), &server); err != nil {
		return err
	}
	if server.Issuer != issuer || !slices.Contains(server.GrantTypes, "client_credentials") {
		return errors.New("the metadata is of another issuer, or our grant is not offered (RFC 8414 §3.3)")
	}
	fmt.Fprintf(c.out, "    which hands them out at     %s\n", server.TokenEndpoint)

	if c.token, err = c.ask(ctx, server.TokenEndpoint, resource, challenge["scope"]); err != nil {
		return err
	}
	answer, err := c.send(ctx, method, resource, c.token)
	if err == nil && answer.StatusCode >= 400 {
		err = fmt.Errorf("refused with the token that was asked for: %s", answer.Status)
	}
	return err
}

// send makes one request and prints one row.
func (c *client) send(ctx context.Context, method, resource, token string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, resource, nil)
	if err != nil {
		return nil, err
	}
	what := "without a token"
	if token != "" {
		what = "with the token"
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	fmt.Fprintf(c.out, "%-5s %-16s %d\n", method, what, resp.StatusCode)
	return resp, nil
}

// fetch reads a JSON document.
func (c *client) fetch(ctx context.Context, url string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return decode(resp, v)
}

// ask gets a token for the resource, with this scope, as a service does (RFC
// 6749 §4.4, RFC 8707 §2.2).
func (c *client) ask(ctx context.Context, endpoint, resource, scope string) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}, "resource": {resource}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(c.id, c.secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = decode(resp, &answer)
	return answer.AccessToken, err
}

func decode(resp *http.Response, v any) error {
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", resp.Request.URL.Path, resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(v)
}

var param = regexp.MustCompile(`(\w+)="([^"\\]*)"`)

// params reads the parameters of one challenge. This is enough for values
// without quotes in them; RFC 9110 §11.2 allows more.
func params(challenge string) map[string]string {
	all := map[string]string{}
	for _, m := range param.FindAllStringSubmatch(challenge, -1) {
		all[m[1]] = m[2]
	}
	return all
}

// wellKnown is where an issuer publishes its metadata: the well-known path
// stands between host and path (RFC 8414 §3.1).
func wellKnown(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	u.Path = "/.well-known/oauth-authorization-server" + strings.TrimSuffix(u.Path, "/")
	return u.String()
}
