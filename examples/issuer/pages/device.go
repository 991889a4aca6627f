package pages

import (
	"errors"
	"net/http"

	"github.com/warder-go/warder/issuertest"
)

// showDevice is the verification page (RFC 8628 §3.3). A code that the link
// brought along is shown and has to be confirmed: who follows a link has not
// looked at the device yet (§5.4).
func (s *site) showDevice(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case query.Get("result") == "approved":
		s.show(w, r, http.StatusOK, page{name: "done", Title: "Your device is connected", Text: "You can close this page and go back to your device."})
	case query.Get("result") == "denied":
		s.show(w, r, http.StatusOK, page{name: "done", Title: "Your device was refused", Text: "It gets no access. You can close this page."})
	case query.Get("user_code") == "":
		s.show(w, r, http.StatusOK, page{name: "device", Title: "Connect a device"})
	default:
		if a := s.entered(w, r, query.Get("user_code")); a != nil {
			s.show(w, r, http.StatusOK, page{name: "confirm", Title: "Is this your device?", Request: a})
		}
	}
}

// device takes a code. To allow anything it leads to the consent page, which
// shows client and code once more.
func (s *site) device(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("decision") == "cancel" {
		// Nothing is decided: who typed a wrong code is not to end the request
		// of whoever has that one.
		goTo(w, "/device", nil)
		return
	}
	if a := s.entered(w, r, r.PostFormValue("user_code")); a != nil {
		goTo(w, stage(a, s.sessions.of(r)), a)
	}
}

// entered returns the request of the device with the code; or it answers and
// returns nil. The issuer counts wrong codes (§5.1).
func (s *site) entered(w http.ResponseWriter, r *http.Request, code string) *issuertest.Authorization {
	a, err := s.issuer.Device(code)
	p := page{name: "device", Title: "Connect a device", UserCode: code}
	switch {
	case errors.Is(err, issuertest.ErrTooManyGuesses):
		p.Error = "Too many wrong codes. Wait a minute, then try again."
		w.Header().Set("Retry-After", "60")
		s.show(w, r, http.StatusTooManyRequests, p)
	case err != nil:
		p.Error = "No device shows this code now. Compare it letter by letter, or begin again on the device."
		s.show(w, r, http.StatusBadRequest, p)
	}
	return a
}
