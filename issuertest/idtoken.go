package issuertest

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"time"
)

// idToken makes an ID token (OpenID Connect Core §2). It has no azp: nobody but
// the client is its audience. The header's typ keeps it from passing for an
// access token (RFC 9068 §4).
func (i *Issuer) idToken(c *client, f *family, accessToken, nonce string) string {
	now := time.Now()
	claims := map[string]any{
		"iss":       i.URL,
		"sub":       f.grant.Subject,
		"aud":       c.ID,
		"iat":       now.Unix(),
		"exp":       now.Add(lifetime).Unix(),
		"auth_time": f.grant.AuthTime.Unix(),
		"at_hash":   accessTokenHash(c.IDTokenAlg, accessToken),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if f.grant.ACR != "" {
		claims["acr"] = f.grant.ACR
	}
	key := i.keys.signer(c.IDTokenAlg)
	header := map[string]any{"typ": "JWT", "alg": c.IDTokenAlg, "kid": key.id}
	return sign(c.IDTokenAlg, key, overlay(header, nil), overlay(claims, nil))
}

// hinted returns whom an id_token_hint is about: an ID token of this issuer for
// this client (OpenID Connect Core §3.1.2.1). It may have expired and its key may
// be withdrawn: a hint opens nothing.
func (i *Issuer) hinted(c *client, token string) (subject string, ok bool) {
	j, ok := parseJWT(token)
	if !ok || j.header["typ"] != any("JWT") || j.claims["iss"] != any(i.URL) || j.claims["aud"] != any(c.ID) {
		return "", false
	}
	kid, _ := j.header["kid"].(string)
	key := i.keys.find(kid)
	if key == nil || key.alg != j.alg() || !verified(key.alg, key.private.Public(), j.input, j.signature) {
		return "", false
	}
	subject, _ = j.claims["sub"].(string)
	return subject, subject != ""
}

// accessTokenHash is at_hash (OpenID Connect Core §3.1.3.6): the left half of a
// hash, which is the one that alg signs.
func accessTokenHash(alg, accessToken string) string {
	if alg == "EdDSA" { // Ed25519 hashes with SHA-512
		hash := sha512.Sum512([]byte(accessToken))
		return base64.RawURLEncoding.EncodeToString(hash[:len(hash)/2])
	}
	hash := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(hash[:len(hash)/2])
}
