package pages

import (
	"net/http"
	"strconv"
	"time"

	"github.com/warder-go/warder/issuertest"
)

const (
	wrongPassword = "The user name or the password is wrong."
	wrongCode     = "The code is wrong."
	tooMany       = "Too many attempts. Wait half a minute, then try again."
)

// showLogin asks who the person is.
func (s *site) showLogin(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	if next := stage(a, s.sessions.of(r)); next != "/login" {
		goTo(w, next, a)
		return
	}
	s.show(w, r, http.StatusOK, page{name: "login", Title: "Sign in", Request: a, Username: a.LoginHint})
}

// login checks name and password.
func (s *site) login(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	if r.PostFormValue("decision") == "cancel" {
		a.Deny(w)
		return
	}
	name := r.PostFormValue("username")
	p := page{name: "login", Title: "Sign in", Request: a, Username: name}
	if !s.attempts.begin("password of " + name) {
		p.Error = tooMany
		s.slowDown(w, r, p)
		return
	}
	user := s.signIn(name, r.PostFormValue("password"))
	if user == nil {
		p.Error = wrongPassword
		s.show(w, r, http.StatusForbidden, p)
		return
	}
	s.attempts.succeed("password of " + name)
	in := &session{user: user, authTime: time.Now(), acr: issuertest.ACRPassword, request: a.ID}
	s.sessions.change(w, r, in)
	goTo(w, stage(a, in), a)
}

// showSecond asks for the second factor, where the client wants one.
func (s *site) showSecond(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	in := s.sessions.of(r)
	switch next := stage(a, in); {
	case next != "/second":
		goTo(w, next, a)
	case in.user.Code == "":
		a.Refuse(w, issuertest.UnmetAuthenticationRequirements)
	default:
		s.show(w, r, http.StatusOK, page{name: "second", Title: "One more step", Request: a})
	}
}

// second checks the second factor. The time of the authentication stays that of
// the password.
func (s *site) second(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	in := s.sessions.of(r)
	if next := stage(a, in); next != "/second" {
		goTo(w, next, a)
		return
	}
	if r.PostFormValue("decision") == "cancel" {
		a.Deny(w)
		return
	}
	p := page{name: "second", Title: "One more step", Request: a}
	if !s.attempts.begin("code of " + in.user.Name) {
		p.Error = tooMany
		s.slowDown(w, r, p)
		return
	}
	if in.user.Code == "" || !same(in.user.Code, r.PostFormValue("code")) {
		p.Error = wrongCode
		s.show(w, r, http.StatusForbidden, p)
		return
	}
	s.attempts.succeed("code of " + in.user.Name)
	in = &session{user: in.user, authTime: in.authTime, acr: issuertest.ACRMultiFactor, request: in.request}
	s.sessions.change(w, r, in)
	goTo(w, stage(a, in), a)
}

func (s *site) slowDown(w http.ResponseWriter, r *http.Request, p page) {
	w.Header().Set("Retry-After", strconv.Itoa(int(attemptWait.Seconds())))
	s.show(w, r, http.StatusTooManyRequests, p)
}

// switchUser lets somebody else sign in for the same request.
func (s *site) switchUser(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	s.sessions.change(w, r, nil)
	goTo(w, "/login", a)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) {
	s.sessions.change(w, r, nil)
	goTo(w, "/", nil)
}
