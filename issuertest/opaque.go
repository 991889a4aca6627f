package issuertest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"strings"
	"sync"
	"time"
)

// How many tokens strangers can make the issuer remember.
const (
	maxIssued  = 100_000
	maxRevoked = 100_000
)

// tokens is what an issuer knows of its tokens beyond what they say themselves.
type tokens struct {
	mu      sync.Mutex
	made    map[string]map[string]any // claims of opaque tokens that the test made
	issued  store[map[string]any]     // claims of opaque tokens of the token endpoint
	revoked store[struct{}]           // by identity
	taken   map[string]bool           // by identity: revoked by the test
}

func newTokens() *tokens {
	return &tokens{
		made: map[string]map[string]any{}, taken: map[string]bool{},
		issued: newStore[map[string]any](maxIssued), revoked: newStore[struct{}](maxRevoked),
	}
}

const opaquePrefix = "opaque_"

// Opaque returns an opaque access token: one that says nothing, so that a
// resource server has to ask the issuer about it (RFC 7662). Its claims are
// those of Token, changed by the same rule. A claim of the wrong type, such as
// exp in quotes, makes a token that the issuer calls inactive. Opaque panics if
// claims are not JSON.
func (i *Issuer) Opaque(claims map[string]any) string {
	stored := asRead(overlay(i.claims(ClientID, "user", "read"), claims))
	token := opaquePrefix + rand.Text()
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	i.tokens.made[token] = stored
	return token
}

// issueOpaque is Opaque for the token endpoint: strangers use it, so the oldest
// token ends where there is no room.
func (i *Issuer) issueOpaque(claims map[string]any) string {
	stored := asRead(overlay(claims, nil))
	token := opaquePrefix + rand.Text()
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	i.tokens.issued.put(token, stored, time.Now().Add(lifetime))
	return token
}

// frozen returns claims as JSON has them, with nothing left that the caller could
// change or could not write. A claim without a value is left out (OpenID Connect
// Core §5.3.2). It panics if claims are not JSON.
func frozen(claims map[string]any) map[string]any {
	base := maps.Clone(claims)
	if base == nil {
		base = map[string]any{}
	}
	return asRead(overlay(base, claims))
}

// asRead returns claims as readClaims does.
func asRead(doc []byte) map[string]any {
	claims, ok := readClaims(doc)
	if !ok {
		panic("issuertest: the claims are not one JSON object") // ours always are
	}
	return claims
}

// Revoke makes the issuer call token inactive from now on, whether opaque or a
// JWT; a refresh token takes with it all that was granted. Who verifies a JWT by
// its signature alone does not notice. Any other string is no mistake (RFC 7009
// §2.2) and changes nothing.
func (i *Issuer) Revoke(token string) {
	if f, _ := i.grants.ofRefreshToken(token); f != nil {
		i.grants.end(f)
		return
	}
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	i.tokens.taken[identity(token)] = true
}

// revoke is Revoke for the revocation endpoint. It returns false where there is
// no room: a revoked token must not come back, so none is forgotten before until.
func (s *tokens) revoke(token string, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoked.add(identity(token), struct{}{}, until)
}

// identity is what one token has of its own: of a JWT, what is signed. The same
// ECDSA signature can be written in two ways, and both are the same token.
func identity(token string) string {
	if dot := strings.LastIndexByte(token, '.'); dot >= 0 {
		return token[:dot]
	}
	return token
}

// find returns the claims of an opaque token, or nil; and whether token, of
// whatever kind, was revoked.
func (s *tokens) find(token string) (claims map[string]any, revoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	claims, ok := s.made[token]
	if !ok {
		claims, _ = s.issued.get(token)
	}
	_, revoked = s.revoked.get(identity(token))
	return claims, revoked || s.taken[identity(token)]
}

// readClaims reads a JSON object. Numbers stay as they are written.
func readClaims(doc []byte) (map[string]any, bool) {
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil || claims == nil {
		return nil, false
	}
	_, err := d.Token()
	return claims, err == io.EOF // nothing comes after it
}
