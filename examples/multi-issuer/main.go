// Command multi-issuer runs an API with a path for each tenant, whose tokens
// come from an issuer of its own, and shows that tenants stay apart.
//
//	go run ./examples/multi-issuer         then try the curl lines it prints
//	go run ./examples/multi-issuer -once   exits after the table
//
// The lesson: middleware.ByIssuer says whose token it is, and nothing about
// what it opens. The path names a tenant as well, and the two must agree.
package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/warder-go/warder/examples/internal/show"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// tenant is who issues a tenant's tokens, and what they say they are for.
type tenant struct{ issuer, audience string }

// newAPI is what you would write in your own service. Tenants that share an
// issuer need a claim that tells them apart; here each has its own.
func newAPI(tenants map[string]tenant) (http.Handler, error) {
	verifiers := map[string]middleware.Verifier{}
	for name, t := range tenants {
		if verifiers[t.issuer] != nil {
			return nil, fmt.Errorf("tenant %s shares its issuer with another", name)
		}
		v, err := jwks.NewVerifier(jwks.Config{Issuer: t.issuer, Audience: []string{t.audience}})
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", name, err)
		}
		verifiers[t.issuer] = v
	}
	guard := middleware.New(atOwnPath(tenants, middleware.ByIssuer(verifiers)), nil)

	// The guard stands behind the pattern: it needs to know the tenant.
	api := http.NewServeMux()
	api.Handle("GET /tenants/{tenant}/notes", guard.Handler(scopes.Require("read")(http.HandlerFunc(listNotes))))
	return api, nil
}

// atOwnPath returns a Verifier that accepts what next accepts, at the path of
// the tenant whose issuer the token is from. Without it, a good token of one
// tenant would open every other's path. A tenant that does not exist is answered
// like one that is somebody else's: strangers learn no names.
func atOwnPath(tenants map[string]tenant, next middleware.Verifier) middleware.Verifier {
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := next.Verify(ctx, token, r)
		if err != nil {
			return nil, err
		}
		if r != nil {
			if own, ok := tenants[r.PathValue("tenant")]; ok && own.issuer == t.Issuer {
				return t, nil
			}
		}
		return nil, &middleware.Error{
			Code: middleware.InvalidToken, Reason: middleware.ReasonWrongAudience,
			Description: "The access token is not for this tenant",
		}
	})
}

// A subject is somebody only together with the issuer (RFC 8725 §3.8).
func listNotes(w http.ResponseWriter, r *http.Request) {
	token, _ := middleware.FromContext(r.Context())
	fmt.Fprintf(w, "notes of %s at %s\n", token.Subject, token.Issuer)
}

func main() { show.Main("127.0.0.1:0", run) }

// run serves the API, and two issuers for tests in place of yours.
func run(r *show.Run) error {
	acme, globex := issuertest.NewIssuer(), issuertest.NewIssuer()
	defer acme.Close()
	defer globex.Close()
	api, err := newAPI(map[string]tenant{
		"acme":   {acme.URL, "https://api.example/tenants/acme"},
		"globex": {globex.URL, "https://api.example/tenants/globex"},
	})
	if err != nil {
		return err
	}
	return r.Serve(api, func() error {
		tour(r, acme, globex)
		return nil
	})
}
