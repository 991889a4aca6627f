package issuertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"slices"
	"sync"
)

// The client that the issuers of NewIssuer and NewInMemoryIssuer have from the
// start, with every grant and the scopes read and write and those of OpenID
// Connect. It may introspect tokens for Audience, too. These are test values.
const (
	ClientID     = "client"
	ClientSecret = "secret"
	// RedirectURI is its redirect URI. The port may vary (RFC 8252 §7.3).
	RedirectURI = "http://127.0.0.1/callback"
)

// The grants that a client can be registered for.
const (
	GrantAuthorizationCode = "authorization_code"                           // RFC 6749 §4.1
	GrantClientCredentials = "client_credentials"                           // RFC 6749 §4.4
	GrantRefreshToken      = "refresh_token"                                // RFC 6749 §6
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 §3.4
)

var grantTypes = []string{GrantAuthorizationCode, GrantClientCredentials, GrantRefreshToken, GrantDeviceCode}

// Client is the registration of a client (RFC 6749 §2). Only ID is required.
// Without Secret and Keys the client is public: it only names itself, and may
// not use the client credentials grant (§4.4).
type Client struct {
	ID   string
	Name string // for the person to read; default ID

	// Secret is for client_secret_basic and client_secret_post (RFC 6749 §2.3.1).
	Secret string
	// Keys are for private_key_jwt (RFC 7523): *rsa.PublicKey for RS256 and
	// PS256, *ecdsa.PublicKey on P-256 for ES256, ed25519.PublicKey for EdDSA.
	Keys []crypto.PublicKey

	// RedirectURIs are compared as they are written; only the port of a loopback
	// URI may vary. Each is an absolute https URI, an http URI of the loopback
	// host, or one of a private scheme with a dot in its name (RFC 8252 §7.1).
	RedirectURIs []string

	// Grants are Grant constants; nil means every grant that the client can use.
	// Without GrantRefreshToken no refresh token is issued.
	Grants []string

	// Scopes are those it may ask for. A request for none gets all of them but
	// openid, profile, email, address, phone and offline_access.
	Scopes []string

	// IDTokenAlg signs its ID tokens: RS256 (the default), ES256 or EdDSA.
	IDTokenAlg string
}

// client is a registered client.
type client struct {
	Client
	hash [sha256.Size]byte // the secret's: all of one length, to compare in constant time

	// audience says whose tokens the client may introspect (RFC 7662 §4).
	audience []string

	guesses    *throttle        // at the secret; guarded by clients.mu
	assertions *store[struct{}] // by jti (RFC 7523 §3); guarded by clients.mu
}

func (c *client) public() bool { return c.Secret == "" && len(c.Keys) == 0 }

// may reports whether the client is registered for the grant.
func (c *client) may(grantType string) bool { return slices.Contains(c.Grants, grantType) }

// clients are the registered clients by id.
type clients struct {
	mu   sync.Mutex
	byID map[string]*client
}

func newClients() *clients { return &clients{byID: map[string]*client{}} }

func (cs *clients) named(id string) *client {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.byID[id]
}

func (cs *clients) add(c Client, audience []string) {
	assertions := newStore[struct{}](maxAssertions)
	added := &client{Client: c, hash: sha256.Sum256([]byte(c.Secret)), audience: audience, guesses: &throttle{}, assertions: &assertions}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	// What was used or guessed before stays so.
	if before, again := cs.byID[c.ID]; again {
		added.guesses, added.assertions = before.guesses, before.assertions
	}
	cs.byID[c.ID] = added
}

// AddClient registers c, or replaces the client with the same id: what that one
// was granted before remains, with the scopes it has. If it is confidential it may
// introspect its own tokens; for those of others there is RegisterResource.
// AddClient panics on a registration that can never work or that RFC 9700 §2.1
// forbids: a redirect URI with a fragment, over http beyond loopback, or of a
// scheme such as javascript.
func (i *Issuer) AddClient(c Client) {
	if c.ID == "" {
		panic("issuertest: AddClient: empty client id")
	}
	c.Scopes, c.Keys, c.RedirectURIs = unique(c.Scopes), slices.Clone(c.Keys), slices.Clone(c.RedirectURIs)
	public := c.Secret == "" && len(c.Keys) == 0
	switch {
	case slices.ContainsFunc(c.Scopes, func(s string) bool { return !isScope(s) }):
		panic("issuertest: AddClient: Scopes: not a scope-token (RFC 6749 section 3.3)")
	case slices.ContainsFunc(c.RedirectURIs, func(u string) bool { return !mayRedirectTo(u) }):
		panic("issuertest: AddClient: RedirectURIs: neither https, nor http on loopback, nor a private scheme; or with a fragment (RFC 9700 section 2.1)")
	case slices.ContainsFunc(c.Keys, func(k crypto.PublicKey) bool { return !isAssertionKey(k) }):
		panic("issuertest: AddClient: Keys: not a public key for RS256, PS256, ES256 or EdDSA")
	case slices.ContainsFunc(c.Grants, func(g string) bool { return !slices.Contains(grantTypes, g) }):
		panic("issuertest: AddClient: Grants: use the Grant constants")
	case public && slices.Contains(c.Grants, GrantClientCredentials):
		panic("issuertest: AddClient: Grants: client credentials are for confidential clients (RFC 6749 section 4.4)")
	}
	if c.Grants = slices.Clone(c.Grants); c.Grants == nil {
		c.Grants = slices.DeleteFunc(slices.Clone(grantTypes), func(g string) bool { return public && g == GrantClientCredentials })
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	switch c.IDTokenAlg {
	case "":
		c.IDTokenAlg = "RS256"
	case "RS256", "ES256", "EdDSA":
	default:
		panic("issuertest: AddClient: IDTokenAlg: not RS256, ES256 or EdDSA")
	}
	i.clients.add(c, nil)
}

// withClient adds the client that tests find.
func (i *Issuer) withClient() *Issuer {
	i.AddClient(Client{
		ID: ClientID, Secret: ClientSecret, RedirectURIs: []string{RedirectURI},
		Scopes: append([]string{"read", "write"}, openIDScopes...),
	})
	i.clients.named(ClientID).audience = []string{Audience}
	return i
}

// Register is AddClient for a client that needs no redirect URI. With an empty
// secret it is public.
func (i *Issuer) Register(id, secret string, scopes ...string) {
	i.AddClient(Client{ID: id, Secret: secret, Scopes: scopes})
}

// isAssertionKey reports whether k can verify a client assertion.
func isAssertionKey(k crypto.PublicKey) bool {
	switch k := k.(type) {
	case *rsa.PublicKey:
		return k != nil && k.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return k != nil && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize
	}
	return false
}
