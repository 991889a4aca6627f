package jose_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/warder-go/warder/internal/jose"
)

func parse(t testing.TB, text string) *jose.Key {
	t.Helper()
	k, err := jose.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

type m = map[string]any

// modulus returns an odd number of the given size. It need not be a product of primes:
// nobody can tell.
func modulus(bits int) string {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return encode(n.Add(n, big.NewInt(1)).Bytes())
}

func octets(t *testing.T, s any) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s.(string))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseKey(t *testing.T) {
	RSA, EC, OKP := newSigner(t, "RS256"), newSigner(t, "ES256"), newSigner(t, "Ed25519")
	long := strings.Repeat("k", jose.MaxKeyID)
	for _, tt := range []struct {
		name                       string
		jwk                        string
		id, alg, keyType, keyCurve string
	}{
		{"an RSA key", RSA.jwk(), "", "", "RSA", ""},
		{"a P-256 key", EC.jwk(), "", "", "EC", "P-256"},
		{"a P-384 key", newSigner(t, "ES384").jwk(), "", "", "EC", "P-384"},
		{"a P-521 key", newSigner(t, "ES512").jwk(), "", "", "EC", "P-521"},
		{"an Ed25519 key (R8037-01)", OKP.jwk(), "", "", "OKP", "Ed25519"},
		{"everything it may say", EC.jwk(m{"kid": "1", "alg": "ES256", "use": "sig", "key_ops": []string{"verify"}}), "1", "ES256", "EC", "P-256"},
		{"unknown members (R7517-02)", EC.jwk(m{"foo": 1, "x5c": []string{"AA"}, "x5u": "https://evil.example", "D": "AA"}), "", "", "EC", "P-256"},
		{"an empty kid, which counts as absent", EC.jwk(m{"kid": ""}), "", "", "EC", "P-256"},
		{"a kid as long as allowed", EC.jwk(m{"kid": long}), long, "", "EC", "P-256"},
		{"key_ops sign and verify", EC.jwk(m{"use": "sig", "key_ops": []string{"sign", "verify"}}), "", "", "EC", "P-256"},
		{"key_ops of several kinds without use", EC.jwk(m{"key_ops": []string{"verify", "encrypt"}}), "", "", "EC", "P-256"},
		{"alg PS512 on an RSA key", RSA.jwk(m{"alg": "PS512"}), "", "PS512", "RSA", ""},
		{"alg EdDSA on an Ed25519 key", OKP.jwk(m{"alg": "EdDSA"}), "", "EdDSA", "OKP", "Ed25519"},
		{"alg Ed25519 on an Ed25519 key (R9864-01)", OKP.jwk(m{"alg": "Ed25519"}), "", "Ed25519", "OKP", "Ed25519"},
		{"a modulus of 2048 bits (R7518-04)", RSA.jwk(m{"n": modulus(2048)}), "", "", "RSA", ""},
		{"a modulus of 2049 bits", RSA.jwk(m{"n": modulus(2049)}), "", "", "RSA", ""},
		{"a modulus of 4096 bits (R7518-04)", RSA.jwk(m{"n": modulus(4096)}), "", "", "RSA", ""},
		{"exponent 3", RSA.jwk(m{"e": "Aw"}), "", "", "RSA", ""},
		{"exponent 2 to the 31 minus 1", RSA.jwk(m{"e": "f____w"}), "", "", "RSA", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := parse(t, tt.jwk)
			if k.ID() != tt.id || k.Algorithm() != tt.alg || k.Type() != tt.keyType || k.Curve() != tt.keyCurve {
				t.Errorf("kid %q, alg %q, kty %q, crv %q", k.ID(), k.Algorithm(), k.Type(), k.Curve())
			}
		})
	}
}

func TestParseKeyRefuses(t *testing.T) {
	const (
		object  = "jose: JWK is not a JSON object"
		private = "jose: JWK holds private members"
		use     = "jose: JWK is not for verifying signatures"
		member  = "jose: JWK member missing or of the wrong type"
		kind    = "jose: JWK of a type or curve that is not supported"
		value   = "jose: JWK does not hold a valid public key"
		alg     = "jose: JWK has an alg that does not fit its key"
	)
	RSA, EC, OKP := newSigner(t, "RS256"), newSigner(t, "ES256"), newSigner(t, "Ed25519")
	P521 := newSigner(t, "ES512")
	x, y := octets(t, EC.members["x"]), octets(t, EC.members["y"])
	n := octets(t, RSA.members["n"])
	off := append([]byte{}, y...)
	off[31] ^= 1
	zeros := make([]byte, 32)
	p256 := elliptic.P256().Params().P
	even := append([]byte{}, n...)
	even[len(even)-1] &^= 1
	type row struct{ name, jwk, want string }
	rows := []row{
		{"nothing", ``, object},
		{"an array", `[]`, object},
		{"a name twice (R7517-02)", `{"kty":"EC",` + EC.jwk()[1:], object},
		{"no kty", EC.jwk(m{"kty": nil}), member},
		{"a number for kty", EC.jwk(m{"kty": 1}), member},
		{"an unknown kty (R7517-02)", EC.jwk(m{"kty": "FOO"}), kind},
		{"kty in another case", EC.jwk(m{"kty": "ec"}), kind},
		{"a secret (R7517-07)", `{"kty":"oct","k":"c2VjcmV0"}`, private},
		{"a secret without its value (R7517-07)", `{"kty":"oct","kid":"1"}`, kind},
		{"a number for kid", EC.jwk(m{"kid": 1}), member},
		{"null for kid", `{"kid":null,` + EC.jwk()[1:], member},
		{"a kid over the limit", EC.jwk(m{"kid": strings.Repeat("k", jose.MaxKeyID+1)}), member},
		{"use enc (R7517-03)", EC.jwk(m{"use": "enc"}), use},
		{"use SIG", EC.jwk(m{"use": "SIG"}), use},
		{"an array for use", EC.jwk(m{"use": []string{"sig"}}), use},
		{"key_ops without verify (R7517-03)", EC.jwk(m{"key_ops": []string{"sign"}}), use},
		{"empty key_ops (R7517-03)", EC.jwk(m{"key_ops": []string{}}), use},
		{"key_ops that repeat themselves (R7517-03)", EC.jwk(m{"key_ops": []string{"verify", "verify"}}), use},
		{"key_ops that contradict use (R7517-03)", EC.jwk(m{"use": "sig", "key_ops": []string{"verify", "encrypt"}}), use},
		{"key_ops beside use enc (R7517-03)", EC.jwk(m{"use": "enc", "key_ops": []string{"verify"}}), use},
		{"a string for key_ops", EC.jwk(m{"key_ops": "verify"}), use},
		{"a number in key_ops", EC.jwk(m{"key_ops": []any{"verify", 1}}), use},
		{"a number for alg", EC.jwk(m{"alg": 1}), member},
		{"an empty alg", EC.jwk(m{"alg": ""}), alg},
		{"alg none", EC.jwk(m{"alg": "none"}), alg},
		{"a MAC alg (R7518-02)", RSA.jwk(m{"alg": "HS256"}), alg},
		{"an encryption alg", RSA.jwk(m{"alg": "RSA-OAEP"}), alg},
		{"alg ES384 on P-256 (R7518-05)", EC.jwk(m{"alg": "ES384"}), alg},
		{"alg RS256 on an EC key", EC.jwk(m{"alg": "RS256"}), alg},
		{"alg Ed448 on an Ed25519 key (R9864-01)", OKP.jwk(m{"alg": "Ed448"}), alg},

		{"no modulus", RSA.jwk(m{"n": nil}), member},
		{"no exponent", RSA.jwk(m{"e": nil}), member},
		{"a number for the exponent", RSA.jwk(m{"e": 65537}), member},
		{"an empty modulus", RSA.jwk(m{"n": ""}), value},
		{"an empty exponent", RSA.jwk(m{"e": ""}), value},
		{"a modulus of 1024 bits (R7518-04)", RSA.jwk(m{"n": modulus(1024)}), value},
		{"a modulus of 2047 bits (R7518-04)", RSA.jwk(m{"n": modulus(2047)}), value},
		{"a modulus of 4097 bits (R7518-04)", RSA.jwk(m{"n": modulus(4097)}), value},
		{"a modulus of 16384 bits (R7518-04)", RSA.jwk(m{"n": modulus(16384)}), value},
		{"an even modulus", RSA.jwk(m{"n": encode(even)}), value},
		{"a modulus with a leading zero (R7638-03)", RSA.jwk(m{"n": encode(append([]byte{0}, n...))}), value},
		{"a modulus with padding (R7638-03)", RSA.jwk(m{"n": RSA.members["n"].(string) + "=="}), value},
		{"an exponent with a leading zero (R7638-03)", RSA.jwk(m{"e": "AAEAAQ"}), value},
		{"exponent 1 (R7518-04)", RSA.jwk(m{"e": "AQ"}), value},
		{"an even exponent (R7518-04)", RSA.jwk(m{"e": "AQAA"}), value},
		{"exponent 2", RSA.jwk(m{"e": "Ag"}), value},
		{"exponent zero", RSA.jwk(m{"e": "AA"}), value},
		{"exponent 2 to the 31 plus 1", RSA.jwk(m{"e": "gAAAAQ"}), value},
		{"an exponent of five octets", RSA.jwk(m{"e": "AQAAAAE"}), value},

		{"no curve", EC.jwk(m{"crv": nil}), kind},
		{"a number for the curve", EC.jwk(m{"crv": 256}), member},
		{"an unknown curve", EC.jwk(m{"crv": "secp256k1"}), kind},
		{"P-224", EC.jwk(m{"crv": "P-224"}), kind},
		{"the curve of another size", EC.jwk(m{"crv": "P-384"}), value},
		{"no y (R7517-02)", EC.jwk(m{"y": nil}), member},
		{"a number for x", EC.jwk(m{"x": 1}), member},
		{"an x of 31 octets (R7518-08)", EC.jwk(m{"x": encode(x[1:])}), value},
		{"an x of 33 octets (R7518-08)", EC.jwk(m{"x": encode(append([]byte{0}, x...))}), value},
		{"a P-521 x of 65 octets (R7518-08)", P521.jwk(m{"x": encode(octets(t, P521.members["x"])[1:])}), value},
		{"a point off the curve (R7518-08)", EC.jwk(m{"y": encode(off)}), value},
		{"x and y exchanged", EC.jwk(m{"x": encode(y), "y": encode(x)}), value},
		{"zero coordinates (R7518-08)", EC.jwk(m{"x": encode(zeros), "y": encode(zeros)}), value},
		{"an x that is not below the field's prime", EC.jwk(m{"x": encode(p256.Bytes())}), value},
		{"an x with padding (R7638-03)", EC.jwk(m{"x": EC.members["x"].(string) + "="}), value},
		{"an x with unused bits (R7638-03)", EC.jwk(m{"x": unusedBit(EC.members["x"].(string))}), value},
		{"an x with a line break (R7638-03)", EC.jwk(m{"x": EC.members["x"].(string) + "\n"}), value},

		{"an x of 31 octets (R8037-01)", OKP.jwk(m{"x": encode(zeros[1:])}), value},
		{"an Ed25519 x of 33 octets", OKP.jwk(m{"x": encode(append(zeros, 0))}), value},
		{"an Ed25519 key without x", OKP.jwk(m{"x": nil}), member},
		{"an Ed25519 x with unused bits (R7638-03)", OKP.jwk(m{"x": unusedBit(OKP.members["x"].(string))}), value},
		{"X25519 (R8037-01)", OKP.jwk(m{"crv": "X25519"}), kind},
		{"Ed448", OKP.jwk(m{"crv": "Ed448"}), kind},
		{"OKP without a curve", OKP.jwk(m{"crv": nil}), kind},
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		for _, s := range []*signer{RSA, EC, OKP} {
			rows = append(rows, row{"a private member " + name + " (R7517-07)", s.jwk(m{name: "AQ"}), private})
		}
	}
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			k, err := jose.ParseKey(tt.jwk)
			if err == nil {
				t.Fatal("accepted")
			}
			if k != nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, error %q, want %q", k, err, tt.want)
			}
		})
	}
}

// unusedBit sets the last bit of base64url that has two unused bits.
func unusedBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:len(s)-1] + string(alphabet[strings.IndexByte(alphabet, s[len(s)-1])|1])
}

// R7638-01: the vectors of RFC 9449 §6.1, RFC 7638 §3.1 and RFC 8037 appendix A.3.
func TestThumbprint(t *testing.T) {
	for _, tt := range []struct{ name, jwk, want string }{
		{"EC", `{"crv":"P-256","kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}`,
			"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
		{"RSA", `{"e":"AQAB","kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}`, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{"OKP", `{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := parse(t, tt.jwk)
			if k.Thumbprint() != tt.want {
				t.Errorf("%s, want %s", k.Thumbprint(), tt.want)
			}
			if digest := k.Digest(); encode(digest[:]) != tt.want {
				t.Errorf("digest %x", digest)
			}
			if k.Digest() != sha256.Sum256([]byte(tt.jwk)) {
				t.Error("the vector is not in canonical form")
			}
			// R7638-02: order and optional members do not matter.
			members := strings.Split(strings.Trim(tt.jwk, "{}"), ",")
			for i, j := 0, len(members)-1; i < j; i, j = i+1, j-1 {
				members[i], members[j] = members[j], members[i]
			}
			reordered := parse(t, `{ "use":"sig", `+strings.Join(members, " , ")+`, "kid":"other", "foo":[1]}`)
			if reordered.Digest() != k.Digest() {
				t.Error("order or optional members change the thumbprint")
			}
			theirs, err := jwk.ParseKey([]byte(tt.jwk))
			if err != nil {
				t.Fatal(err)
			}
			if sum, err := theirs.Thumbprint(crypto.SHA256); err != nil || encode(sum) != tt.want {
				t.Errorf("jwx has %s, %v", encode(sum), err)
			}
		})
	}
}

func TestPublic(t *testing.T) {
	for _, alg := range jose.Algorithms() {
		s := newSigner(t, alg)
		public := parse(t, s.jwk()).Public()
		if !s.private.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(public) {
			t.Errorf("%s: another key", alg)
		}
	}
}
