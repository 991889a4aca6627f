package main

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
)

// visitor is a browser that began to sign in. Its fields are guarded by mu.
type visitor struct {
	State    string // of the request under way; empty: none
	verifier string

	Tokens  tokens // Refresh is empty while a request has it
	Revoked bool
	Problem string
	Asked   string // of the APIs
	Answers []answer
}

// known is the visitor whose browser sent r, or nil. The caller holds mu.
func (a *application) known(r *http.Request) *visitor {
	if c, err := r.Cookie(cookieName); err == nil {
		return a.visitors[c.Value]
	}
	return nil
}

// visitor is a copy of whom known finds; the zero visitor if there is none.
func (a *application) visitor(r *http.Request) visitor {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := a.known(r); v != nil {
		return *v
	}
	return visitor{}
}

// become replaces who the browser is, and its cookie: who knew the old one knows
// nothing. Only signing in does that. Any other request may have been sent twice,
// and the second still has the old cookie.
func (a *application) become(w http.ResponseWriter, r *http.Request, v visitor) {
	id := rand.Text()
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, err := r.Cookie(cookieName); err == nil {
		delete(a.visitors, c.Value)
	}
	if len(a.visitors) >= 1000 {
		clear(a.visitors) // a real application lets the oldest go
	}
	a.visitors[id] = &v
	// Lax, not Strict: the issuer's redirect has to bring it along.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// takeState ends the sign-in under way if state and iss are its own. Comparing and
// clearing are one step: of two answers at the same time one is the second, and a
// code that is sent twice costs all that came of it (RFC 6749 §4.1.2). A wrong
// answer ends nothing: anybody can send the browser here with one.
func (a *application) takeState(r *http.Request, state, iss string) (verifier string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := a.known(r)
	if v == nil || v.State == "" || subtle.ConstantTimeCompare([]byte(v.State), []byte(state)) != 1 || iss != a.issuer {
		return "", false
	}
	verifier = v.verifier
	v.State, v.verifier = "", ""
	return verifier, true
}

// takeRefresh takes the refresh token from the visitor: two requests cannot have
// it. The one that has it goes on when the browser does not wait for it.
func (a *application) takeRefresh(r *http.Request) (token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := a.known(r); v != nil {
		token, v.Tokens.Refresh = v.Tokens.Refresh, ""
	}
	return token
}

// putBack undoes takeRefresh. Who has signed in anew has another cookie, and keeps
// the new tokens.
func (a *application) putBack(r *http.Request, token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if v := a.known(r); v != nil {
		v.Tokens.Refresh = token
	}
}
