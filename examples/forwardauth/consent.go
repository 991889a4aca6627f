package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/warder-go/warder/middleware"
)

// The fields that tell the API who is asking. The proxy copies them from the
// answer into the request, over whatever the client wrote there.
const (
	fieldSubject = "X-Auth-Subject" // empty where a client acts for itself
	fieldIssuer  = "X-Auth-Issuer"
	fieldClient  = "X-Auth-Client"
)

var errIdentity = &middleware.Error{
	Reason: middleware.ReasonWrongCaller,
	Err:    errors.New("forwardauth: a subject or client that no field carries unchanged"),
}

// consent answers a check whose request may go on: 200, and who is asking.
type consent struct{}

func (consent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fields := [...]struct{ name, value string }{{name: fieldSubject}, {name: fieldIssuer}, {name: fieldClient}}
	if t, ok := middleware.FromContext(r.Context()); ok {
		fields[1].value, fields[2].value = t.Issuer, t.ClientID
		// A client that acts for itself would else pass for the user whose
		// subject equals its ID (RFC 9700 §4.15).
		if !t.SubjectIsClient() {
			fields[0].value = t.Subject
		}
	}
	for _, f := range fields {
		if !travels(f.value) {
			middleware.Deny(w, r, errIdentity) // 403: another token would say the same
			return
		}
	}
	// All three, always, empty where there is nothing to say, as on public
	// routes: Envoy overwrites only with fields that the answer has.
	for _, f := range fields {
		w.Header()[f.name] = []string{f.value}
	}
	w.Header().Set("Cache-Control", "no-store") // a proxy that caches checks would cache consent
	w.WriteHeader(http.StatusOK)
}

// travels reports whether every proxy hands value on as it is. Other
// characters are dropped or replaced on the way, and then two subjects could
// become one.
func travels(value string) bool {
	return !strings.HasPrefix(value, " ") && !strings.HasSuffix(value, " ") &&
		!strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
}
