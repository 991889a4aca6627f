package verifiertest_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/verifiertest"
)

func TestVerifier(t *testing.T) { testVerifier(t) }

func newIssuer(t *testing.T) *issuertest.Issuer {
	t.Helper()
	issuer := issuertest.NewInMemoryIssuer()
	t.Cleanup(issuer.Close)
	return issuer
}

// newVerifier returns one that has not been used.
func newVerifier(t *testing.T, issuer *issuertest.Issuer) middleware.Verifier {
	t.Helper()
	v, err := jwks.NewVerifier(jwks.Config{
		Issuer: issuer.URL, Audience: []string{issuertest.Audience}, HTTPClient: issuer.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// opaque knows no token.
var opaque = middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
	return nil, middleware.InvalidToken
})

// What chooses among verifiers lets nothing through that they would not, and
// refuses as they do.
func TestVerifiersOfTheHub(t *testing.T) {
	t.Run("by issuer", func(t *testing.T) {
		issuer := newIssuer(t)
		verifiertest.Run(t, middleware.ByIssuer(map[string]middleware.Verifier{issuer.URL: newVerifier(t, issuer)}), issuer)
	})
	t.Run("by format", func(t *testing.T) {
		issuer := newIssuer(t)
		verifiertest.Run(t, middleware.ByFormat(newVerifier(t, issuer), opaque), issuer)
	})
}

// A Verifier of one's own may refuse with the bare Code.
func TestABareCodeIsEnough(t *testing.T) {
	issuer := newIssuer(t)
	v := refusing(newVerifier(t, issuer), func(string) (*middleware.Token, error) { return nil, middleware.InvalidToken })
	names := map[string]bool{}
	for _, r := range verifiertest.Results(t.Context(), issuer, v)[0] {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Name, r.Err)
		}
		if names[r.Name] {
			t.Errorf("two subtests are called %q", r.Name) // -run takes names
		}
		names[r.Name] = true
	}
	if len(names) < 400 {
		t.Errorf("only %d subtests", len(names))
	}
}

// Run fails the test that it is given. A process of its own fails here.
func TestRunFails(t *testing.T) {
	const inside = "VERIFIERTEST_FAIL"
	if os.Getenv(inside) != "" {
		verifiertest.Run(t, opaque, newIssuer(t))
		return
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunFails$")
	c.Env = append(os.Environ(), inside+"=1")
	out, err := c.CombinedOutput()
	if err == nil {
		t.Error("a verifier that refuses every token passes")
	}
	for _, want := range []string{
		"--- FAIL: TestRunFails/R9068-02:_a_token_as_the_issuer_makes_it",
		"without a request: refused: invalid_token",
		"then in a request: refused: invalid_token",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "--- FAIL: TestRunFails/R9068-04") {
		t.Errorf("it complains about a token that was refused:\n%s", out)
	}
}
