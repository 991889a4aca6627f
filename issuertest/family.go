package issuertest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"time"
)

// Lifetimes. A code may live ten minutes at most (RFC 6749 §4.1.2).
const (
	codeLifetime = 5 * time.Minute
	// idleLifetime ends a refresh token that nobody uses (RFC 9700 §4.14.2).
	idleLifetime = 14 * 24 * time.Hour
)

// How many of each there are at most: strangers can make them.
const (
	maxAuthorizations = 1_000
	maxCodes          = 10_000
	maxFamilies       = 100_000
	maxDevices        = 1_000
)

// family is what a person granted to a client, and all tokens that come of it: a
// chain of refresh tokens, of which the last works, and their access tokens.
// A family that ends takes all of them with it.
type family struct {
	id     string // in the jti of access tokens: resource servers know it
	handle string // in refresh tokens: nobody but the client knows it
	client string
	grant  Grant

	scopes, resources []string // all that was granted

	secret [sha256.Size]byte // hash of the secret of the refresh token that works; guarded by grants.mu
}

func newFamily(a *Authorization, g Grant, scopes []string) *family {
	return &family{
		id: rand.Text(), handle: rand.Text(), client: a.ClientID, grant: g,
		scopes: scopes, resources: a.Resources,
	}
}

// grants is what the issuer remembers of authorizations. One lock for all: what
// works once must be found and taken in one step.
type grants struct {
	mu       sync.Mutex
	pending  store[*Authorization] // by ID; from browsers
	waiting  store[*Authorization] // the same from devices: they take no browser's place
	codes    store[*code]          // by code
	families store[*family]        // by id
	handles  store[*family]        // by handle, also of families that have ended
	devices  store[*device]        // by device code
	users    store[*device]        // by user code
	guesses  throttle              // at user codes
}

func newGrants() *grants {
	return &grants{
		pending:  newStore[*Authorization](maxAuthorizations),
		waiting:  newStore[*Authorization](maxDevices),
		codes:    newStore[*code](maxCodes),
		families: newStore[*family](maxFamilies),
		handles:  newStore[*family](maxFamilies),
		devices:  newStore[*device](maxDevices),
		users:    newStore[*device](maxDevices),
	}
}

// hold keeps a until it is decided.
func (g *grants) hold(a *Authorization, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending.put(a.ID, a, until)
}

func (g *grants) held(id string) *Authorization {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, ok := g.pending.get(id)
	if !ok {
		a, _ = g.waiting.get(id)
	}
	return a
}

// take ends the wait of a. It reports whether the caller is the one to decide:
// true for one call.
func (g *grants) take(a *Authorization) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	undecided := &g.pending
	if a.device != nil {
		undecided = &g.waiting
	}
	_, ok := undecided.get(a.ID)
	undecided.delete(a.ID)
	return ok
}

// begin makes the family known, and returns its first refresh token when the
// client may have one. The caller holds mu.
func (g *grants) begin(f *family, refreshable bool) (refreshToken string) {
	if !refreshable {
		g.families.put(f.id, f, time.Now().Add(lifetime))
		return ""
	}
	return g.rotate(f)
}

// rotate returns a new refresh token, after which no other of the family works.
// The caller holds mu.
func (g *grants) rotate(f *family) (refreshToken string) {
	idle := time.Now().Add(idleLifetime)
	g.families.put(f.id, f, idle)
	g.handles.put(f.handle, f, idle)
	secret := rand.Text()
	f.secret = sha256.Sum256([]byte(secret))
	return refreshPrefix + f.handle + "_" + secret
}

// alive reports whether the family has neither ended nor been forgotten.
func (g *grants) alive(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.families.get(id)
	return ok
}

// end revokes all tokens of the family, at once.
func (g *grants) end(f *family) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.families.delete(f.id)
}

// find returns the family with the id, or nil.
func (g *grants) find(id string) *family {
	g.mu.Lock()
	defer g.mu.Unlock()
	f, _ := g.families.get(id)
	return f
}

const refreshPrefix = "refresh_"

// refreshed returns the family that a refresh token is of, and whether it is the
// one that works. Without the handle nobody gets this far, so any other secret
// is of a token that was spent. The caller holds mu.
func (g *grants) refreshed(token string) (f *family, current bool) {
	rest, ok := strings.CutPrefix(token, refreshPrefix)
	handle, secret, found := strings.Cut(rest, "_")
	if !ok || !found {
		return nil, false
	}
	if f, ok = g.handles.get(handle); !ok {
		return nil, false
	}
	hash := sha256.Sum256([]byte(secret))
	_, alive := g.families.get(f.id)
	return f, alive && subtle.ConstantTimeCompare(hash[:], f.secret[:]) == 1
}

// ofRefreshToken is refreshed for who does not hold mu.
func (g *grants) ofRefreshToken(token string) (f *family, current bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refreshed(token)
}

// familyPrefix marks a jti that names a family.
const familyPrefix = "family-"

// newID returns a jti for an access token of the family.
func (f *family) newID() string { return familyPrefix + f.id + "." + rand.Text() }

// familyOf returns the id of the family that a jti names.
func familyOf(jti any) (id string, ok bool) {
	s, _ := jti.(string)
	if s, ok = strings.CutPrefix(s, familyPrefix); !ok {
		return "", false
	}
	id, _, ok = strings.Cut(s, ".")
	return id, ok
}
