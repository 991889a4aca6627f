// Package pages is the person's part of an issuertest.Issuer: pages to sign in,
// to consent and to enter a device's code, in plain HTML without a script.
//
// They are as careful as pages of the kind have to be: every form holds a token
// against cross-site request forgery, signing in changes the cookie, answers to
// forms are redirects with 303, nothing may be framed, cached or scripted, and
// guessing gets slow. Still they are for tests and for learning: people and
// passwords are in the program's text, and everything is forgotten at its end.
package pages

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

// Options says who may sign in and how things are called.
type Options struct {
	// Users are the people who may sign in.
	Users []User
	// Scopes says in words what a scope lets a client do. One without words is
	// shown by its name alone.
	Scopes map[string]string
	// Remember are the clients whose consent is remembered until the program
	// ends: confidential ones only, since whoever answers at a public client's
	// redirect URI has proved nothing (RFC 6749 §10.2). The others are asked for
	// every time, and get consent_required for prompt none.
	Remember []string
}

// site is the pages of one issuer.
type site struct {
	issuer   *issuertest.Issuer
	options  Options
	key      [32]byte // of the tokens against forgery
	sessions sessions
	consents consents
	attempts throttle
}

// Serve adds the pages to issuer and lets them decide its authorizations: /login,
// /second, /consent, /device, / and what belongs to them. Call it once, before
// the first request.
func Serve(issuer *issuertest.Issuer, o Options) {
	s := &site{
		issuer: issuer, options: o,
		sessions: newSessions(strings.HasPrefix(issuer.URL, "https:")),
		consents: newConsents(o.Remember),
		attempts: newThrottle(),
	}
	rand.Read(s.key[:])
	for pattern, h := range map[string]http.HandlerFunc{
		"/":               s.notFound, // other methods of the pages below, too
		"GET /{$}":        s.home,
		"GET /login":      s.asked(s.showLogin),
		"GET /second":     s.asked(s.showSecond),
		"GET /consent":    s.asked(s.showConsent),
		"GET /device":     s.showDevice,
		"POST /login":     s.submitted(s.asked(s.login)),
		"POST /second":    s.submitted(s.asked(s.second)),
		"POST /consent":   s.submitted(s.asked(s.consent)),
		"POST /switch":    s.submitted(s.asked(s.switchUser)),
		"POST /device":    s.submitted(s.device),
		"POST /signout":   s.submitted(s.signOut),
		"GET /style.css":  s.file("text/css; charset=utf-8", style),
		"GET /icon.svg":   s.file("image/svg+xml", icon),
		"GET /robots.txt": s.file("text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n")),
	} {
		issuer.Handle(pattern, h)
	}
	issuer.Interact(s.interact)
}

// interact begins an authorization. With prompt none it ends it, too.
func (s *site) interact(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	in := s.sessions.of(r)
	switch next := stage(a, in); {
	case !prompts(a, "none"):
		// A GET of our own, even if a form of the client's brought the person here:
		// browsers hold back the cookie from that (SameSite).
		goTo(w, "/login", a)
	case next != "/consent":
		a.Refuse(w, issuertest.LoginRequired)
	case !s.consents.given(in, a):
		a.Refuse(w, issuertest.ConsentRequired)
	default:
		a.Approve(w, grant(a, in, a.Scopes))
	}
}

// stage is the page that the person has to see next.
func stage(a *issuertest.Authorization, in *session) string {
	switch {
	case in == nil || !in.recentFor(a):
		return "/login"
	case in.acrFor(a) == "":
		return "/second"
	}
	return "/consent"
}

// step is a page within an authorization.
type step func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization)

// asked finds the authorization that a page is about. Its ID cannot be guessed,
// and nothing else of it comes back from the browser.
func (s *site) asked(next step) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("request")
		if r.Method == http.MethodPost {
			id = r.PostFormValue("request")
		}
		if a := s.issuer.Authorization(id); a != nil {
			next(w, r, a)
			return
		}
		s.fail(w, r, http.StatusBadRequest, "This request is over",
			"It has been decided, or it took longer than ten minutes. Go back to the application and begin again.")
	}
}

// goTo sends the person to a page of ours. 303 makes it a GET: a 307 would send a
// password once more (RFC 9700 §4.12).
func goTo(w http.ResponseWriter, page string, a *issuertest.Authorization) {
	if a != nil {
		page += "?" + url.Values{"request": {a.ID}}.Encode()
	}
	w.Header().Set("Location", page)
	w.WriteHeader(http.StatusSeeOther)
}

// grant is what the person in the session in grants.
func grant(a *issuertest.Authorization, in *session, scopes []string) issuertest.Grant {
	return issuertest.Grant{
		Subject: in.user.Subject, Scopes: scopes, UserInfo: in.user.Info,
		AuthTime: in.authTime, ACR: in.acrFor(a),
	}
}
