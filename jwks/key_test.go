package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"sync"
	"time"
)

// object is a JSON object, or changes to one: nil removes a member.
type object = map[string]any

// key is a signing key of an authorization server. Its algorithm is the one
// that it signs with unless a test wants another.
type key struct {
	kid, alg string
	private  crypto.Signer
}

// The keys of the fixture's issuer. Keys are public in every respect here, so
// all tests share them: making RSA keys is slow.
var (
	rs    = sync.OnceValue(func() key { return newRSA("rs", 2048) })
	other = sync.OnceValue(func() key { return newRSA("other", 2048) })
	es    = sync.OnceValue(func() key { return newEC("es", "ES256", elliptic.P256()) })
	ed    = sync.OnceValue(func() key { return newEd("ed", "a fixed seed of 32 bytes for ed.") })
)

func newRSA(kid string, bits int) key {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	must(err)
	return key{kid, "RS256", private}
}

func newEC(kid, alg string, curve elliptic.Curve) key {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	must(err)
	return key{kid, alg, private}
}

// newEd makes the same key of the same seed, for corpora that outlive a process.
func newEd(kid, seed string) key {
	return key{kid, "EdDSA", ed25519.NewKeyFromSeed([]byte(seed))}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// jwk returns the public JWK, changed.
func (k key) jwk(changes object) object {
	jwk := object{"kid": k.kid, "alg": k.alg, "use": "sig"}
	switch public := k.private.Public().(type) {
	case *rsa.PublicKey:
		jwk["kty"], jwk["n"], jwk["e"] = "RSA", b64(public.N.Bytes()), b64(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		must(err)
		half := len(point) / 2
		jwk["kty"], jwk["crv"] = "EC", public.Params().Name
		jwk["x"], jwk["y"] = b64(point[1:1+half]), b64(point[1+half:])
	case ed25519.PublicKey:
		jwk["kty"], jwk["crv"], jwk["x"] = "OKP", "Ed25519", b64(public)
	}
	return changed(jwk, changes)
}

// keySet returns the JWK Set document that holds these.
func keySet(jwks ...object) []byte {
	return encode(object{"keys": jwks})
}

// token returns a valid access token, changed.
func (k key) token(changes object) string { return k.tokenAs(nil, changes) }

// tokenAs returns a valid access token with the header changed too. The
// header's alg, if it is one, says how it is signed.
func (k key) tokenAs(header, changes object) string {
	h := changed(object{"typ": "at+jwt", "alg": k.alg, "kid": k.kid}, header)
	alg, _ := h["alg"].(string)
	return k.sign(alg, string(encode(h)), string(encode(changed(claims(), changes))))
}

// claims are those of a valid access token.
func claims() object {
	now := time.Now().Unix()
	return object{
		"iss": issuer, "aud": resource, "sub": "alice", "client_id": "app", "jti": rand.Text(),
		"iat": now, "exp": now + 3600, "scope": "read",
	}
}

// sign returns the compact JWS of header and payload as they are.
func (k key) sign(alg, header, payload string) string {
	return k.signSegments(alg, b64(header), b64(payload))
}

// signSegments signs two segments as they are. An alg that does not exist, or
// that the key cannot do, is signed with the key's own: there shall be a
// signature to refuse.
func (k key) signSegments(alg, header, payload string) string {
	input := header + "." + payload
	return input + "." + b64(k.signature(alg, input))
}

func (k key) signature(alg, input string) []byte {
	hash, known := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[min(2, len(alg)):]]
	if !known {
		alg, hash = k.alg, crypto.SHA256
	}
	h := hash.New()
	h.Write([]byte(input))
	digest := h.Sum(nil)
	switch private := k.private.(type) {
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			return k.pss(hash, digest, rsa.PSSSaltLengthEqualsHash)
		}
		signature, err := rsa.SignPKCS1v15(rand.Reader, private, hash, digest)
		must(err)
		return signature
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, digest)
		must(err)
		return k.rawECDSA(r, s)
	default:
		return ed25519.Sign(private.(ed25519.PrivateKey), []byte(input))
	}
}

func (k key) pss(hash crypto.Hash, digest []byte, salt int) []byte {
	signature, err := rsa.SignPSS(rand.Reader, k.private.(*rsa.PrivateKey), hash, digest, &rsa.PSSOptions{SaltLength: salt})
	must(err)
	return signature
}

// rawECDSA is a signature as JWS wants it (RFC 7518 §3.4).
func (k key) rawECDSA(r, s *big.Int) []byte {
	size := (k.private.(*ecdsa.PrivateKey).Params().BitSize + 7) / 8
	raw := make([]byte, 2*size)
	r.FillBytes(raw[:size])
	s.FillBytes(raw[size:])
	return raw
}

func b64[T ~string | ~[]byte](octets T) string {
	return base64.RawURLEncoding.EncodeToString([]byte(octets))
}

func encode(v any) []byte {
	doc, err := json.Marshal(v)
	must(err)
	return doc
}

// changed returns base with changes made to it.
func changed(base, changes object) object {
	maps.Copy(base, changes)
	maps.DeleteFunc(base, func(_ string, v any) bool { return v == nil })
	return base
}
