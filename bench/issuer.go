package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/warder-go/warder/middleware"
)

const (
	issuerURL = "https://issuer.example.com/"
	audience  = "https://api.example.com"
	scope     = "read" // what the guarded handler needs
)

// algorithms are the rows of every table: one key of each is in the set.
var algorithms = []string{"RS256", "ES256", "EdDSA"}

// An issuer makes the keys and tokens that every contender gets. It signs with
// the standard library, so that no contender reads what it wrote itself.
type issuer struct {
	rsa     *rsa.PrivateKey
	ecdsa   *ecdsa.PrivateKey
	ed25519 ed25519.PrivateKey
	kid     map[string]string // by algorithm
	jwks    []byte            // the JWK Set document
	asker   *asker            // its introspection endpoint

	// observe is told what the guards decide. Nil, as in all that is measured:
	// nobody is.
	observe middleware.Observer
}

func newIssuer() (*issuer, error) {
	is := &issuer{kid: map[string]string{}}
	var err error
	if is.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, err
	}
	if is.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if _, is.ed25519, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return nil, err
	}

	// The kid has the length of an RFC 7638 thumbprint, as many issuers use.
	for _, alg := range algorithms {
		sum := sha256.Sum256([]byte(alg))
		is.kid[alg] = encode(sum[:])
	}
	point, err := is.ecdsa.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	is.jwks, err = json.Marshal(map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": is.kid["RS256"], "n": encode(is.rsa.N.Bytes()), "e": "AQAB"},
		{"kty": "EC", "use": "sig", "alg": "ES256", "kid": is.kid["ES256"], "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])},
		{"kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": is.kid["EdDSA"], "crv": "Ed25519", "x": encode(is.ed25519.Public().(ed25519.PublicKey))},
	}})
	if err != nil {
		return nil, err
	}
	is.asker, err = newAsker(is)
	return is, err
}

// member is a name and a value; a token's order of members is part of what
// some parsers get wrong, so it is kept.
type member struct {
	name  string
	value any
}

func (is *issuer) header(alg string) []member {
	return []member{{"alg", alg}, {"typ", "at+jwt"}, {"kid", is.kid[alg]}}
}

// claims are the eleven of an ordinary access token (RFC 9068 §2.2).
func (is *issuer) claims() []member {
	now := time.Now().Unix()
	return []member{
		{"iss", issuerURL},
		{"sub", "248289761001"},
		{"aud", []string{audience}},
		{"client_id", "s6BhdRkqt3"},
		{"exp", now + 86400},
		{"nbf", now - 60},
		{"iat", now - 60},
		{"jti", "2f1c6a54-6a0e-4d3b-9a0e-7be4e9f6d0c7"},
		{"scope", "openid profile read write"},
		{"auth_time", now - 600},
		{"acr", "urn:mace:incommon:iap:silver"},
	}
}

// with returns ms with one member replaced or appended; a nil value removes it.
func with(ms []member, name string, value any) []member {
	ms = slices.Clone(ms)
	i := slices.IndexFunc(ms, func(m member) bool { return m.name == name })
	switch {
	case value == nil:
		return slices.DeleteFunc(ms, func(m member) bool { return m.name == name })
	case i < 0:
		return append(ms, member{name, value})
	}
	ms[i].value = value
	return ms
}

func object(ms []member) string {
	var b strings.Builder
	for i, m := range ms {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		}
		b.WriteByte(sep)
		value, err := json.Marshal(m.value)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "%q:%s", m.name, value)
	}
	b.WriteByte('}')
	return b.String()
}

// token signs header and claims with the key of alg, whatever they say.
func (is *issuer) token(alg string, header, claims []member) string {
	input := encode([]byte(object(header))) + "." + encode([]byte(object(claims)))
	return input + "." + encode(is.sign(alg, input))
}

func (is *issuer) sign(alg, input string) []byte {
	sum := sha256.Sum256([]byte(input))
	switch alg {
	case "RS256":
		sig, err := rsa.SignPKCS1v15(nil, is.rsa, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return sig
	case "ES256":
		r, s, err := ecdsa.Sign(rand.Reader, is.ecdsa, sum[:])
		if err != nil {
			panic(err)
		}
		sig := make([]byte, 64)
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		return sig
	case "EdDSA":
		return ed25519.Sign(is.ed25519, []byte(input))
	}
	panic("no key for " + alg)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
