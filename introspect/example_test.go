package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// visit asks the guarded greeting with each token.
func visit(guard *middleware.Guard, tokens ...string) {
	hello := guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		fmt.Fprintln(w, "hello", t.Subject)
	}))
	for _, token := range tokens {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		hello.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
		for _, challenge := range w.Header().Values("WWW-Authenticate") {
			fmt.Println("   ", challenge)
		}
	}
}

func ExampleNewVerifier() {
	iss := issuertest.NewIssuer() // stands for yours
	defer iss.Close()

	v, err := introspect.NewVerifier(introspect.Config{
		Issuer:       iss.URL,
		Audience:     []string{issuertest.Audience},
		Authenticate: introspect.Basic(issuertest.ClientID, issuertest.ClientSecret),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	visit(middleware.New(v, nil),
		iss.Opaque(nil),
		iss.Opaque(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		"2YotnFZFEjr1zCsicMWpAA",
	)
	// Output:
	// 200 hello user
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
}

// A configuration that cannot work says everything that is wrong with it.
func ExampleNewVerifier_mistakes() {
	_, err := introspect.NewVerifier(introspect.Config{
		Issuer:    "http://login.example.com",
		ClockSkew: time.Hour,
	})
	fmt.Println(err)
	// Output:
	// introspect: Issuer "http://login.example.com": not https; InsecureAllowHTTP is for http inside a cluster
	// introspect: Audience is missing
	// introspect: Authenticate is missing; an endpoint that answers anybody tells strangers about tokens
	// introspect: ClockSkew 1h0m0s: more than 5m0s
}

// Answers that the issuer signs (RFC 9701), and none but those.
func ExampleNewVerifier_signed() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	keys, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := introspect.NewVerifier(introspect.Config{
		Issuer:           iss.URL,
		Audience:         []string{issuertest.Audience},
		Authenticate:     introspect.Post(issuertest.ClientID, issuertest.ClientSecret),
		SignedBy:         keys,
		ResponseAudience: []string{issuertest.ClientID}, // whom this issuer answers
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	visit(middleware.New(v, nil), iss.Opaque(nil))
	// Output:
	// 200 hello user
}

// One route for both kinds of tokens. JWTs are verified here, and the issuer is
// asked about everything else. A JWT that is refused here is refused: it is not
// asked about, though the issuer might think better of it.
func Example_byFormat() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	jwt, err1 := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}})
	opaque, err2 := introspect.NewVerifier(introspect.Config{
		Issuer:       iss.URL,
		Audience:     []string{issuertest.Audience},
		Authenticate: introspect.Basic(issuertest.ClientID, issuertest.ClientSecret),
	})
	if err := errors.Join(err1, err2); err != nil {
		fmt.Println(err)
		return
	}
	guard := middleware.New(middleware.ByFormat(jwt, opaque), nil)
	visit(guard, iss.Opaque(nil))
	fmt.Println("asked about", iss.Requests(issuertest.EndpointIntrospection), "tokens")
	visit(guard,
		iss.Token(nil),
		iss.Token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		iss.Sign(map[string]any{"alg": "none"}, nil),
	)
	fmt.Println("asked about", iss.Requests(issuertest.EndpointIntrospection), "tokens")
	// Output:
	// 200 hello user
	// asked about 1 tokens
	// 200 hello user
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token expired"
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is malformed"
	// asked about 1 tokens
}

// Whoever revokes a token through this API need not wait for CacheTTL.
func ExampleVerifier_Forget() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	v, err := introspect.NewVerifier(introspect.Config{
		Issuer:       iss.URL,
		Audience:     []string{issuertest.Audience},
		Authenticate: introspect.Basic(issuertest.ClientID, issuertest.ClientSecret),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, token := middleware.New(v, nil), iss.Opaque(nil)
	visit(guard, token)

	iss.Revoke(token)
	visit(guard, token) // remembered

	v.Forget(token)
	visit(guard, token)
	// Output:
	// 200 hello user
	// 200 hello user
	// 401 Unauthorized
	//     Bearer realm="api", error="invalid_token", error_description="The access token is not active"
}

// An issuer that gives its clients keys instead of secrets (RFC 7523).
func ExamplePrivateKeyJWT() {
	key := edKey() // stands for one from a file or from hardware
	cfg := introspect.Config{
		Issuer:       "https://login.example.com",
		Audience:     []string{"https://api.example.com"},
		Authenticate: introspect.PrivateKeyJWT("notes-api", key, "EdDSA", "2026-01"),
	}
	_, err := introspect.NewVerifier(cfg)
	fmt.Println(err)
	// Output:
	// <nil>
}

// An access token of our own (RFC 7662 §2.1), from a source that keeps it while
// it is good, such as an oauth2.TokenSource.
func ExampleBearer() {
	source := func(context.Context) (string, error) { return os.Getenv("OWN_TOKEN"), nil }
	cfg := introspect.Config{
		Issuer:       "https://login.example.com",
		Audience:     []string{"https://api.example.com"},
		Authenticate: introspect.Bearer(source),
	}
	_, err := introspect.NewVerifier(cfg)
	fmt.Println(err)
	// Output:
	// <nil>
}
