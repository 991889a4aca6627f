package issuertest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// secretText is base32, five bits a letter: 26 of them are 130 bits.
var secretText = regexp.MustCompile(`[A-Z2-7]{26}$`)

// R6749-23: at least 128 bits, and never the same twice. All are made the same
// way, so that a hundred of each are as good as a thousand of one.
func TestSecretsAreUnguessable(t *testing.T) {
	iss := withResources(onSocket(t))
	seen := map[string]bool{}
	check := func(kind string, secret any) {
		t.Helper()
		s, _ := secret.(string)
		tail := secretText.FindString(s)
		if tail == "" || seen[tail] {
			t.Fatalf("a %s of %d characters: seen before is %t", kind, len(s), seen[tail])
		}
		seen[tail] = true
	}
	for range 200 {
		code := codeFor(t, iss, authorization(url.Values{"scope": {"mail:send"}}))
		check("code", code)
		tokens := redeem(t, iss, code, nil).json
		check("opaque access token", tokens["access_token"])
		check("refresh token", tokens["refresh_token"])
		check("jti of an opaque token", about(t, iss, tokens["access_token"])["jti"])
		own := asClient(t, iss, "service", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}})
		_, claims := decode(t, own.json["access_token"].(string))
		check("jti of a JWT", claims["jti"])
		device := ask(t, iss, request{endpoint: "/device_authorization", body: "client_id=app&scope=read"})
		check("device code", device.json["device_code"])
	}
	if len(seen) < 1000 {
		t.Errorf("%d samples", len(seen))
	}
}

// R6749-23: the origin. Whoever wants randomness in this package finds
// crypto/rand, and nothing else has a name like it.
func TestSecretsComeFromCryptoRand(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	readers := 0
	for _, entry := range files {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			switch path, _ := strconv.Unquote(i.Path.Value); {
			case path == "crypto/rand" && i.Name == nil:
				readers++
			case strings.HasSuffix(path, "rand") || strings.Contains(path, "math/rand") || strings.Contains(path, "uuid"):
				t.Errorf("%s imports %s", name, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool { // a clock is no source either
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "UnixNano") {
				t.Errorf("%s uses %s", name, s.Sel.Name)
			}
			return true
		})
	}
	if readers < 5 {
		t.Errorf("%d files use crypto/rand", readers)
	}
}
