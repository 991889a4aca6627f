package scopes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/warder-go/warder/middleware"
)

// clockSkew is how far ahead of our clock an auth_time may lie: as much as a
// verifier can be told to tolerate. One beyond that would never grow too old,
// so it counts as absent.
const clockSkew = 5 * time.Minute

// ACR returns q for tokens whose acr is one of these values, in the order of
// preference that the challenge names (RFC 9470 §3). They are compared exactly;
// a token without acr does not meet it. The answer to others is 401: the client
// sends the user to the authorization server again. To a client that acts for
// itself, and to a token without a subject, it is 403, as nobody is there to sign
// in; [middleware.Token.SubjectIsClient] says how far that can be told. ACR twice:
// the last counts. No value, and one that is empty or has a space or a quote,
// panic.
func (q Requirement) ACR(values ...string) Requirement {
	if len(values) == 0 {
		panic("scopes: ACR() can never be met")
	}
	for _, v := range values {
		if v == "" || strings.ContainsFunc(v, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			panic("scopes: an ACR value that acr_values cannot name (RFC 9470 §3)")
		}
	}
	return q.with(func(r *rule) { r.acr = slices.Clone(values) })
}

// MaxAge returns q for tokens whose user signed in (auth_time) at most d ago
// (RFC 9470 §3), in whole seconds. A token without auth_time does not meet it,
// however fresh it is; one whose auth_time is up to five minutes ahead of our
// clock does. Others are answered as by [Requirement.ACR]. MaxAge twice: the last
// counts. Less than a second and parts of seconds panic.
func (q Requirement) MaxAge(d time.Duration) Requirement {
	if d < time.Second || d%time.Second != 0 {
		panic("scopes: MaxAge is not a number of seconds, at least one")
	}
	return q.with(func(r *rule) { r.maxAge = d })
}

func (r *rule) asksForStepUp() bool { return r.acr != nil || r.maxAge > 0 }

func (r *rule) signedIn(t *middleware.Token, now time.Time) bool {
	if r.acr != nil && !slices.Contains(r.acr, t.ACR) {
		return false
	}
	age := now.Sub(t.AuthTime)
	return r.maxAge == 0 || !t.AuthTime.IsZero() && age <= r.maxAge && age >= -clockSkew
}

// stepUp refuses t for how its user signed in. It names all that is asked for,
// whatever of it is lacking, as a token that had only that might lack the rest;
// the scope only if that is lacking too (RFC 9470 §3).
func (r *rule) stepUp(t *middleware.Token) *middleware.Error {
	if t.Subject == "" || t.SubjectIsClient() {
		return errNobodyHere // it would ask for tokens in a loop
	}
	e := &middleware.Error{
		Code: middleware.InsufficientUserAuthentication, Reason: middleware.ReasonInsufficientAuthentication,
		Description: "The user must sign in again, as this operation asks for it",
		Err:         r.unsigned(t),
	}
	if r.acr != nil {
		e.Params = append(e.Params, middleware.Param{Name: "acr_values", Value: strings.Join(r.acr, " ")})
	}
	if r.maxAge > 0 {
		e.Params = append(e.Params, middleware.Param{Name: "max_age", Value: strconv.FormatInt(int64(r.maxAge/time.Second), 10)})
	}
	if !r.met(t.Scopes) {
		e.Scope = r.least
	}
	return e
}

// unsigned says what of the sign-in does not do.
func (r *rule) unsigned(t *middleware.Token) error {
	switch {
	case r.acr != nil && t.ACR == "":
		return fmt.Errorf("scopes: acr is missing, and one of %q is needed", r.acr)
	case r.acr != nil && !slices.Contains(r.acr, t.ACR):
		return fmt.Errorf("scopes: acr is none of %q", r.acr)
	case t.AuthTime.IsZero():
		return fmt.Errorf("scopes: auth_time is missing, and MaxAge %v needs it", r.maxAge)
	}
	return fmt.Errorf("scopes: auth_time is longer ago than MaxAge %v, or in the future", r.maxAge)
}
