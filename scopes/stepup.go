package scopes

import (
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

// stepUp is how, and how long ago, the user must have signed in (RFC 9470).
type stepUp struct {
	acr    []string
	maxAge time.Duration // 0: however long ago

	// The refusals, with and without the scope that is lacking too.
	denied, deniedBoth *middleware.Error
}

// ACR returns q for tokens whose acr is one of these values, in the order of
// preference that the challenge names (RFC 9470 §3). They are compared exactly;
// a token without acr does not meet it. The answer to others is 401: the client
// sends the user to the authorization server again. To a client that acts for
// itself it is 403, as nobody is there to sign in. ACR twice: the last counts.
// No value, and one that is empty or has a space or a quote, panic.
func (q Requirement) ACR(values ...string) Requirement {
	if len(values) == 0 {
		panic("scopes: ACR() can never be met")
	}
	for _, v := range values {
		if v == "" || strings.ContainsFunc(v, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			panic("scopes: an ACR value that acr_values cannot name (RFC 9470 §3)")
		}
	}
	return q.with(func(r *rule) {
		r.stepUp.acr = slices.Clone(values)
		r.stepUp.prepare(r)
	})
}

// MaxAge returns q for tokens whose user signed in (auth_time) at most d ago
// (RFC 9470 §3), in whole seconds. A token without auth_time does not meet it,
// however fresh it is. Others are answered as by [Requirement.ACR]. MaxAge
// twice: the last counts. Less than a second and parts of seconds panic.
func (q Requirement) MaxAge(d time.Duration) Requirement {
	if d < time.Second || d%time.Second != 0 {
		panic("scopes: MaxAge is not a number of seconds, at least one")
	}
	return q.with(func(r *rule) {
		r.stepUp.maxAge = d
		r.stepUp.prepare(r)
	})
}

// prepare makes the refusals. They name all that is asked for, whatever of it
// is lacking: a token that has only that may lack the rest.
func (s *stepUp) prepare(r *rule) {
	var ps []middleware.Param
	if s.acr != nil {
		ps = append(ps, middleware.Param{Name: "acr_values", Value: strings.Join(s.acr, " ")})
	}
	if s.maxAge > 0 {
		ps = append(ps, middleware.Param{Name: "max_age", Value: strconv.Itoa(int(s.maxAge / time.Second))})
	}
	s.denied = &middleware.Error{
		Code: middleware.InsufficientUserAuthentication, Reason: middleware.ReasonInsufficientAuthentication,
		Description: "The user must sign in again, as this operation asks for it",
		Params:      ps,
	}
	both := *s.denied
	both.Scope = r.least
	s.deniedBoth = &both
}

func (s *stepUp) asks() bool { return s.acr != nil || s.maxAge > 0 }

func (s *stepUp) met(t *middleware.Token, now time.Time) bool {
	if s.acr != nil && !slices.Contains(s.acr, t.ACR) {
		return false
	}
	age := now.Sub(t.AuthTime)
	return s.maxAge == 0 || !t.AuthTime.IsZero() && age <= s.maxAge && age >= -clockSkew
}

// refusal answers a token of a user by step-up. A client that acts for itself
// would ask for tokens in a loop.
func (s *stepUp) refusal(t *middleware.Token, r *rule) *middleware.Error {
	switch {
	case t.SubjectIsClient():
		return errWrongCaller
	case !r.met(t.Scopes):
		return s.deniedBoth
	}
	return s.denied
}
