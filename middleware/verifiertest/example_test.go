package verifiertest_test

import (
	"testing"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware/verifiertest"
)

// testVerifier is called TestVerifier in a test file of yours.
func testVerifier(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	v, err := jwks.NewVerifier(jwks.Config{ // or a Verifier of your own
		Issuer:   issuer.URL,
		Audience: []string{issuertest.Audience},
	})
	if err != nil {
		t.Fatal(err)
	}
	verifiertest.Run(t, v, issuer)
}

// The go command finds a test by its name, and gives it its T.
func ExampleRun() {
	var _ func(t *testing.T) = testVerifier
}
