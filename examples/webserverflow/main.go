// Command webserverflow tells the story of the authorization code flow: a person
// with a browser, an issuer that asks them, a web application that gets tokens,
// and an API guarded by Warder.
//
//	go run ./examples/webserverflow         then open the URL that it prints
//	go run ./examples/webserverflow -once   goes through the story and exits
//
// The API runs twice, on the same tokens. One verifies them by their signature:
// nobody has to be asked, and so it does not hear of a revocation. The other asks
// the issuer, and does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/warder-go/warder/examples/issuer/pages"
	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// What the issuer knows of the application and of the API.
const (
	clientID, clientSecret = "notebook", "notebook-secret"
	apiID, apiSecret       = "notes-api", "notes-api-secret"
	audience               = "https://notes.example"
)

// alice is the person. Her password is for this example.
var alice = pages.User{Name: "alice", Password: "wonderland", Subject: "user-1"}

func main() {
	once := flag.Bool("once", false, "exit after the story: 0 if every answer is as expected")
	addr := flag.String("addr", "127.0.0.1:0", "where the application listens: a port of 127.0.0.1, localhost or [::1]")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *once); err != nil {
		log.Fatal(err)
	}
}

// newIssuer starts the issuer, with its pages. It sends people back to redirectURI;
// the port of loopback may vary (RFC 8252 §7.3).
func newIssuer(redirectURI string) *issuertest.Issuer {
	issuer := issuertest.NewIssuer()
	issuer.AddResource(issuertest.Resource{URI: audience, Scopes: []string{"notes:read", "notes:write"}})
	issuer.RegisterResource(apiID, apiSecret, audience)
	issuer.AddClient(issuertest.Client{
		ID: clientID, Name: "Notebook", Secret: clientSecret,
		RedirectURIs: []string{redirectURI},
		Grants:       []string{issuertest.GrantAuthorizationCode, issuertest.GrantRefreshToken},
		Scopes:       []string{"notes:read", "notes:write"},
	})
	pages.Serve(issuer, pages.Options{
		Users:  []pages.User{alice},
		Scopes: map[string]string{"notes:read": "Read your notes", "notes:write": "Write, change and delete your notes"},
	})
	return issuer
}

// run serves the application until ctx ends, or until the story is told.
func run(ctx context.Context, out io.Writer, addr string, once bool) error {
	listener, url, err := listen(addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	issuer := newIssuer(url + "/callback")
	defer issuer.Close()
	bySignature, err := jwks.NewVerifier(jwks.Config{Issuer: issuer.URL, Audience: []string{audience}})
	if err != nil {
		return err
	}
	byIntrospection, err := introspect.NewVerifier(introspect.Config{
		Issuer: issuer.URL, Audience: []string{audience},
		Authenticate: introspect.Basic(apiID, apiSecret),
		CacheTTL:     -1, // every time, so that a revocation counts at once
	})
	if err != nil {
		return err
	}

	var servers servers
	defer servers.close()
	var apis []api
	for _, a := range []struct {
		name     string
		verifier middleware.Verifier
	}{{"by signature", bySignature}, {"by introspection", byIntrospection}} {
		handler, err := newAPI(a.verifier)
		if err != nil {
			return err
		}
		l, at, err := listen("127.0.0.1:0")
		if err != nil {
			return err
		}
		servers.serve(l, handler)
		apis = append(apis, api{a.name, at})
	}
	servers.serve(listener, newApplication(issuer.URL, url+"/callback", apis))

	if once {
		t := tour{ctx: ctx, out: out, application: url}
		return t.show()
	}
	fmt.Fprintf(out, "Open %s and sign in as %s with the password %s.\nServing until Ctrl-C.\n", url, alice.Name, alice.Password)
	<-ctx.Done()
	return nil
}

// listen refuses what is not loopback, before anything listens there: without TLS
// the code and the cookie would cross a network, and so no issuer registers such a
// redirect URI (RFC 9700 §2.6, RFC 8252 §7.3).
func listen(addr string) (l net.Listener, url string, err error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, "", err
	}
	if at.Zone != "" || !at.IP.Equal(net.IPv4(127, 0, 0, 1)) && !at.IP.Equal(net.IPv6loopback) {
		return nil, "", errors.New("-addr: the application has no TLS and listens on 127.0.0.1, localhost or [::1] only")
	}
	if l, err = net.ListenTCP("tcp", at); err != nil {
		return nil, "", err
	}
	return l, "http://" + l.Addr().String(), nil
}

// servers are those of one run.
type servers []*http.Server

func (s *servers) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	*s = append(*s, server)
	go server.Serve(l)
}

func (s *servers) close() {
	for _, server := range *s {
		server.Close()
	}
}
