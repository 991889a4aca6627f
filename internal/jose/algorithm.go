package jose

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // hashes of the algorithms below
	_ "crypto/sha512"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// algorithm is one JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2) and the
// only kind of key it goes with.
type algorithm struct {
	name     string
	keyType  string          // kty
	curve    string          // crv; empty for RSA
	verifier jws.Verifier    // nil for PS*
	hash     crypto.Hash     // for PS*
	pss      *rsa.PSSOptions // for PS*
}

// The verifiers of jwx hold no key and no state, so one of each serves every key.
var algorithms = []algorithm{
	{name: "RS256", keyType: "RSA", verifier: raw(jwa.RS256)},
	{name: "RS384", keyType: "RSA", verifier: raw(jwa.RS384)},
	{name: "RS512", keyType: "RSA", verifier: raw(jwa.RS512)},
	{name: "PS256", keyType: "RSA", hash: crypto.SHA256, pss: saltAsHash(crypto.SHA256)},
	{name: "PS384", keyType: "RSA", hash: crypto.SHA384, pss: saltAsHash(crypto.SHA384)},
	{name: "PS512", keyType: "RSA", hash: crypto.SHA512, pss: saltAsHash(crypto.SHA512)},
	{name: "ES256", keyType: "EC", curve: "P-256", verifier: raw(jwa.ES256)},
	{name: "ES384", keyType: "EC", curve: "P-384", verifier: raw(jwa.ES384)},
	{name: "ES512", keyType: "EC", curve: "P-521", verifier: raw(jwa.ES512)},
	{name: "EdDSA", keyType: "OKP", curve: "Ed25519", verifier: raw(jwa.EdDSA)},
	{name: "Ed25519", keyType: "OKP", curve: "Ed25519", verifier: raw(jwa.EdDSA)}, // jwx 2 knows only the older name
}

func raw(alg jwa.SignatureAlgorithm) jws.Verifier {
	v, err := jws.NewVerifier(alg)
	if err != nil {
		panic("jose: " + err.Error()) // a literal above names what jwx does not have
	}
	return v
}

// saltAsHash demands a salt as long as the hash (RFC 7518 §3.5). The verifier of jwx
// accepts a salt of any length, so PS* goes to crypto/rsa directly.
func saltAsHash(h crypto.Hash) *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
}

// find returns nil for an algorithm that does not exist here. Names are compared
// exactly (RFC 7515 §4.1.1).
func find(name string) *algorithm {
	for i := range algorithms {
		if algorithms[i].name == name {
			return &algorithms[i]
		}
	}
	return nil
}

// Algorithms returns the names of every algorithm that Verify can check.
func Algorithms() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = a.name
	}
	return names
}

// Known tells whether name is one of Algorithms.
func Known(name string) bool {
	return find(name) != nil
}
