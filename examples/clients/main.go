package main

import (
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
)

// configs returns how golang.org/x/oauth2 is told of the three clients, after
// discovery.
func configs(p *oidc.Provider, scopes ...string) (web, app, service *oauth2.Config) {
	config := func(id, secret string, style oauth2.AuthStyle) *oauth2.Config {
		endpoint := p.Endpoint()
		endpoint.AuthStyle = style
		return &oauth2.Config{
			ClientID: id, ClientSecret: secret, Endpoint: endpoint,
			RedirectURL: issuertest.RedirectURI, Scopes: scopes,
		}
	}
	return config("web", webSecret, oauth2.AuthStyleInHeader),
		config("app", "", oauth2.AuthStyleInParams),
		config("service", "", oauth2.AuthStyleInParams)
}

// machine is the config of the same client for the client credentials grant
// (RFC 6749 §4.4).
func machine(c *oauth2.Config) *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		TokenURL: c.Endpoint.TokenURL, AuthStyle: c.Endpoint.AuthStyle, Scopes: c.Scopes,
	}
}

func main() { show.Main("", run) }

// run serves the issuer and the API, and lets every client have its turn.
func run(r *show.Run) error {
	r.Once = true // there is nothing to try afterwards
	key, err := newKey()
	if err != nil {
		return err
	}
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	register(issuer, key.Public())
	api, err := newAPI(issuer.URL, issuer.Client())
	if err != nil {
		return err
	}
	return r.Serve(api, func() error {
		t := tour{ctx: r.Context, out: r.Out, issuer: issuer, api: r.URL}
		return t.show(key)
	})
}
