package issuertest

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The client that every issuer has from the start, with the scopes read and
// write. These are test values.
const (
	ClientID     = "client"
	ClientSecret = "secret"
)

// Throttling of guesses (RFC 6749 §2.3.1): after maxFailures wrong secrets in a
// row, a client waits retryAfter between attempts until one is right.
const (
	maxFailures = 10
	retryAfter  = time.Minute
)

type client struct {
	id     string
	public bool
	secret [sha256.Size]byte // the secret's hash: all of one length, to compare in constant time
	scopes []string

	// audience says whose tokens the client may introspect (RFC 7662 §4).
	audience []string

	failures int       // in a row; guarded by clients.mu
	failed   time.Time // the last of them; guarded by clients.mu
}

// clients are the registered clients by id.
type clients struct {
	mu   sync.Mutex
	byID map[string]*client
}

func newClients() *clients { return &clients{byID: map[string]*client{}} }

// Register adds a confidential client that authenticates with secret, or
// replaces the one with the same id. It may ask for any of scopes, and gets all
// of them when it asks for none (RFC 6749 §3.3). With an empty secret the client
// is public (§2.1), and may not use the client credentials grant (§4.4).
// Register panics on an empty id and on a scope that RFC 6749 §3.3 does not allow.
func (i *Issuer) Register(id, secret string, scopes ...string) {
	if id == "" {
		panic("issuertest: Register: empty client id")
	}
	for _, s := range scopes {
		if !isScope(s) {
			panic("issuertest: Register: not a scope-token (RFC 6749 section 3.3)")
		}
	}
	i.clients.add(id, secret, unique(scopes), []string{Audience})
}

func (cs *clients) add(id, secret string, scopes, audience []string) {
	c := &client{id: id, public: secret == "", secret: sha256.Sum256([]byte(secret)), scopes: scopes, audience: audience}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.byID[id] = c
}

// authenticate says which client sent a request (RFC 6749 §2.3, §3.2.1).
// A public client is only named. Exactly one method may be used.
func (cs *clients) authenticate(r *http.Request, form url.Values) (*client, *tokenError) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	fields := r.Header.Values("Authorization")
	switch {
	case form.Get("client_assertion") != "" || form.Get("client_assertion_type") != "":
		if secret != "" || len(fields) > 0 {
			return nil, invalidRequest("more than one client authentication method")
		}
		return nil, invalidClient("client authentication method not supported")
	case len(fields) > 1:
		return nil, invalidRequest("more than one Authorization field")
	case len(fields) == 1 && secret != "":
		return nil, invalidRequest("more than one client authentication method")
	case len(fields) == 1:
		basicID, basicSecret, ok := basic(r)
		if !ok {
			return nil, invalidClient("Authorization is not Basic with form-encoded credentials")
		}
		if id != "" && id != basicID {
			return nil, invalidRequest("client_id differs from the authenticated client")
		}
		return cs.check(basicID, basicSecret)
	case id == "" && secret != "":
		return nil, invalidRequest("client_secret without client_id")
	case id == "":
		return nil, invalidClient("no client authentication")
	case secret != "":
		return cs.check(id, secret)
	}
	c := cs.named(id)
	if c == nil || !c.public {
		return nil, invalidClient("client authentication failed")
	}
	return c, nil
}

// basic returns the credentials of HTTP Basic, which OAuth form-encodes first
// (RFC 6749 §2.3.1): without that, an id could hold no colon.
func basic(r *http.Request) (id, secret string, ok bool) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, err := url.QueryUnescape(user)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(password)
	return id, secret, err == nil
}

func (cs *clients) named(id string) *client {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.byID[id]
}

// check compares the secret, unless the client has guessed too often. A
// throttled client is not told whether its secret was right.
func (cs *clients) check(id, secret string) (*client, *tokenError) {
	hash := sha256.Sum256([]byte(secret))
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.byID[id]
	if !ok {
		c = &client{public: true} // compared all the same, so that time tells nothing; never kept
	}
	if c.failures >= maxFailures && time.Since(c.failed) < retryAfter {
		return nil, throttled()
	}
	same := subtle.ConstantTimeCompare(hash[:], c.secret[:]) == 1
	// A public client has no secret that could be right: the empty one is not.
	if !same || c.public {
		c.failures++
		c.failed = time.Now()
		return nil, invalidClient("client authentication failed")
	}
	c.failures = 0
	return c, nil
}

// isScope reports whether s is a scope-token (RFC 6749 §3.3).
func isScope(s string) bool {
	if s == "" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x21 || r == '"' || r == '\\' || r > 0x7e
	})
}
