package verifiertest_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/verifiertest"
)

// naive is a verifier as somebody writes it in an afternoon, with encoding/json
// and encoding/base64. It verifies the signature and judges iss, aud and exp.
type naive struct{ issuer *issuertest.Issuer }

var errNaive = errors.Join(middleware.InvalidToken, errors.New("it does not look right"))

func (v naive) Verify(_ context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	s := strings.Split(token, ".")
	if len(s) != 3 {
		return nil, errNaive
	}
	var octets [3][]byte
	for i := range s {
		var err error
		if octets[i], err = base64.RawURLEncoding.DecodeString(s[i]); err != nil {
			return nil, errNaive
		}
	}
	header := headerOf(token)
	if !signed(v.issuer.PublicKey(header.Kid), header.Alg, s[0]+"."+s[1], octets[2]) {
		return nil, errNaive
	}
	var c struct {
		Iss, Sub, Jti, Scope string
		ClientID             string `json:"client_id"`
		Aud                  any
		Exp, Iat             float64
	}
	if err := json.Unmarshal(octets[1], &c); err != nil {
		return nil, errNaive
	}
	var audience []string
	switch aud := c.Aud.(type) {
	case string:
		audience = []string{aud}
	case []any:
		for _, a := range aud {
			s, _ := a.(string)
			audience = append(audience, s)
		}
	}
	expiry := time.Unix(int64(c.Exp), 0)
	if c.Iss != v.issuer.URL || !slices.Contains(audience, issuertest.Audience) || expiry.Before(time.Now()) {
		return nil, errNaive
	}
	return &middleware.Token{
		Issuer: c.Iss, Subject: c.Sub, ClientID: c.ClientID, ID: c.Jti,
		Audience: slices.Clip(audience), Scopes: slices.Clip(strings.Fields(c.Scope)),
		IssuedAt: time.Unix(int64(c.Iat), 0), Expiry: expiry, Raw: octets[1],
	}, nil
}

func signed(key crypto.PublicKey, alg, input string, signature []byte) bool {
	digest := sha256.Sum256([]byte(input))
	switch public := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" && rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		return alg == "ES256" && ecdsa.Verify(public, digest[:], r, s)
	case ed25519.PublicKey:
		return alg == "EdDSA" && ed25519.Verify(public, []byte(input), signature)
	}
	return false
}

// What the kit is for: a verifier that its author believes in.
func TestANaiveVerifierFails(t *testing.T) {
	issuer := issuertest.NewIssuer()
	defer issuer.Close()
	failures := map[string]bool{}
	for _, r := range verifiertest.Results(t.Context(), issuer, naive{issuer})[0] {
		failures[r.Name] = r.Err != nil
	}
	for _, name := range []string{
		"R7515-04: a spare bit in the signature", "a line feed in the signature",
		"R9068-01: no typ", "R9068-01: typ is \"JWT\"", "R8725-05: typ is logout+jwt",
		"R7515-08: crit is [\"x\"]", "R7797-01: b64 is false and critical",
		"R7515-06: two typ members", "R7515-07: ALG instead of alg",
		"R7518-06: ES256 with R and S of 33 octets each",
		"R7519-01: invalid UTF-8 in sub", "R7519-01: two exp claims, the first one past", "R7519-01: two sub claims",
		"R7519-02: EXP in the future behind an exp in the past", "R7519-02: iss with a long s behind another iss",
		"R7519-02: AUD behind another aud", "SUB behind sub", "SCOPE behind scope",
		"R7519-05: nbf in two hours", "R7519-06: nbf is a string", "R7519-06: iat is null", "R7519-09: aud is an array of more than strings",
		"R9068-04: no jti", "R9068-04: no sub", "R9068-04: no client_id", "R7519-11: sub is null",
		"a tab is no separator of scopes", "R8693-04: scope is null",
		"a token bound to a key", "an empty cnf", "R7800-01: cnf is a string",
		"R9068-09: acr is a number", "R8693-02: act is a string", "R9396-01: authorization_details is a string",
		"a hundred levels of nesting in a claim", "a claim of one megabyte",
		"every token again, all at once",
	} {
		if failed, made := failures[name]; !made {
			t.Errorf("no subtest is called %q", name)
		} else if !failed {
			t.Errorf("%q passes", name)
		}
	}
	for _, name := range []string{good, later, "RS256", "ES256", "R8037-02: EdDSA", "R7518-01: alg is none, without a signature", "R9068-04: no exp"} {
		if failed, made := failures[name]; !made || failed {
			t.Errorf("%q does not pass", name)
		}
	}
}
