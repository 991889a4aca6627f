package middleware

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Denial is a refusal as it goes to the client.
type Denial struct {
	StatusCode int         // 0 is 503
	Challenges []Challenge // one WWW-Authenticate field each (RFC 9110 §11.6.1)
	Header     http.Header // further fields, such as Retry-After
	Err        error       // why, for the operator; an *Error from a Guard

	values []string // of Challenges, where the guard has them ready; not modified
}

var (
	errNoToken = &Error{Reason: ReasonNoToken, Err: fmt.Errorf("%w where the Sources look, by default the Authorization field", ErrNoToken)}
	errNoGuard = &Error{Reason: ReasonNoGuard, Err: errors.New("a requirement without a guard in front of it")}

	retrySoon = http.Header{"Retry-After": {"1"}}
)

// status returns the status that answers e.
func (e *Error) status() int {
	switch e.Code {
	case "":
	case InvalidRequest:
		return http.StatusBadRequest
	case InsufficientScope:
		return http.StatusForbidden
	default:
		return http.StatusUnauthorized
	}
	switch e.Reason {
	case ReasonNoToken:
		return http.StatusUnauthorized
	case ReasonCSRF, ReasonNoPolicy, ReasonWrongCaller:
		return http.StatusForbidden
	case ReasonNoGuard:
		return http.StatusInternalServerError
	}
	// Whatever we could not decide is refused, but not as the token's fault:
	// clients throw away tokens that are called invalid.
	return http.StatusServiceUnavailable
}

// Deny answers r, which a guard admitted, with a refusal after all, as that
// guard would: "this operation needs more". The outermost Error or Code in err
// decides; without a Code it is 503, or nothing where the client is gone. The
// guard's Observer is told, as of a requirement that was not met. Without a
// guard in front of it, it answers 500.
func Deny(w http.ResponseWriter, r *http.Request, err error) {
	c := current(r.Context())
	if c == nil {
		WriteDenial(w, r, Denial{StatusCode: errNoGuard.status(), Err: errNoGuard})
		return
	}
	e := verdict(r.Context(), err)
	event := Event{Op: OpAuthorize, Route: r.Pattern, Reason: e.Reason, Err: e}
	if t := c.token.Load(); t != nil {
		event.Issuer = t.Issuer
	}
	c.guard.observe(c, event)
	c.guard.Deny(w, r, e)
}

// Deny answers r as the refusal err: the status, one challenge for every
// scheme that the guard speaks, the error in the challenge of the scheme
// that the request used. Where nothing was decided as the client is gone, it
// writes nothing and, in a server, ends the request as net/http wants it, by a
// panic with [http.ErrAbortHandler]. It is for routers that take no
// http.Handler; err is then from [Guard.Authenticate] or from a requirement's
// Check. No Observer is told.
func (g *Guard) Deny(w http.ResponseWriter, r *http.Request, err error) {
	g.deny(w, r, verdict(r.Context(), err), g.schemeOf(r))
}

// deny is Deny for a request whose credentials came under this scheme.
func (g *Guard) deny(w http.ResponseWriter, r *http.Request, e *Error, scheme string) {
	if e.Code == "" && e.Reason == ReasonCanceled && gone(r.Context()) {
		hangUp(r)
		return
	}
	d := g.denial(g.withOuterScopes(e, r), scheme)
	if g.opts.WriteDenial == nil {
		if g.isNoToken(e) {
			d.values = g.noTokenValues // the refusal that scanners ask for most
		}
		WriteDenial(w, r, d)
		return
	}
	// The fields are in place before the caller's function runs: it can
	// change what the answer says, but not forget the challenge.
	d.setFields(w.Header(), false)
	g.opts.WriteDenial(w, r, d.clone())
}

// clone returns d with nothing that other requests share, for functions that
// change it before they write it.
func (d Denial) clone() Denial {
	d.Challenges = slices.Clone(d.Challenges)
	for i := range d.Challenges {
		d.Challenges[i].Params = slices.Clone(d.Challenges[i].Params)
	}
	if d.Header = d.Header.Clone(); d.Header == nil {
		d.Header = make(http.Header)
	}
	return d
}

// denial says how e is answered.
func (g *Guard) denial(e *Error, scheme string) Denial {
	d := Denial{StatusCode: e.status(), Header: e.Header, Err: e}
	switch d.StatusCode {
	case http.StatusServiceUnavailable:
		if e.Header.Get("Retry-After") == "" {
			d.Header = merged(retrySoon, e.Header)
		}
		return d
	case http.StatusUnauthorized, http.StatusBadRequest:
	case http.StatusForbidden:
		if e.Code == "" && e.Reason != ReasonWrongCaller {
			return d // no token would help
		}
	default:
		return d
	}
	if g.isNoToken(e) {
		d.Challenges = g.noToken
		return d
	}
	// The error must stand somewhere: where it names no scheme that g speaks,
	// in the challenge of the scheme used, or in the first.
	schemes := e.Schemes
	if !slices.ContainsFunc(schemes, func(s string) bool { return g.speaks(s) >= 0 }) {
		schemes = g.only(scheme)
	}
	if schemes == nil {
		schemes = g.schemes[:1]
	}
	d.Challenges = make([]Challenge, 0, len(g.challenges))
	for _, c := range g.challenges {
		carries := e.Code != "" && in(schemes, c.Scheme)
		if d.StatusCode == http.StatusForbidden && !in(schemes, c.Scheme) {
			continue // the request was authenticated: another scheme is no answer
		}
		d.Challenges = append(d.Challenges, g.challenge(c, e, carries, d.StatusCode))
	}
	return d
}

func in(schemes []string, scheme string) bool {
	return slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, scheme) })
}

// challenge is base for e.
func (g *Guard) challenge(base Challenge, e *Error, carries bool, status int) Challenge {
	ps := make([]Param, len(base.Params), len(base.Params)+3+len(e.Params))
	copy(ps, base.Params)
	if carries {
		ps = append(ps, Param{"error", string(e.Code)})
		if e.Description != "" {
			ps = append(ps, Param{"error_description", e.Description})
		}
		ps = append(ps, e.Params...)
	}
	if scope := g.scopeFor(e, status); scope != "" {
		ps = append(ps, Param{"scope", scope})
	}
	return Challenge{Scheme: base.Scheme, Params: ps}
}

// scopeFor returns the scope to ask for after e. A 401 names what the route needs
// in any case, so that a client can get the right token at once. All else names a
// scope only where one is lacking, but then the route's too: a token with nothing
// but the other would fail at the route. A 400 is not about tokens.
func (g *Guard) scopeFor(e *Error, status int) string {
	isStepUp := e.Code == InsufficientUserAuthentication // names it only if it is lacking too (RFC 9470 §3)
	switch {
	case status == http.StatusBadRequest:
		return ""
	case e.Scope == "" && (status != http.StatusUnauthorized || isStepUp):
		return ""
	}
	return forThisAPI(united(g.scope, e.Scope))
}

// withOuterScopes returns e, if it asks for a scope, with those that the routes
// around this one need: tables of routes may stand in one another.
func (g *Guard) withOuterScopes(e *Error, r *http.Request) *Error {
	if e.Scope == "" {
		return e
	}
	scope := e.Scope
	for c := g.current(r); c != nil && c.guard.root == g.root; c = current(c.Context) {
		scope = united(c.guard.scope, scope)
	}
	if scope == e.Scope {
		return e
	}
	own := *e // errors are shared
	own.Scope = scope
	return &own
}

// schemeOf returns the scheme of r's credentials, or one that g does not speak.
func (g *Guard) schemeOf(r *http.Request) string {
	if c := g.current(r); c != nil {
		return c.credentialScheme()
	}
	cred, _ := FromHeader(r)
	return cred.Scheme
}

// WriteDenial answers with d: its fields, no-store, its challenges, its
// status, and the status's name as plain text. A StatusCode of 0 is 503.
func WriteDenial(w http.ResponseWriter, _ *http.Request, d Denial) {
	if d.StatusCode == 0 {
		d.StatusCode = http.StatusServiceUnavailable
	}
	h := w.Header()
	d.setFields(h, true)
	// A length that an outer handler prepared is not that of our body. Its
	// Content-Encoding stays: middleware that compresses says so beforehand
	// and compresses our body too.
	delete(h, "Content-Length")
	w.WriteHeader(d.StatusCode)
	_, _ = io.WriteString(w, bodyOf(d.StatusCode)) // the client may be gone
}

func bodyOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "Bad Request\n"
	case http.StatusUnauthorized:
		return "Unauthorized\n"
	case http.StatusForbidden:
		return "Forbidden\n"
	case http.StatusServiceUnavailable:
		return "Service Unavailable\n"
	}
	return http.StatusText(status) + "\n"
}

// hangUp ends r without an answer. If it only returned, net/http would answer
// 200: the context also ends for a client that closed its sending half and
// still reads, and that client must not take a refusal for success. Outside a
// server, as in tests with a recorder, nobody would catch the panic.
func hangUp(r *http.Request) {
	if r.Context().Value(http.ServerContextKey) != nil {
		panic(http.ErrAbortHandler)
	}
}

// gone reports whether the client of ctx's request has gone.
func gone(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
