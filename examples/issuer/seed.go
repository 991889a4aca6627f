package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/warder-go/warder/examples/issuer/pages"
	"github.com/warder-go/warder/issuertest"
)

// The resources that tokens can be for.
const (
	api     = issuertest.Audience // JWT access tokens
	archive = "https://archive.example"
)

var options = pages.Options{
	Users: []pages.User{
		{
			Name: "alice", Password: "wonderland", Code: "123456", Subject: "user-1",
			Info: map[string]any{"name": "Alice Liddell", "preferred_username": "alice", "email": "alice@example.com", "email_verified": true},
		},
		{
			Name: "bob", Password: "builder", Code: "654321", Subject: "user-2",
			Info: map[string]any{"name": "Bob Doe", "preferred_username": "bob", "email": "bob@example.com", "email_verified": false},
		},
	},
	Scopes: map[string]string{
		"notes:read":     "Read your notes",
		"notes:write":    "Write, change and delete your notes",
		"archive:read":   "Read what you archived",
		"profile":        "See your name",
		"email":          "See your e-mail address",
		"offline_access": "Do all this while you are away, until you take it back",
	},
	Remember: []string{"web"},
}

const callback = "http://127.0.0.1/callback" // at any port

// clients are all that there are.
var clients = []issuertest.Client{
	{
		ID: "web", Name: "Notebook on the Web", Secret: "web-secret",
		RedirectURIs: []string{callback, "http://localhost/callback"},
		Grants:       []string{issuertest.GrantAuthorizationCode, issuertest.GrantRefreshToken},
		Scopes:       []string{"openid", "profile", "email", "offline_access", "notes:read", "notes:write", "archive:read"},
	},
	{
		ID: "app", Name: "Notebook for your Phone",
		RedirectURIs: []string{callback, "http://localhost/callback", "http://[::1]/callback", "com.example.notebook:/callback"},
		Grants:       []string{issuertest.GrantAuthorizationCode, issuertest.GrantRefreshToken},
		Scopes:       []string{"openid", "profile", "email", "offline_access", "notes:read", "notes:write"},
	},
	{
		ID: "tv", Name: "Notebook on TV",
		Grants: []string{issuertest.GrantDeviceCode, issuertest.GrantRefreshToken},
		Scopes: []string{"openid", "profile", "notes:read"},
	},
	{
		ID: "backup", Name: "The nightly backup", Secret: "backup-secret",
		Grants: []string{issuertest.GrantClientCredentials},
		Scopes: []string{"notes:read", "archive:read"},
	},
}

// The resource server's credentials for introspection.
const apiID, apiSecret = "api", "api-secret"

// seed registers what describe tells of.
func seed(issuer *issuertest.Issuer) {
	issuer.AddResource(issuertest.Resource{URI: api, Scopes: []string{"notes:read", "notes:write"}})
	issuer.AddResource(issuertest.Resource{URI: archive, Scopes: []string{"archive:read"}, Opaque: true})
	for _, c := range clients {
		issuer.AddClient(c)
	}
	issuer.RegisterResource(apiID, apiSecret, api, archive)
}

// describe prints the URL alone on the first line, for programs, and then all that
// a person needs.
func describe(out io.Writer, url string) {
	fmt.Fprintf(out, "%s\n\nusers\n", url)
	for _, u := range options.Users {
		fmt.Fprintf(out, "  %-10s password %s, second factor %s\n", u.Name, u.Password, u.Code)
	}
	fmt.Fprint(out, "\nclients\n")
	for _, c := range clients {
		secret := "public"
		if c.Secret != "" {
			secret = "secret " + c.Secret
		}
		fmt.Fprintf(out, "  %-10s %s: %s\n", c.ID, secret, strings.Join(short(c.Grants), ", "))
		if len(c.RedirectURIs) > 0 {
			fmt.Fprintf(out, "  %-10s back to %s, at any port\n", "", c.RedirectURIs[0])
		}
		fmt.Fprintf(out, "  %-10s scopes %s\n", "", strings.Join(c.Scopes, " "))
	}
	fmt.Fprintf(out, "\nresources\n  %-24s JWT access tokens\n  %-24s opaque access tokens\n  %-24s introspects both: secret %s\n",
		api, archive, apiID, apiSecret)
}

// short names grants as people do.
func short(grants []string) []string {
	names := make([]string, len(grants))
	for n, g := range grants {
		names[n] = strings.ReplaceAll(g[strings.LastIndexByte(g, ':')+1:], "_", " ")
	}
	return names
}
