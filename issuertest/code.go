package issuertest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// code is an authorization code (RFC 6749 §4.1.2).
type code struct {
	family  *family
	request authorizationRequest
	used    bool // guarded by grants.mu
}

// newCode returns an authorization code for the family.
func (g *grants) newCode(f *family, request authorizationRequest) string {
	text := "code_" + rand.Text()
	request.state = "" // was for the redirect
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes.put(text, &code{family: f, request: request}, time.Now().Add(codeLifetime))
	return text
}

// redeemCode is the authorization code grant (RFC 6749 §4.1.3).
func (i *Issuer) redeemCode(c *client, form url.Values) (*Tokens, *tokenError) {
	text, verifier := form.Get("code"), form.Get("code_verifier")
	if text == "" {
		return nil, invalidRequest("code is missing")
	}
	i.grants.mu.Lock()
	k, ok := i.grants.codes.get(text)
	i.grants.mu.Unlock()
	if !ok || k.family.client != c.ID {
		return nil, invalidGrant("the code is unknown, expired, used or another client's")
	}
	// What was sent has to be right before the code counts as used or replayed:
	// else who saw a code could revoke what came of it (OAuth 2.1 §7.5.2).
	if refused := k.check(form, verifier); refused != nil {
		return nil, refused
	}
	scopes, resources, refused := i.resources.ofFamily(k.family, "", form["resource"])
	if refused != nil {
		return nil, refused
	}

	i.grants.mu.Lock()
	if k.used {
		i.grants.families.delete(k.family.id)
		i.grants.mu.Unlock()
		return nil, invalidGrant("the code is unknown, expired, used or another client's")
	}
	k.used = true
	refreshToken := i.grants.begin(k.family, c.may(GrantRefreshToken))
	i.grants.mu.Unlock()

	return i.respond(c, k.family, scopes, resources, refreshToken, k.request.nonce), nil
}

// check compares redirect URI and code verifier with those of the authorization
// request (RFC 6749 §4.1.3, RFC 7636 §4.6).
func (k *code) check(form url.Values, verifier string) *tokenError {
	switch uri := form.Get("redirect_uri"); {
	case uri != "" && uri != k.request.redirectURI:
		return invalidGrant("redirect_uri is not that of the authorization request")
	case uri == "" && k.request.challenge == "":
		return invalidRequest("redirect_uri is required without PKCE")
	case k.request.challenge == "" && verifier != "":
		// Somebody took the challenge out of the authorization request (RFC 9700
		// §4.8.2).
		return invalidRequest("code_verifier without a code_challenge")
	case k.request.challenge == "":
		return nil
	case verifier == "":
		return invalidRequest("code_verifier is missing")
	case len(verifier) < 43 || len(verifier) > 128 || !isUnreserved(verifier, "-._~"):
		return invalidRequest("code_verifier does not have 43 to 128 unreserved characters")
	}
	hash := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	if subtle.ConstantTimeCompare([]byte(challenge), []byte(k.request.challenge)) != 1 {
		return invalidGrant("code_verifier is not that of the code_challenge")
	}
	return nil
}

// isUnreserved reports whether s has only letters, digits and those of punctuation.
func isUnreserved(s, punctuation string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(punctuation, r))
	})
}
