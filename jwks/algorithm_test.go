package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
)

// allowing returns an API that accepts just these algorithms.
func allowing(t testing.TB, algorithms []string, published ...object) api {
	return newAPI(verifier(t, func(c *jwks.Config) {
		c.Algorithms, c.KeySet = algorithms, parsed(t, published...)
	}))
}

func TestUnsigned(t *testing.T) {
	a := knowing(t, all()...)
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		segments := strings.SplitAfter(rs().tokenAs(object{"alg": alg}, nil), ".")
		a.try(t, []attempt{
			{"R7518-01: " + alg + " and no signature", segments[0] + segments[1], "401-T malformed_token"},
			{"R7518-01: " + alg + " and junk", segments[0] + segments[1] + "AAAA", "401-T algorithm_not_allowed"},
			{"R7518-01: " + alg + " and a good signature", strings.Join(segments, ""), "401-T algorithm_not_allowed"},
		})
	}
}

func hs256(kid string, secret []byte) string {
	header := object{"typ": "at+jwt", "alg": "HS256"}
	if kid != "" {
		header["kid"] = kid
	}
	input := b64(encode(header)) + "." + b64(encode(claims()))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

func TestPublicKeyAsSecret(t *testing.T) {
	public := rs().private.Public().(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	must(err)
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	a := knowing(t, all()...)
	a.try(t, []attempt{
		{"R7518-02: the PEM", hs256("rs", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})), "401-T algorithm_not_allowed"},
		{"R7518-02: the DER", hs256("rs", pkix), "401-T algorithm_not_allowed"},
		{"R7518-02: the DER of PKCS #1", hs256("rs", pkcs1), "401-T algorithm_not_allowed"},
		{"R7518-02: the raw modulus", hs256("rs", public.N.Bytes()), "401-T algorithm_not_allowed"},
		{"R7518-02: the JWK", hs256("rs", encode(rs().jwk(nil))), "401-T algorithm_not_allowed"},
	})
}

func TestKeyAndAlgorithm(t *testing.T) {
	p384 := newEC("p384", "ES384", elliptic.P384())
	p521 := newEC("p521", "ES512", elliptic.P521())
	every := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
	free := object{"alg": nil}
	a := allowing(t, every, rs().jwk(nil), es().jwk(free), ed().jwk(free), p384.jwk(free), p521.jwk(free))
	as := func(k key, alg string) string { return k.tokenAs(object{"alg": alg}, nil) }
	a.try(t, []attempt{
		{"RS256", rs().token(nil), "OK"},
		{"ES256", es().token(nil), "OK"},
		{"ES384", p384.token(nil), "OK"},
		{"ES512", p521.token(nil), "OK"},
		{"R7517-04: PS256 by a key whose alg is RS256", as(rs(), "PS256"), "401-T algorithm_not_allowed"},
		{"R7517-04: RS512 by a key whose alg is RS256", as(rs(), "RS512"), "401-T algorithm_not_allowed"},
		{"R7518-05: ES256 by a P-384 key", as(p384, "ES256"), "401-T algorithm_not_allowed"},
		{"R7518-05: ES384 by a P-256 key", as(es(), "ES384"), "401-T algorithm_not_allowed"},
		{"R7518-05: ES512 by a P-384 key", as(p384, "ES512"), "401-T algorithm_not_allowed"},
		{"R7518-05: ES256K by a P-256 key", as(es(), "ES256K"), "401-T algorithm_not_allowed"},
		{"R8037-02: EdDSA by an Ed25519 key", as(ed(), "EdDSA"), "OK"},
		{"R8037-02: EdDSA by the RSA key", as(rs(), "EdDSA"), "401-T algorithm_not_allowed"},
		{"R8037-02: EdDSA by an EC key", as(es(), "EdDSA"), "401-T algorithm_not_allowed"},
		{"R8037-02: RS256 by the Ed25519 key", as(ed(), "RS256"), "401-T algorithm_not_allowed"},
		{"R9864-01: Ed25519 by an Ed25519 key", as(ed(), "Ed25519"), "OK"},
		{"R9864-01: Ed25519 by an EC key", as(es(), "Ed25519"), "401-T algorithm_not_allowed"},
		{"R9864-01: Ed25519 by the RSA key", as(rs(), "Ed25519"), "401-T algorithm_not_allowed"},
	})

	allowing(t, []string{"Ed25519"}, ed().jwk(free)).try(t, []attempt{
		{"R9864-02: Ed25519 where only that is allowed", as(ed(), "Ed25519"), "OK"},
		{"R9864-02: EdDSA where only Ed25519 is allowed", as(ed(), "EdDSA"), "401-T algorithm_not_allowed"},
	})
	allowing(t, []string{"EdDSA"}, ed().jwk(free)).try(t, []attempt{
		{"R9864-02: Ed25519 where only EdDSA is allowed", as(ed(), "Ed25519"), "401-T algorithm_not_allowed"},
	})
	knowing(t, ed().jwk(object{"alg": "Ed25519"})).try(t, []attempt{
		{"R9864-02: EdDSA by a key whose alg is Ed25519", as(ed(), "EdDSA"), "401-T algorithm_not_allowed"},
		{"R9864-01: Ed25519 by a key whose alg is Ed25519", as(ed(), "Ed25519"), "OK"},
	})
	allowing(t, []string{"ES256"}, all()...).try(t, []attempt{
		{"R8725-01: RS256 by a published key where only ES256 is allowed", rs().token(nil), "401-T algorithm_not_allowed"},
		{"R8725-01: ES256 where only that is allowed", es().token(nil), "OK"},
	})
	allowing(t, []string{"RS256", "PS256"}, rs().jwk(free)).try(t, []attempt{
		{"R8725-09: the first allowed algorithm that fits a key without alg", as(rs(), "RS256"), "OK"},
		{"R8725-09: the second", as(rs(), "PS256"), "401-T algorithm_not_allowed"},
	})
	allowing(t, []string{"PS256", "RS256"}, rs().jwk(free)).try(t, []attempt{
		{"R8725-09: the order is that of the configuration", as(rs(), "PS256"), "OK"},
		{"R8725-09: not that of the algorithms", as(rs(), "RS256"), "401-T algorithm_not_allowed"},
	})
	knowing(t, ed().jwk(free)).try(t, []attempt{
		{"R8725-09: EdDSA by an Ed25519 key without alg", as(ed(), "EdDSA"), "OK"},
		{"R8725-09: Ed25519 by the same key", as(ed(), "Ed25519"), "OK"},
	})
}

// Two verifiers share the keys of their issuer, and what is known of headers
// with them, but not what they allow.
func TestSharedKeys(t *testing.T) {
	set := parsed(t, all()...)
	with := func(change func(*jwks.Config)) api {
		return newAPI(verifier(t, func(c *jwks.Config) {
			c.KeySet = set
			change(c)
		}))
	}
	lax := with(func(c *jwks.Config) { c.PreRFC9068 = true })
	strict := with(func(c *jwks.Config) { c.Algorithms = []string{"ES256"} })
	old := es().tokenAs(object{"typ": "JWT"}, nil)
	for range 2 {
		lax.wants(t, rs().token(nil), "OK")
		strict.wants(t, rs().token(nil), "401-T algorithm_not_allowed")
		lax.wants(t, old, "OK")
		strict.wants(t, old, "401-T wrong_type")
	}
}

func TestSignatures(t *testing.T) {
	pinned := rs().jwk(object{"alg": "PS256", "kid": "ps"})
	edJWK := ed().jwk(nil)
	a := allowing(t, []string{"RS256", "RS512", "PS256", "ES256", "EdDSA"}, rs().jwk(nil), pinned, es().jwk(nil), edJWK)

	resigned := func(token string, signature []byte) string {
		return token[:strings.LastIndexByte(token, '.')+1] + b64(signature)
	}
	signatureOf := func(token string) []byte { return []byte(decoded(token[strings.LastIndexByte(token, '.')+1:])) }

	curve := es().token(nil)
	raw := signatureOf(curve)
	r, s := new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	must(err)
	order := es().private.Public().(*ecdsa.PublicKey).Params().N
	pair := func(r, s *big.Int) string { return resigned(curve, es().rawECDSA(r, s)) }
	zero := new(big.Int)

	pss := rs().tokenAs(object{"alg": "PS256", "kid": "ps"}, nil)
	digest := sha256.Sum256([]byte(pss[:strings.LastIndexByte(pss, '.')]))
	rsa512 := rs().token(nil)
	rsa512 = resigned(rsa512, rs().signature("RS512", rsa512[:strings.LastIndexByte(rsa512, '.')]))
	edwards := ed().token(nil)

	a.try(t, []attempt{
		{"R7518-06: raw R and S", curve, "OK"},
		{"R7518-06: DER", resigned(curve, der), "401-T bad_signature"},
		{"R7518-06: 63 octets", resigned(curve, raw[:63]), "401-T bad_signature"},
		{"R7518-06: 65 octets", resigned(curve, append(raw[:64:64], 0)), "401-T bad_signature"},
		{"R7518-06: 65 octets, the first 0", resigned(curve, append([]byte{0}, raw...)), "401-T bad_signature"},
		{"R7518-07: R and S are zero", pair(zero, zero), "401-T bad_signature"},
		{"R7518-07: R is zero", pair(zero, s), "401-T bad_signature"},
		{"R7518-07: S is zero", pair(r, zero), "401-T bad_signature"},
		{"R7518-07: R and S are the order", pair(order, order), "401-T bad_signature"},
		{"R7518-07: S is the order", pair(r, order), "401-T bad_signature"},
		{"R7518-09: PS256 as it should be", pss, "OK"},
		{"R7518-09: a salt of 20 octets", resigned(pss, rs().pss(crypto.SHA256, digest[:], 20)), "401-T bad_signature"},
		{"R7518-09: no salt", resigned(pss, rs().pss(crypto.SHA256, digest[:], 0)), "401-T bad_signature"},
		{"R7518-09: PS256 in the header over an RS256 signature", resigned(pss, rs().signature("RS256", pss[:strings.LastIndexByte(pss, '.')])), "401-T bad_signature"},
		{"R7518-09: RS256 in the header over an RS512 signature", rsa512, "401-T bad_signature"},
		{"R8037-02: 64 octets", edwards, "OK"},
		{"R8037-02: 63 octets", resigned(edwards, signatureOf(edwards)[:63]), "401-T bad_signature"},
		{"R8037-02: 65 octets", resigned(edwards, append(signatureOf(edwards), 0)), "401-T bad_signature"},
		{"R9068-05: a key of another server", key{"rs", "RS256", other().private}.token(nil), "401-T bad_signature"},
		{"R6750-16: expired", rs().token(object{"exp": 1}), "401-T expired"},
		{"R6750-16: no JWT", "garbage", "401-T malformed_token"},
		{"R6750-16: a signature by another key", key{"ed", "EdDSA", newEd("", "yet another seed of 32 bytes....").private}.token(nil), "401-T bad_signature"},
	})

	for _, k := range []key{rs(), es(), ed()} {
		token := k.token(nil)
		segments := strings.Split(token, ".")
		for i, place := range []string{"header", "payload", "signature"} {
			t.Run("R9068-05: one bit of the "+place+", "+k.alg, func(t *testing.T) {
				octets := []byte(decoded(segments[i]))
				for n := range 8 {
					// A bit of a letter within a value: JSON stays JSON, so that
					// only the signature is wrong.
					at, bit := len(octets)/2, byte(1<<n)
					if i < 2 {
						at, bit = strings.LastIndexAny(string(octets), "abcdefghijklmnopqrstuvwxyz"), byte(1<<(n%2))
					}
					flipped := append([]byte{}, octets...)
					flipped[at] ^= bit
					forged := append([]string{}, segments...)
					forged[i] = b64(flipped)
					if got := a.get(strings.Join(forged, ".")); !strings.HasPrefix(got, "401-T ") {
						t.Errorf("octet %d, bit %d: %s", at, n, got)
					}
				}
			})
		}
	}
}

// Whoever reads a token's first segment for keys lets strangers sign.
func TestRandomSignatures(t *testing.T) {
	a := knowing(t, all()...)
	for _, k := range []key{rs(), es(), ed()} {
		token := k.token(nil)
		at := strings.LastIndexByte(token, '.') + 1
		for range 50 {
			junk := make([]byte, len(decoded(token[at:])))
			rand.Read(junk)
			a.wants(t, token[:at]+b64(junk), "401-T bad_signature")
		}
	}
}
