package issuertest

import (
	"net/http"
	"slices"
	"time"
)

// Interaction is the person's part of an authorization: it finds out who they
// are, asks for their consent, and calls a.Approve or a.Deny. It gets the request
// to the authorization or verification endpoint, body included. To ask something, it answers
// with a page, or redirects to one of Issuer.Handle; that page's handler finds a
// again by its ID and decides.
//
// With prompt none there is nobody to ask: an Interaction that has not decided
// when it returns has its answer thrown away, and the client gets login_required.
//
// A panic cuts the connection, and is written to the standard error stream.
type Interaction func(w http.ResponseWriter, r *http.Request, a *Authorization)

// Interact sets the Interaction. Without one, and with nil, everything that is
// asked for is granted by the subject "user".
func (i *Issuer) Interact(ask Interaction) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.interaction = ask
}

// approveAll is the Interaction of an issuer that has none.
func approveAll(w http.ResponseWriter, _ *http.Request, a *Authorization) {
	acr := ACRPassword
	if len(a.ACRValues) > 0 {
		acr = a.ACRValues[0]
	}
	a.Approve(w, Grant{Subject: "user", Scopes: a.Scopes, AuthTime: time.Now(), ACR: acr})
}

// decide hands a to the person.
func (i *Issuer) decide(w http.ResponseWriter, r *http.Request, a *Authorization) {
	defer report()
	i.mu.Lock()
	ask := i.interaction
	i.mu.Unlock()
	if ask == nil {
		ask = approveAll
	}
	if !a.silent() {
		ask(w, r, a)
		return
	}
	unseen := &recorder{header: w.Header().Clone()}
	ask(unseen, r, a)
	if i.grants.take(a) {
		a.answerError(w, LoginRequired, "nobody may be asked, and nobody is signed in")
		return
	}
	unseen.copyTo(w)
}

// silent reports whether nobody may be asked.
func (a *Authorization) silent() bool { return slices.Contains(a.Prompt, "none") }
