package issuertest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"maps"
	"runtime"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// lifetime of an access token. RFC 6750 §5.3 recommends an hour or less.
const lifetime = time.Hour

// Token returns a valid JWT access token (RFC 9068), signed with RS256: issued
// now for one hour to the client ClientID, for the subject "user", with the
// audience Audience and the scope "read". Each of claims replaces the claim of
// its name or adds one; nil removes it. It panics if claims are not JSON.
func (i *Issuer) Token(claims map[string]any) string { return i.Sign(nil, claims) }

// Sign returns a token as Token does, with the header changed by the same rule.
// It makes whatever is asked for, valid or not.
//
// The header's alg selects the key: RS256, RS384, RS512, PS256, PS384 and PS512
// the RSA key, ES256 the P-256 key, EdDSA and Ed25519 the Ed25519 key. Only
// RS256, ES256 and EdDSA match the alg of the published keys: a verifier that
// heeds it refuses the others (RFC 7517 §4.4). "none" in any letter case gives an
// empty signature. HS256, HS384 and HS512 give an HMAC whose secret is the public
// RSA key, in PEM as a PKIX PUBLIC KEY block with its final line break: what
// anybody can make, and what a verifier accepts that lets the token choose what
// the key is for (RFC 8725 §2.1). With any other alg, or without one, the token
// is signed as RS256, so that there is a signature to refuse.
//
// A kid in the header that names a key of this issuer, withdrawn or not, of the
// type that alg needs, selects that key. Any other kid changes only the header.
func (i *Issuer) Sign(header, claims map[string]any) string {
	alg := "RS256"
	if v, ok := header["alg"]; ok {
		alg, _ = v.(string)
	}
	key := i.signingKey(alg)
	if kid, ok := header["kid"].(string); ok {
		if named := i.keys.find(kid); named != nil && named.alg == key.alg {
			key = named
		}
	}
	h := overlay(accessTokenHeader(key), header)
	c := overlay(i.claims(ClientID, "user", "read"), claims)
	return sign(alg, key, h, c)
}

// issue signs the claims of an access token as they are, with RS256.
func (i *Issuer) issue(claims map[string]any) string {
	key := i.keys.signer("RS256")
	return sign("RS256", key, overlay(accessTokenHeader(key), nil), overlay(claims, nil))
}

// SignRaw returns the JWS of header and payload as they are, byte by byte: for
// duplicate members, invalid UTF-8 and the like. The argument alg selects key
// and signature as in Sign; it need not be the alg that header names.
func (i *Issuer) SignRaw(alg, header, payload string) string {
	return sign(alg, i.signingKey(alg), []byte(header), []byte(payload))
}

// signingKey is the current key for alg, else the one for RS256.
func (i *Issuer) signingKey(alg string) *key {
	if key := i.keys.signer(alg); key != nil {
		return key
	}
	return i.keys.signer("RS256")
}

// accessTokenHeader is that of a valid access token (RFC 9068 §2.1).
func accessTokenHeader(k *key) map[string]any {
	return map[string]any{"typ": "at+jwt", "alg": "RS256", "kid": k.id}
}

// claims are those of a valid access token (RFC 9068 §2.2); scope may be empty.
func (i *Issuer) claims(clientID, subject, scope string) map[string]any {
	now := time.Now()
	c := map[string]any{
		"iss":       i.URL,
		"sub":       subject,
		"aud":       Audience,
		"client_id": clientID,
		"iat":       now.Unix(),
		"exp":       now.Add(lifetime).Unix(),
		"jti":       rand.Text(),
	}
	if scope != "" {
		c["scope"] = scope
	}
	return c
}

// overlay returns base changed by changes, as JSON.
func overlay(base, changes map[string]any) []byte {
	maps.Copy(base, changes)
	maps.DeleteFunc(base, func(name string, v any) bool {
		_, changed := changes[name]
		return changed && v == nil
	})
	b, err := json.Marshal(base)
	if err != nil {
		panic("issuertest: header or claims cannot be written as JSON") // err may quote a claim
	}
	return b
}

// sign makes the compact serialization (RFC 7515 §7.1).
func sign(alg string, k *key, header, payload []byte) string {
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	if strings.EqualFold(alg, "none") {
		return input + "."
	}
	if hash := hashes[alg]; hash != nil {
		mac := hmac.New(hash, publicPEM(k))
		mac.Write([]byte(input))
		return input + "." + b64.EncodeToString(mac.Sum(nil))
	}
	switch keyAlgorithm(alg) {
	case "":
		alg = "RS256"
	case "EdDSA":
		alg = "EdDSA" // the same signature under either name (RFC 9864 §2.2)
	}
	signer, err := jws.NewSigner(jwa.SignatureAlgorithm(alg))
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	signature, err := signer.Sign([]byte(input), k.private)
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	runtime.KeepAlive(k) // nobody else has its RSA key while it signs
	return input + "." + b64.EncodeToString(signature)
}

// hashes are those of the HMAC algorithms (RFC 7518 §3.2).
var hashes = map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}

// publicPEM is k's public key as tools print and accept it.
func publicPEM(k *key) []byte {
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		panic("issuertest: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
