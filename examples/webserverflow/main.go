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
	"errors"
	"net"
	"net/http/httptest"

	"github.com/warder-go/warder/examples/internal/show"
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

// newVerifiers returns the two ways to verify a token.
func newVerifiers(issuer string) (bySignature, byIntrospection middleware.Verifier, err error) {
	bySignature, err = jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, nil, err
	}
	byIntrospection, err = introspect.NewVerifier(introspect.Config{
		Issuer: issuer, Audience: []string{audience},
		Authenticate: introspect.Basic(apiID, apiSecret),
		CacheTTL:     -1, // every time, so that a revocation counts at once
	})
	if err != nil {
		return nil, nil, err
	}
	return bySignature, byIntrospection, nil
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

func main() { show.Main("127.0.0.1:0", run) }

// run serves the application until Ctrl-C, or until the story is told.
func run(r *show.Run) (err error) {
	if r.Addr, err = loopback(r.Addr); err != nil {
		return err
	}
	listener, err := r.Listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	issuer := newIssuer(r.URL + "/callback")
	defer issuer.Close()
	bySignature, byIntrospection, err := newVerifiers(issuer.URL)
	if err != nil {
		return err
	}
	var apis []api
	for _, a := range []struct {
		name     string
		verifier middleware.Verifier
	}{{"by signature", bySignature}, {"by introspection", byIntrospection}} {
		handler, err := newAPI(a.verifier)
		if err != nil {
			return err
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		apis = append(apis, api{a.name, server.URL})
	}
	return r.Serve(newApplication(issuer.URL, r.URL+"/callback", apis), func() error {
		if r.Once {
			return newTour(r).show()
		}
		r.Printf("Open %s and sign in as %s with the password %s.\n", r.URL, alice.Name, alice.Password)
		return nil
	})
}

// loopback resolves addr and refuses what is not loopback, before anything
// listens there: without TLS the code and the cookie would cross a network, and so
// no issuer registers such a redirect URI (RFC 9700 §2.6, RFC 8252 §7.3).
func loopback(addr string) (string, error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", err
	}
	if at.Zone != "" || !at.IP.Equal(net.IPv4(127, 0, 0, 1)) && !at.IP.Equal(net.IPv6loopback) {
		return "", errors.New("-addr: the application has no TLS and listens on 127.0.0.1, localhost or [::1] only")
	}
	return at.String(), nil
}
