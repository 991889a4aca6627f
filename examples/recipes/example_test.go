package recipes_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	// The pages in docs show the recipes as code of the reader's own package.
	. "github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// ask sends one GET request to h and prints the answer.
func ask(h http.Handler, path, token string) {
	r := httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("WWW-Authenticate"))))
}

func verifierOf(url string) middleware.Verifier {
	v, err := jwks.NewVerifier(jwks.Config{Issuer: url, Audience: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// Nothing is asked of the issuer before a token needs a key.
func Example() {
	guard := middleware.New(verifierOf("https://login.example.com"), nil)
	ask(NewAPI(guard), "/notes", "")
	// Output: 401 Bearer realm="api"
}

func ExampleTwoIssuers() {
	staff, partners := verifierOf("https://login.example.com"), verifierOf("https://id.partner.example")
	api := NewAPI(TwoIssuers(staff, OnlyTenant("acme", partners)))

	stranger := issuertest.NewInMemoryIssuer() // https://issuer.test
	defer stranger.Close()
	ask(api, "/healthz", "")
	ask(api, "/notes", stranger.Token(nil))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

func ExampleNewOpaqueGuard() {
	guard, err := NewOpaqueGuard(verifierOf("https://login.example.com"))
	if err != nil {
		log.Fatal(err)
	}
	api := NewAPI(guard)

	stranger := issuertest.NewInMemoryIssuer() // https://issuer.test
	defer stranger.Close()
	ask(api, "/notes", "")
	ask(api, "/notes", stranger.Token(nil)) // a JWT: not sent to anybody
	// Output:
	// 401 Bearer realm="api"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

func Example_sources() {
	guard := middleware.New(verifierOf("https://login.example.com"), &middleware.Options{
		Sources:     []middleware.Source{middleware.FromHeader, FromSubprotocol},
		WriteDenial: WriteProblem,
	})
	ask(NewAPI(guard), "/notes", "")
	// Output: 401 Bearer realm="api"
}
