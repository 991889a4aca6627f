package recipes_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	// The README shows the recipes as code of the reader's own package.
	. "github.com/warder-go/warder/examples/recipes"
	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/metrics"
	"github.com/warder-go/warder/scopes"
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
	mux := http.NewServeMux()
	listNotes := http.NotFoundHandler()

	verifier, err := jwks.NewVerifier(jwks.Config{Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, nil)
	mux.Handle("GET /notes", guard.Handler(scopes.Require("notes:read")(listNotes)))

	ask(mux, "/notes", "")
	// Output: 401 Bearer realm="api"
}

func Example_severalIssuers() {
	staff, err := jwks.NewVerifier(jwks.Config{Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	partners, err := jwks.NewVerifier(jwks.Config{Issuer: "https://id.partner.example", Audience: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(middleware.ByIssuer(map[string]middleware.Verifier{
		"https://login.example.com":  staff,
		"https://id.partner.example": OnlyTenant("acme", partners),
	}), nil)

	stranger := issuertest.NewInMemoryIssuer() // https://issuer.test
	defer stranger.Close()
	api := NewAPI(guard)
	ask(api, "/healthz", "")
	ask(api, "/notes", stranger.Token(nil))
	// Output:
	// 200
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

func Example_opaqueTokens() {
	jwts := verifierOf("https://login.example.com")

	opaque, err := introspect.NewVerifier(introspect.Config{
		Issuer:       "https://login.example.com",
		Audience:     []string{"https://api.example.com"},
		Authenticate: introspect.Basic("notes-api", os.Getenv("NOTES_API_SECRET")),
	})
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(middleware.ByFormat(jwts, opaque), nil)

	stranger := issuertest.NewInMemoryIssuer() // https://issuer.test
	defer stranger.Close()
	api := NewAPI(guard)
	ask(api, "/notes", "")
	ask(api, "/notes", stranger.Token(nil)) // a JWT: not sent to anybody
	// Output:
	// 401 Bearer realm="api"
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is from an issuer that is not accepted here"
}

func Example_metrics() {
	verifier := verifierOf("https://login.example.com")

	observe, err := metrics.New(prometheus.DefaultRegisterer)
	if err != nil {
		log.Fatal(err)
	}
	guard := middleware.New(verifier, &middleware.Options{
		Observe: middleware.Observers(observe, middleware.Log(nil)), // nil: slog.Default()
	})

	ask(NewAPI(guard), "/notes", "")
	// Output: 401 Bearer realm="api"
}

func Example_sources() {
	verifier := verifierOf("https://login.example.com")

	guard := middleware.New(verifier, &middleware.Options{
		Sources:     []middleware.Source{middleware.FromHeader, FromSubprotocol},
		WriteDenial: WriteProblem,
	})

	ask(NewAPI(guard), "/notes", "")
	// Output: 401 Bearer realm="api"
}
