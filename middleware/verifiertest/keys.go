package verifiertest

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// unsigned are tokens that anybody can make (RFC 7518 §3.6, RFC 8725 §2.1).
func (f *forge) unsigned() []attempt {
	var attempts []attempt
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		bare := f.token(object{"alg": alg}, nil)
		signed := f.issuer.SignRaw("RS256", f.header(object{"alg": alg}), f.payload(nil))
		attempts = append(attempts,
			refused("R7518-01: alg is "+alg+", without a signature", bare),
			refused("R7518-01: alg is "+alg+", with junk for a signature", bare+encoded(marker)),
			refused("R7518-01: alg is "+alg+", with a good signature", signed),
		)
	}

	kid := f.issuer.KeyID("RS256")
	public := f.issuer.PublicKey(kid).(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic("verifiertest: " + err.Error()) // it is an RSA key
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	inPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})
	jwk := rsaJWK(f.issuer, kid)
	for _, secret := range []struct {
		name   string
		octets []byte
	}{
		{"nothing", nil},
		{"the PEM", inPEM},
		{"the PEM without its last line break", []byte(strings.TrimSuffix(string(inPEM), "\n"))},
		{"the PEM of PKCS #1", pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1})},
		{"the DER", pkix},
		{"the DER of PKCS #1", pkcs1},
		{"the JWK", []byte(text(jwk))},
		{"the JWK's n", []byte(jwk["n"].(string))},
		{"the modulus", public.N.Bytes()},
	} {
		header := f.header(object{"alg": "HS256"})
		attempts = append(attempts, refused("R7518-02: HS256 with the public key as the secret: "+secret.name, mac(secret.octets, header, f.payload(nil))))
	}
	return append(attempts,
		refused("R7518-02: HS384 with the public key as the secret", f.token(object{"alg": "HS384"}, nil)),
		refused("R7518-02: HS512 with the public key as the secret", f.token(object{"alg": "HS512"}, nil)),
		refused("R7518-02: HS256 without a kid", mac(inPEM, f.header(object{"alg": "HS256", "kid": nil}), f.payload(nil))),
		refused("R7518-02: RS256 in the header of an HMAC", mac(inPEM, f.header(nil), f.payload(nil))),
	)
}

// mac is an HS256 token.
func mac(secret []byte, header, payload string) string {
	input := encoded(header) + "." + encoded(payload)
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(input))
	return input + "." + encoded(h.Sum(nil))
}

// rsaJWK is a key as its issuer publishes it.
func rsaJWK(issuer *issuertest.Issuer, kid string) object {
	public := issuer.PublicKey(kid).(*rsa.PublicKey)
	return object{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
		"n": encoded(public.N.Bytes()), "e": encoded(big.NewInt(int64(public.E)).Bytes()),
	}
}

// algorithms are tokens whose alg and key fit each other, or do not (RFC 8725
// §3.1, RFC 7517 §4.4).
func (f *forge) algorithms() []attempt {
	rs, es, ed := f.issuer.KeyID("RS256"), f.issuer.KeyID("ES256"), f.issuer.KeyID("EdDSA")
	as := func(alg any, kid string) string {
		header := object{"alg": alg}
		if kid != "" {
			header["kid"] = kid
		}
		return f.token(header, nil)
	}
	attempts := []attempt{
		f.accepted("RS256", as("RS256", "")),
		f.accepted("ES256", as("ES256", "")),
		f.accepted("R8037-02: EdDSA", as("EdDSA", "")),
		f.either("Ed25519 by a key whose alg is EdDSA", as("Ed25519", "")),
		refused("R7518-09: RS256 in the header of an RS512 signature", f.issuer.SignRaw("RS512", f.header(nil), f.payload(nil))),
		refused("R7518-09: RS256 in the header of a PS256 signature", f.issuer.SignRaw("PS256", f.header(nil), f.payload(nil))),
		refused("ES256 under the kid of the RSA key", as("ES256", rs)),
		refused("R8037-02: EdDSA under the kid of the RSA key", as("EdDSA", rs)),
		refused("R8037-02: EdDSA under the kid of the EC key", as("EdDSA", es)),
		refused("RS256 under the kid of the EC key", as("RS256", es)),
		refused("R8037-02: RS256 under the kid of the Ed25519 key", as("RS256", ed)),
		refused("R7515-07: no alg", as(nil, "")),
		refused("R7515-07: alg is null", as(raw("null"), "")),
		refused("R7515-07: alg is empty", as("", "")),
		refused("R7515-07: alg is a number", as(256, "")),
		refused("R7515-07: alg is an array", as([]string{"RS256"}, "")),
		refused("R7515-07: ALG instead of alg", f.token(object{"alg": nil, "ALG": "RS256"}, nil)),
		refused("an alg that does not exist", as(marker, "")),
	}
	for _, alg := range []string{"RS384", "RS512", "PS256", "PS384", "PS512"} {
		attempts = append(attempts, refused("R7517-04: "+alg+" by a key whose alg is RS256", as(alg, "")))
	}
	for _, alg := range []string{"rs256", "RS256 ", "Rs256"} {
		attempts = append(attempts, refused(`R7515-07: alg is "`+alg+`"`, as(alg, "")))
	}
	for _, alg := range []string{"RS1", "ES256K", "dir"} {
		attempts = append(attempts, refused("alg is "+alg, as(alg, "")))
	}
	return attempts
}

// keys are tokens that name a key of the issuer, another, or none.
func (f *forge) keys() []attempt {
	kid := f.issuer.KeyID("RS256")
	named := func(kid any) string { return f.withHeader(f.header(object{"kid": kid})) }
	return []attempt{
		f.accepted("a token signed with a key from before the rotation", f.token(object{"kid": f.earlier}, nil)),
		f.either("a token without kid", named(nil)),
		f.either("a token whose kid is empty", named("")),
		refused("the kid of another key of the issuer", named(f.earlier)),
		unknown("a kid that the issuer never had", named(marker)),
		unknown("R7515-13: a kid in another case", named(strings.ToUpper(kid))),
		refused("R7515-13: a kid that is a number", named(1)),
		refused("R7515-13: a kid that is an array", named([]string{kid})),
		unknown("R8725-04: a kid that is a path", named("../../../../dev/null")),
		unknown("R8725-04: a kid that is SQL", named("' OR 1=1--")),
		unknown("R8725-04: a kid that is a URL", named(f.stranger.URL+issuertest.EndpointKeys)),
		refused("R8725-04: a kid of 64 KiB", named(strings.Repeat("k", 64<<10))),
	}
}

// foreign are tokens that a stranger signed, and tokens that point at the
// stranger's keys (RFC 7515 §4.1.2 to §4.1.6, RFC 8725 §3.10).
func (f *forge) foreign() []attempt {
	attempts := []attempt{
		refused("a token of another issuer", f.strange(nil, object{"iss": f.stranger.URL})),
		unknown("R9068-05: a token of another issuer that says to be of this one", f.strange(nil, nil)),
		refused("R9068-05: a token of another issuer without a kid", f.strange(object{"kid": nil}, nil)),
	}
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		header := object{"alg": alg, "kid": f.issuer.KeyID(alg)}
		attempts = append(attempts, refused("R9068-05: a token of another issuer under a kid of this one, "+alg, f.strange(header, nil)))
	}

	theirs := f.stranger.KeyID("RS256")
	for _, pointer := range []struct {
		name  string
		value any
	}{
		{"jwk", rsaJWK(f.stranger, theirs)},
		{"jku", f.stranger.URL + issuertest.EndpointKeys},
		{"x5u", f.stranger.URL + "/x5u"},
	} {
		with := func(kid any) object { return object{"kid": kid, pointer.name: pointer.value} }
		attempts = append(attempts,
			unknown("R7515-11: signed with the key of its own "+pointer.name, f.strange(with(theirs), nil)),
			refused("R7515-11: signed with the key of its own "+pointer.name+", without a kid", f.strange(with(nil), nil)),
			refused("R7515-11: signed with the key of its own "+pointer.name+", under a kid of the issuer", f.strange(with(f.issuer.KeyID("RS256")), nil)),
			f.either("a good token with a foreign "+pointer.name, f.token(object{pointer.name: pointer.value}, nil)),
		)
	}
	return attempts
}
