package jose_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

const input = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIn0"

func TestVerify(t *testing.T) {
	for _, alg := range jose.Algorithms() {
		s := newSigner(t, alg)
		signature := s.sign(t, input)
		for _, member := range []map[string]any{nil, {"alg": alg}} {
			k := parse(t, s.jwk(member))
			if err := k.Verify(alg, []byte(input), signature); err != nil {
				t.Errorf("%s: %v", alg, err)
			}
			if err := k.Verify(alg, []byte(input+"x"), signature); err == nil {
				t.Errorf("%s: another input verifies", alg)
			}
			for i := range signature {
				forged := slices.Clone(signature)
				forged[i] ^= 1
				if i%7 == 0 && k.Verify(alg, []byte(input), forged) == nil {
					t.Errorf("%s: octet %d may be changed", alg, i)
				}
			}
		}
		if err := parse(t, newSignerUnlike(t, s).jwk()).Verify(alg, []byte(input), signature); err == nil {
			t.Errorf("%s: another key verifies", alg)
		}
	}
}

// newSignerUnlike makes another key of the same kind.
func newSignerUnlike(t testing.TB, s *signer) *signer {
	if _, ok := s.private.(*rsa.PrivateKey); ok {
		return &signer{members: m{"kty": "RSA", "e": "AQAB", "n": modulus(2048)}}
	}
	return newSigner(t, s.alg)
}

// R7518-06, R8037-02: a signature has the one length its key makes.
func TestVerifyRefusesOtherLengths(t *testing.T) {
	for _, alg := range jose.Algorithms() {
		s := newSigner(t, alg)
		k := parse(t, s.jwk())
		signature := s.sign(t, input)
		for name, other := range map[string][]byte{
			"nothing":             nil,
			"one octet less":      signature[:len(signature)-1],
			"first octet missing": signature[1:],
			"a zero octet after":  append(slices.Clone(signature), 0),
			"a zero octet before": append([]byte{0}, signature...),
			"the signature twice": append(slices.Clone(signature), signature...),
			"all zero (R7518-07)": make([]byte, len(signature)),
			"all ones (R7518-07)": slices.Repeat([]byte{0xff}, len(signature)),
		} {
			if err := k.Verify(alg, []byte(input), other); err == nil {
				t.Errorf("%s verifies with %s", alg, name)
			} else if err.Error() != "jose: signature does not verify" {
				t.Errorf("%s with %s: error %q", alg, name, err)
			}
		}
	}
}

func TestVerifyECDSA(t *testing.T) {
	s := newSigner(t, "ES256")
	k := parse(t, s.jwk())
	signature := s.sign(t, input)
	r, v := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	order := elliptic.P256().Params().N
	pack := func(r, s *big.Int) []byte {
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	for _, tt := range []struct {
		name string
		r, s *big.Int
	}{
		{"R of zero (R7518-07)", new(big.Int), v},
		{"S of zero (R7518-07)", r, new(big.Int)},
		{"R of the group order (R7518-07)", order, v},
		{"S of the group order (R7518-07)", r, order},
		{"R and S exchanged", v, r},
		{"R of one", big.NewInt(1), v},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := k.Verify("ES256", []byte(input), pack(tt.r, tt.s)); err == nil {
				t.Error("verifies")
			}
		})
	}
	t.Run("the same signature in DER (R7518-06)", func(t *testing.T) {
		der, err := asn1.Marshal(struct{ R, S *big.Int }{r, v})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Verify("ES256", []byte(input), der); err == nil {
			t.Error("verifies")
		}
	})
}

// R7518-09: the hash is the header's and the salt is as long as the hash.
func TestVerifyRSAFollowsTheHeader(t *testing.T) {
	s := newSigner(t, "RS256")
	k := parse(t, s.jwk())
	for _, signed := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		signature := s.signAs(t, signed, input, rsa.PSSSaltLengthEqualsHash)
		for _, claimed := range jose.Algorithms() {
			if err := k.Verify(claimed, []byte(input), signature); (err == nil) != (claimed == signed) {
				t.Errorf("signed %s, header %s: %v", signed, claimed, err)
			}
		}
	}
	for _, alg := range []string{"PS256", "PS384", "PS512"} {
		for _, salt := range []int{20, 31, 33, rsa.PSSSaltLengthAuto} {
			if err := k.Verify(alg, []byte(input), s.signAs(t, alg, input, salt)); err == nil {
				t.Errorf("%s with a salt of %d octets verifies", alg, salt)
			}
		}
	}
}

// R7518-05, R8037-02, R9864-01, R9864-02, R7517-04, R8725-01: type, curve and alg member
// decide which algorithm a key fits, and no name stands for another.
func TestFits(t *testing.T) {
	for _, tt := range []struct {
		signer, member string
		fits           []string
	}{
		{"RS256", "", []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}},
		{"RS256", "RS256", []string{"RS256"}},
		{"RS256", "PS384", []string{"PS384"}},
		{"ES256", "", []string{"ES256"}},
		{"ES384", "", []string{"ES384"}},
		{"ES512", "", []string{"ES512"}},
		{"ES512", "ES512", []string{"ES512"}},
		{"Ed25519", "", []string{"EdDSA", "Ed25519"}},
		{"Ed25519", "EdDSA", []string{"EdDSA"}},
		{"Ed25519", "Ed25519", []string{"Ed25519"}},
	} {
		s := newSigner(t, tt.signer)
		members := m{}
		if tt.member != "" {
			members["alg"] = tt.member
		}
		k := parse(t, s.jwk(members))
		others := []string{"", "none", "None", "noNe", "HS256", "HS384", "HS512", "ES256K", "Ed448", "rs256", "RS256 ", "eddsa", "ED25519"}
		for _, alg := range append(jose.Algorithms(), others...) {
			want := slices.Contains(tt.fits, alg)
			if k.Fits(alg) != want {
				t.Errorf("%s key with alg %q fits %q: %v", tt.signer, tt.member, alg, !want)
			}
			if want {
				continue
			}
			if err := k.Verify(alg, []byte(input), make([]byte, 256)); err == nil || err.Error() != "jose: algorithm does not fit the key" {
				t.Errorf("%s key with alg %q checks %q: %v", tt.signer, tt.member, alg, err)
			}
		}
	}
}

// R7518-01, R7518-02: neither none nor HMAC exists, whatever serves as the secret.
func TestNoSecretsAndNoNone(t *testing.T) {
	s := newSigner(t, "RS256")
	k := parse(t, s.jwk())
	der, err := x509.MarshalPKIXPublicKey(s.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		for _, secret := range [][]byte{der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), octets(t, s.members["n"])} {
			if err := k.Verify(alg, []byte(input), mac(alg, secret, input)); err == nil {
				t.Errorf("%s verifies", alg)
			}
		}
	}
	for _, alg := range []string{"none", "None", ""} {
		for _, signature := range [][]byte{nil, {}, []byte("junk")} {
			if err := k.Verify(alg, []byte(input), signature); err == nil {
				t.Errorf("%q verifies", alg)
			}
		}
	}
}

func TestAlgorithms(t *testing.T) {
	names := jose.Algorithms()
	want := "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, name := range names {
		if !jose.Known(name) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{"", "none", "HS256", "ES256K", "Ed448", "rs256", "eddsa"} {
		if jose.Known(name) {
			t.Errorf("%q is known", name)
		}
	}
	names[0] = "none"
	if jose.Known("none") || jose.Algorithms()[0] != "RS256" {
		t.Error("the list can be changed")
	}
}
