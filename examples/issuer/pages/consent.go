package pages

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/warder-go/warder/issuertest"
)

// showConsent asks whether the client may have what it asks for.
func (s *site) showConsent(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	in := s.sessions.of(r)
	switch next := stage(a, in); {
	case next != "/consent":
		goTo(w, next, a)
	case !prompts(a, "consent") && s.consents.given(in, a):
		a.Approve(w, grant(a, in, a.Scopes))
	default:
		s.show(w, r, http.StatusOK, s.consentPage(a, in, a.Scopes))
	}
}

// consent is the person's decision. Without "allow" it is no.
func (s *site) consent(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
	in := s.sessions.of(r)
	if next := stage(a, in); next != "/consent" {
		goTo(w, next, a)
		return
	}
	if r.PostFormValue("decision") != "allow" {
		s.consents.set(in, a, nil)
		a.Deny(w)
		return
	}
	granted := slices.DeleteFunc(slices.Clone(a.Scopes), func(scope string) bool {
		return !slices.Contains(r.PostForm["scope"], scope)
	})
	if len(granted) == 0 && len(a.Scopes) > 0 {
		p := s.consentPage(a, in, nil)
		p.Error = "Tick what to allow, or deny the request."
		s.show(w, r, http.StatusBadRequest, p)
		return
	}
	s.consents.set(in, a, granted)
	a.Approve(w, grant(a, in, granted))
}

func (s *site) consentPage(a *issuertest.Authorization, in *session, ticked []string) page {
	p := page{name: "consent", Title: "Allow access?", Request: a, User: in.user}
	for _, scope := range a.Scopes {
		if scope == "openid" { // not to be left out: it is what signing in is
			p.SignIn = true
			continue
		}
		p.Scopes = append(p.Scopes, scopeLine{scope, s.options.Scopes[scope], slices.Contains(ticked, scope)})
	}
	return p
}

// scopeLine is a scope on the consent page.
type scopeLine struct {
	Name, Meaning string
	Ticked        bool
}

// consents remembers what people allowed to clients that prove who they are.
type consents struct {
	clients []string
	mu      sync.Mutex
	scopes  map[consentKey][]string
}

type consentKey struct{ subject, client, resources string }

func newConsents(clients []string) consents {
	return consents{clients: clients, scopes: map[consentKey][]string{}}
}

func key(in *session, a *issuertest.Authorization) consentKey {
	return consentKey{in.user.Subject, a.ClientID, strings.Join(slices.Sorted(slices.Values(a.Resources)), " ")}
}

// given reports whether the person allowed all of that before. A device is asked
// about every time: its code has to be compared.
func (c *consents) given(in *session, a *issuertest.Authorization) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, ok := c.scopes[key(in, a)]
	return ok && a.UserCode == "" && !slices.ContainsFunc(a.Scopes, func(scope string) bool { return !slices.Contains(before, scope) })
}

// set remembers what was allowed of what a asks for; none of it is a no to the
// client as a whole.
func (c *consents) set(in *session, a *issuertest.Authorization, granted []string) {
	if a.UserCode != "" || !slices.Contains(c.clients, a.ClientID) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if granted == nil {
		delete(c.scopes, key(in, a))
		return
	}
	kept := slices.DeleteFunc(slices.Clone(c.scopes[key(in, a)]), func(scope string) bool { return slices.Contains(a.Scopes, scope) })
	c.scopes[key(in, a)] = append(kept, granted...)
}
