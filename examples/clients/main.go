package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/warder-go/warder/issuertest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run serves the issuer and the API, and lets every client have its turn.
func run(ctx context.Context, out io.Writer) error {
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	t := tour{ctx: ctx, out: out, issuer: issuer, api: "http://" + listener.Addr().String()}
	err = t.show(key)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(end))
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

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
