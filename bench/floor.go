package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
)

// floor returns R: nothing but the hash of the signing input and the public-key
// operation, on what the token's segments decode to. Ed25519 hashes for itself.
func (is *issuer) floor(alg, token string) func() {
	dot := strings.LastIndexByte(token, '.')
	input := []byte(token[:dot])
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil {
		panic(err)
	}
	must := func(ok bool) {
		if !ok {
			panic("the good signature is not good")
		}
	}
	switch alg {
	case "RS256":
		key := &is.rsa.PublicKey
		return func() {
			sum := sha256.Sum256(input)
			must(rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil)
		}
	case "ES256":
		key := &is.ecdsa.PublicKey
		return func() {
			sum := sha256.Sum256(input)
			r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
			must(ecdsa.Verify(key, sum[:], r, s))
		}
	case "EdDSA":
		key := is.ed25519.Public().(ed25519.PublicKey)
		return func() { must(ed25519.Verify(key, input, sig)) }
	}
	panic("no floor for " + alg)
}
