package introspect_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
)

// asKey is a key that the issuer signs its answers with.
type asKey struct {
	kid, alg string
	*signer
}

func newKey(kid, alg string) asKey {
	switch alg {
	case "ES256":
		return asKey{kid, alg, &signer{key: ecKey(elliptic.P256())}}
	case "EdDSA":
		return asKey{kid, alg, &signer{key: edKey()}}
	}
	return asKey{kid, alg, &signer{key: rsaKey()}}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwk returns the public JWK.
func (k asKey) jwk() object {
	m := object{"kid": k.kid, "alg": k.alg}
	switch public := k.Public().(type) {
	case *rsa.PublicKey:
		m["kty"], m["n"], m["e"] = "RSA", b64(public.N.Bytes()), b64(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point := must(public.Bytes())
		m["kty"], m["crv"], m["x"], m["y"] = "EC", "P-256", b64(point[1:33]), b64(point[33:])
	case ed25519.PublicKey:
		m["kty"], m["crv"], m["x"] = "OKP", "Ed25519", b64(public)
	}
	return m
}

// over returns the signature over input, made by the standard library alone.
func (k asKey) over(input string) string {
	digest := sha256.Sum256([]byte(input))
	message, opts := digest[:], crypto.SignerOpts(crypto.SHA256)
	switch k.alg {
	case "PS256":
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	case "EdDSA":
		message, opts = []byte(input), crypto.Hash(0)
	}
	signature := must(k.Sign(rand.Reader, message, opts))
	if k.alg == "ES256" {
		var rs struct{ R, S *big.Int }
		must(asn1.Unmarshal(signature, &rs))
		signature = append(rs.R.FillBytes(make([]byte, 32)), rs.S.FillBytes(make([]byte, 32))...)
	}
	return b64(signature)
}

// jws returns a compact JWS of this header and payload.
func (k asKey) jws(header, payload any) string {
	input := b64([]byte(encode(header))) + "." + b64([]byte(encode(payload)))
	return input + "." + k.over(input)
}

// mac signs as a stranger would who takes a public key for a shared secret.
func mac(k asKey, payload object) string {
	input := b64([]byte(encode(k.header(object{"alg": "HS256"})))) + "." + b64([]byte(encode(payload)))
	h := hmac.New(sha256.New, k.Public().(*rsa.PublicKey).N.Bytes())
	h.Write([]byte(input))
	return input + "." + b64(h.Sum(nil))
}
