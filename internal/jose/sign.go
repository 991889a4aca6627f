package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// CanSign tells whether Sign makes JWTs with this algorithm and key: RS256, PS256, ES256
// or EdDSA.
func CanSign(key crypto.Signer, alg string) bool {
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		return (alg == "RS256" || alg == "PS256") && public.N.BitLen() >= minModulus
	case *ecdsa.PublicKey:
		return alg == "ES256" && public.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

// Sign returns a JWT of these claims, a JSON object. The key may be in hardware: only its
// Sign method is used, which jwx would not do for all of them. A kid that is empty is left
// out.
func Sign(key crypto.Signer, alg, kid string, claims []byte) (string, error) {
	if !CanSign(key, alg) {
		return "", errAlgorithm
	}
	header, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		Type      string `json:"typ"`
		KeyID     string `json:"kid,omitempty"`
	}{alg, "JWT", kid})
	if err != nil {
		return "", errHeader
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(input))
	var signature []byte
	switch alg {
	case "RS256":
		signature, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
	case "PS256":
		signature, err = key.Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	case "ES256":
		if signature, err = key.Sign(rand.Reader, digest[:], crypto.SHA256); err == nil {
			signature, err = fixedLength(signature)
		}
	case "EdDSA":
		signature, err = key.Sign(rand.Reader, []byte(input), crypto.Hash(0))
	}
	if err != nil {
		return "", errSignature
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// fixedLength turns the DER that crypto.Signer returns into R and S of 32 octets each
// (RFC 7518 §3.4).
func fixedLength(der []byte) ([]byte, error) {
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) > 0 {
		return nil, errSignature
	}
	if rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.BitLen() > 256 || rs.S.BitLen() > 256 {
		return nil, errSignature
	}
	signature := make([]byte, 64)
	rs.R.FillBytes(signature[:32])
	rs.S.FillBytes(signature[32:])
	return signature, nil
}
