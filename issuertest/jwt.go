package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// parsedJWT is a JWT whose signature nobody has checked yet.
type parsedJWT struct {
	header, claims map[string]any
	input          string // what is signed (RFC 7515 §5.1)
	signature      []byte
}

// parseJWT reads the compact serialization. One token is written in one way only.
func parseJWT(token string) (*parsedJWT, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	b64 := base64.RawURLEncoding.Strict()
	var raw [3][]byte
	for n, part := range parts {
		if strings.ContainsAny(part, "\r\n") { // which encoding/base64 skips
			return nil, false
		}
		var err error
		if raw[n], err = b64.DecodeString(part); err != nil {
			return nil, false
		}
	}
	header, ok := readClaims(raw[0])
	if _, crit := header["crit"]; !ok || crit {
		return nil, false
	}
	claims, ok := readClaims(raw[1])
	return &parsedJWT{header: header, claims: claims, input: token[:len(parts[0])+1+len(parts[1])], signature: raw[2]}, ok
}

func (j *parsedJWT) alg() string { alg, _ := j.header["alg"].(string); return alg }

// readJWT returns the claims of an access token that this issuer signed with a
// key it still publishes, or nil.
func (i *Issuer) readJWT(token string) map[string]any {
	j, ok := parseJWT(token)
	if !ok || j.claims["iss"] != any(i.URL) {
		return nil
	}
	typ, _ := j.header["typ"].(string)
	if typ = strings.ToLower(typ); typ != "at+jwt" && typ != "application/at+jwt" {
		return nil // an ID token is no access token (RFC 9068 §4)
	}
	kid, _ := j.header["kid"].(string)
	public := i.keys.verifier(kid, j.alg())
	if public == nil || !verified(j.alg(), public, j.input, j.signature) {
		return nil
	}
	return j.claims
}

// verifier returns the published key that kid names if it is one for alg.
func (k *keyRing) verifier(kid, alg string) crypto.PublicKey {
	key := k.find(kid)
	if key == nil || key.alg != alg {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !key.published {
		return nil
	}
	return key.private.Public()
}

// verified checks a signature by the alg of a key.
func verified(alg string, public crypto.PublicKey, input string, signature []byte) bool {
	if p, ok := public.(*ecdsa.PublicKey); ok && len(signature) != 2*((p.Curve.Params().BitSize+7)/8) {
		return false
	}
	v, err := jws.NewVerifier(jwa.SignatureAlgorithm(alg))
	return err == nil && v.Verify([]byte(input), signature, public) == nil
}
