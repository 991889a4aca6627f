package pages

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// formToken belongs to one browser: it is made of its cookie with a key that
// nobody else has. It says nothing about the cookie, and ends with it.
func (s *site) formToken(id string) string {
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// submitted lets a form pass that this browser got from us. Anything else may be
// another site's doing, so it has no effect (RFC 6749 §10.12).
func (s *site) submitted(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := s.sessions.id(r)
		if id == "" || !same(s.formToken(id), r.PostFormValue("csrf")) || !fromHere(r) {
			s.fail(w, r, http.StatusForbidden, "This form is out of date",
				"It was opened before you signed in or out, in another browser, or on another site; or your browser keeps no cookies. "+
					"Go back to the application and begin again.")
			return
		}
		next(w, r)
	}
}

// fromHere asks the browser whether the form was ours, where it tells: cookies
// know no ports, so that another server of this host can set ours and then knows
// its token. Origin is no help: it is null under our Referrer-Policy, and that is
// why http.CrossOriginProtection is not used.
func fromHere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}
