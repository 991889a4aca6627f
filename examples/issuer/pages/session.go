package pages

import (
	"crypto/rand"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/warder-go/warder/issuertest"
)

const (
	sessionLifetime = 8 * time.Hour
	maxSessions     = 10_000
)

// session is a browser in which somebody is signed in. It is replaced, never
// changed.
type session struct {
	user     *User
	authTime time.Time // when the password was given
	acr      string
	request  string // the authorization that they signed in for
}

// recentFor reports whether the person signed in recently enough for a. Who is
// to sign in again has to do so for this very request.
func (in *session) recentFor(a *issuertest.Authorization) bool {
	again := prompts(a, "login") || prompts(a, "select_account")
	return a.Fresh(in.authTime) && (!again || in.request == a.ID)
}

// acrFor is the class that the authentication has for a, or "" when it has none
// that will do. Who showed two factors has shown the password, too.
func (in *session) acrFor(a *issuertest.Authorization) string {
	if len(a.ACRValues) == 0 {
		return in.acr
	}
	for _, acr := range a.ACRValues {
		if acr == in.acr || acr == issuertest.ACRPassword {
			return acr
		}
	}
	return ""
}

func prompts(a *issuertest.Authorization, p string) bool { return slices.Contains(a.Prompt, p) }

// sessions are the browsers where somebody is signed in, by their cookie. The
// others have a cookie as well, for the tokens of their forms, but no place here:
// strangers cannot fill it.
type sessions struct {
	https bool
	mu    sync.Mutex
	byID  map[string]*session
}

func newSessions(https bool) sessions { return sessions{https: https, byID: map[string]*session{}} }

// cookieName has the prefix that keeps other hosts from setting the cookie. It
// needs https.
func (ss *sessions) cookieName() string {
	if ss.https {
		return "__Host-issuer"
	}
	return "issuer"
}

// id is the cookie of the browser, or "".
func (ss *sessions) id(r *http.Request) string {
	c, err := r.Cookie(ss.cookieName())
	if err != nil || len(c.Value) != len(rand.Text()) {
		return ""
	}
	return c.Value
}

// of is the session of the browser, or nil.
func (ss *sessions) of(r *http.Request) *session {
	id := ss.id(r)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	in := ss.byID[id]
	if in == nil || time.Since(in.authTime) >= sessionLifetime {
		return nil
	}
	return in
}

// change ends what the browser's cookie stood for and gives it another one, which
// stands for in; nil is nobody. A cookie from before, which somebody else may
// know or have put there, is worth nothing afterwards.
func (ss *sessions) change(w http.ResponseWriter, r *http.Request, in *session) {
	id := ss.newID(w)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.byID, ss.id(r))
	if in == nil {
		return
	}
	oldest := id
	for other, o := range ss.byID {
		switch {
		case time.Since(o.authTime) >= sessionLifetime:
			delete(ss.byID, other)
		case oldest == id || o.authTime.Before(ss.byID[oldest].authTime):
			oldest = other
		}
	}
	if len(ss.byID) >= maxSessions {
		delete(ss.byID, oldest)
	}
	ss.byID[id] = in
}

// newID gives the browser a new cookie: 130 bits of crypto/rand. Scripts do not
// see it, other sites' forms do not bring it, and it ends with the browser.
func (ss *sessions) newID(w http.ResponseWriter) string {
	id := rand.Text()
	c := http.Cookie{Name: ss.cookieName(), Value: id, Path: "/", HttpOnly: true, Secure: ss.https, SameSite: http.SameSiteLaxMode}
	w.Header().Set("Set-Cookie", c.String())
	return id
}
