package issuertest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"strings"
	"sync"
)

// tokens is what an issuer knows of its tokens beyond what they say themselves.
// The zero value knows of none.
type tokens struct {
	mu      sync.Mutex
	opaque  map[string]map[string]any // claims by token
	revoked map[string]bool           // by identity
}

// Opaque returns an opaque access token: one that says nothing, so that a
// resource server has to ask the issuer about it (RFC 7662). Its claims are
// those of Token, changed by the same rule. A claim of the wrong type, such as
// exp in quotes, makes a token that the issuer calls inactive. Opaque panics if
// claims are not JSON.
func (i *Issuer) Opaque(claims map[string]any) string {
	stored, ok := readClaims(overlay(i.claims(ClientID, "user", "read"), claims))
	if !ok {
		panic("issuertest: Opaque: the claims are not one JSON object") // ours always are
	}
	token := "opaque_" + rand.Text()
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	if i.tokens.opaque == nil {
		i.tokens.opaque = map[string]map[string]any{}
	}
	i.tokens.opaque[token] = stored
	return token
}

// Revoke makes the introspection endpoint call token inactive from now on,
// whether opaque or a JWT. Who verifies a JWT by its signature alone does not
// notice. Any other string is no mistake (RFC 7009 §2.2) and changes nothing.
func (i *Issuer) Revoke(token string) {
	i.tokens.mu.Lock()
	defer i.tokens.mu.Unlock()
	if i.tokens.revoked == nil {
		i.tokens.revoked = map[string]bool{}
	}
	i.tokens.revoked[identity(token)] = true
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
	return s.opaque[token], s.revoked[identity(token)]
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
