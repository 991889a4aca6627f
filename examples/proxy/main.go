// Command proxy runs a reverse proxy that admits callers by their access tokens
// and an API behind it that never sees one, and shows what arrives there.
//
//	go run ./examples/proxy         then try the curl lines it prints
//	go run ./examples/proxy -once   exits after the table
//
// The lesson: a token is for its audience, which is the proxy. Whoever could
// read it at the next hop could use it here, so the proxy keeps it, and says in
// fields of its own who is calling.
package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// newFront is what you would write in your own service: the routes that the
// proxy lets through, and what each needs. All else ends here.
func newFront(issuer, audience string, upstream *url.URL) (http.Handler, error) {
	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		return nil, err
	}
	guard := middleware.New(verifier, &middleware.Options{Sources: []middleware.Source{
		middleware.FromHeader,
		middleware.FromCookie("token", http.NewCrossOriginProtection()),
	}})
	proxy := newProxy(upstream)
	mux := http.NewServeMux()
	mux.Handle("GET /prices", proxy)
	mux.Handle("/notes/", proxy)
	return scopes.Routes{
		"GET /prices": scopes.Public(),
		"/notes/":     scopes.All("read"),
	}.Handler(guard, mux)
}

// echo is the API behind the proxy. It answers with what it was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, r.Method, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the proxy, an API behind it, and an issuer for tests in place of
// yours.
func run(r *show.Run) error {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()

	// Nobody but the proxy may reach the API: its word on who is calling counts
	// only where no other's does. Here, that is what loopback stands for.
	behind := httptest.NewServer(http.HandlerFunc(echo))
	defer behind.Close()
	upstream, err := url.Parse(behind.URL)
	if err != nil {
		return err
	}
	front, err := newFront(issuer.URL, issuertest.Audience, upstream)
	if err != nil {
		return err
	}
	return r.Serve(front, func() error {
		(&tour{r}).show(issuer)
		return nil
	})
}
