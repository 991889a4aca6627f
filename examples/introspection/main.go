// Command introspection runs an API that takes both kinds of access token: JWTs
// are verified here, opaque ones by asking their issuer.
//
//	go run ./examples/introspection         then try the curl lines it prints
//	go run ./examples/introspection -once   exits after the table
//
// The lesson: the issuer's answers are remembered. That spares it a call for
// each request and serves good tokens while it is down, and it is why a revoked
// token is good for up to CacheTTL more: unless somebody calls Forget.
package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// newAPI is what you would write in your own service, where id and secret are
// this API's own credentials at the issuer. Whoever learns that a token was
// revoked calls forget: a handler for signing out, or for the issuer's notices.
// It reaches this process; other replicas wait for CacheTTL or are told, too.
func newAPI(issuer, audience, id, secret string) (api http.Handler, forget func(token string), err error) {
	jwts, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, nil, err
	}
	opaque, err := introspect.NewVerifier(introspect.Config{
		Issuer:       issuer,
		Audience:     []string{audience},
		Authenticate: introspect.Basic(id, secret),
		CacheTTL:     30 * time.Second, // the default, here because it is the lesson
	})
	if err != nil {
		return nil, nil, err
	}
	// A JWT that jwts refuses is refused: it is not sent to the issuer as well.
	guard := middleware.New(middleware.ByFormat(jwts, opaque), nil)

	mux := http.NewServeMux()
	mux.Handle("GET /notes", guard.Handler(scopes.Require("read")(http.HandlerFunc(listNotes))))
	return mux, opaque.Forget, nil
}

// The handler cannot tell which kind of token it was, and need not.
func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s\n", token.Subject)
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and an issuer for tests in place of yours.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	api, forget, err := newAPI(issuer.URL, issuertest.Audience, issuertest.ClientID, issuertest.ClientSecret)
	if err != nil {
		return err
	}
	return r.Serve(api, func() error {
		(&tour{r, issuer}).show(forget)
		return nil
	})
}
