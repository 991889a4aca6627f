package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"slices"
	"time"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2

	// maxAssertionLifetime is how far away exp may be: the issuer remembers jti
	// until then.
	maxAssertionLifetime = time.Hour

	// maxAssertions is how many assertions of one client are remembered. A client
	// with more in flight is refused: forgetting one would let it be used again.
	maxAssertions = 10_000
)

// assertionAlgs sign client assertions; never none (RFC 8414 §2), and no HMAC:
// the issuer would need the secret in the clear.
var assertionAlgs = []string{"RS256", "PS256", "ES256", "EdDSA"}

// authenticateByKey is private_key_jwt (RFC 7523 §2.2, §3). Every failure is
// the same to the client: which check failed would help a forger.
func (i *Issuer) authenticateByKey(form url.Values) (*client, *tokenError) {
	refused := invalidClient("client authentication failed")
	if form.Get("client_assertion_type") != assertionType {
		return nil, refused
	}
	jwt, ok := parseJWT(form.Get("client_assertion"))
	if !ok {
		return nil, refused
	}
	sub, _ := jwt.claims["sub"].(string)
	if id := form.Get("client_id"); sub == "" || jwt.claims["iss"] != any(sub) || id != "" && id != sub {
		return nil, refused
	}
	c := i.clients.named(sub)
	if c == nil || !slices.ContainsFunc(c.Keys, func(k crypto.PublicKey) bool { return jwt.signedBy(k) }) {
		return nil, refused
	}
	// An assertion for somebody else must not work here, so aud is this issuer
	// and nothing beside it. The token endpoint's URL is what older clients send;
	// it made assertions work at a malicious issuer (RFC 7523bis).
	if jwt.claims["aud"] != any(i.URL) {
		return nil, refused
	}
	now := time.Now()
	exp, ok := claimTime(jwt.claims["exp"])
	if !ok || !now.Before(exp) || exp.After(now.Add(maxAssertionLifetime)) {
		return nil, refused
	}
	if nbf, there := jwt.claims["nbf"]; there {
		if t, ok := claimTime(nbf); !ok || now.Before(t) {
			return nil, refused
		}
	}
	jti, _ := jwt.claims["jti"].(string)
	if jti == "" || len(jti) > 256 || !i.clients.once(c, jti, exp) {
		return nil, refused
	}
	return c, nil
}

// once reports whether the client has not used jti before.
func (cs *clients) once(c *client, jti string, exp time.Time) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if _, used := c.assertions.get(jti); used {
		return false
	}
	return c.assertions.add(jti, struct{}{}, exp)
}

// signedBy reports whether key made the signature, with an algorithm that is
// allowed and the key's own.
func (j *parsedJWT) signedBy(key crypto.PublicKey) bool {
	var fits []string
	switch key.(type) {
	case *rsa.PublicKey:
		fits = []string{"RS256", "PS256"}
	case *ecdsa.PublicKey:
		fits = []string{"ES256"}
	case ed25519.PublicKey:
		fits = []string{"EdDSA"}
	}
	return slices.Contains(fits, j.alg()) && verified(j.alg(), key, j.input, j.signature)
}

// claimTime reads a NumericDate (RFC 7519 §2) that is in human reach.
func claimTime(v any) (time.Time, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)), true
}
