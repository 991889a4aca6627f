package issuertest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

var ownOrigin = http.NewCrossOriginProtection()

// serveVerification is the verification page of an issuer whose caller has none:
// plain text, for tests and for people with curl. GET shows what a user code is
// for, POST hands it to the Interaction (RFC 8628 §3.3).
func (i *Issuer) serveVerification(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	switch r.Method {
	case http.MethodGet:
		params, complaint := parseForm(r.URL.RawQuery)
		code, result := params.Get("user_code"), params.Get("result")
		switch {
		case complaint != "" || repeats(params):
			errorPage(w, http.StatusBadRequest, "The request is malformed.")
		case code != "":
			if a := i.enteredDevice(w, r, code); a != nil {
				// Approval takes a POST, even when the link brought the code along
				// (RFC 8628 §5.4).
				textPage(w, http.StatusOK, "Client: "+a.ClientName+"\nCode: "+a.UserCode+
					"\nScopes: "+strings.Join(a.Scopes, " ")+"\nIf your device shows this code, POST it here as user_code.")
			}
		case result == "approved":
			textPage(w, http.StatusOK, "Approved. Go back to your device.")
		case result == "denied":
			textPage(w, http.StatusOK, "Denied. Go back to your device.")
		default:
			textPage(w, http.StatusOK, "POST the code that your device shows here as user_code.")
		}
	case http.MethodPost:
		// A form on another site must not connect its author's device to the person
		// who happens to be here (RFC 8628 §5.4). What is no browser may pass.
		if ownOrigin.Check(r) != nil {
			errorPage(w, http.StatusForbidden, "The form is on another site.")
			return
		}
		form, complaint := readBody(r)
		if complaint != "" || repeats(form) {
			errorPage(w, http.StatusBadRequest, "The request is malformed.")
			return
		}
		if a := i.enteredDevice(w, r, form.Get("user_code")); a != nil {
			i.decide(w, r, a)
		}
	default:
		w.Header().Set("Allow", "GET, POST")
		errorPage(w, http.StatusMethodNotAllowed, "The method is not GET or POST.")
	}
}

// enteredDevice returns the request of a user code, or answers and returns nil.
func (i *Issuer) enteredDevice(w http.ResponseWriter, r *http.Request, userCode string) *Authorization {
	a, err := i.deviceFor(userCode, address(r))
	switch {
	case errors.Is(err, ErrTooManyGuesses):
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		errorPage(w, http.StatusTooManyRequests, "Too many wrong codes. Wait a minute.")
	case err != nil:
		errorPage(w, http.StatusBadRequest, "No device waits under this code.")
	}
	return a
}
