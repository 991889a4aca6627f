package middleware

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// Denial is a refusal as it goes to the client.
type Denial struct {
	StatusCode int
	Challenges []Challenge // one WWW-Authenticate field each (RFC 9110 §11.6.1)
	Header     http.Header // further fields, such as Retry-After
	Err        error       // why, for the operator; an *Error from a Guard

	values []string // of Challenges, where the guard has them ready
}

var (
	errNoToken = &Error{Reason: ReasonNoToken, Err: ErrNoToken}
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
	case ReasonCSRF, ReasonNoPolicy:
		return http.StatusForbidden
	case ReasonNoGuard:
		return http.StatusInternalServerError
	}
	// Whatever we could not decide is refused, but not as the token's fault:
	// clients throw away tokens that are called invalid.
	return http.StatusServiceUnavailable
}

// Deny answers r, which a guard admitted, with a refusal after all, as that
// guard would: "this operation needs more". err is judged as a Verifier's,
// and the guard's Observer is told, as of a requirement that was not met.
// Without a guard in front of it, it answers 500.
func Deny(w http.ResponseWriter, r *http.Request, err error) {
	c := current(r.Context())
	if c == nil {
		WriteDenial(w, r, Denial{StatusCode: errNoGuard.status(), Err: errNoGuard})
		return
	}
	e := outermost(err)
	event := Event{Op: OpAuthorize, Route: r.Pattern, Reason: e.Reason, Err: e}
	if t := c.token.Load(); t != nil {
		event.Issuer = t.Issuer
	}
	c.guard.observe(c, event)
	c.guard.Deny(w, r, e)
}

// Deny answers r as the refusal err: the status, one challenge for every
// scheme that the guard speaks, the error in the challenge of the scheme
// that the request used. Where the client is gone it writes nothing and, in
// a server, ends the request as net/http wants it, by a panic with
// [http.ErrAbortHandler]. It is for routers that take no http.Handler; err is
// then from [Guard.Authenticate] or from a requirement's Check.
func (g *Guard) Deny(w http.ResponseWriter, r *http.Request, err error) {
	g.deny(w, r, outermost(err), g.schemeOf(r))
}

// deny is Deny for a request whose credentials came under this scheme.
func (g *Guard) deny(w http.ResponseWriter, r *http.Request, e *Error, scheme string) {
	if e.Code == "" && e.Reason == ReasonCanceled && gone(r.Context()) {
		hangUp(r)
		return
	}
	d := g.denial(e, scheme)
	if g.opts.WriteDenial == nil {
		if e == errNoToken {
			d.values = g.noTokenValues // the refusal that scanners ask for most
		}
		WriteDenial(w, r, d)
		return
	}
	// The fields are in place before the caller's function runs: it can
	// change what the answer says, but not forget the challenge.
	d.setFields(w.Header())
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
		if e.Code == "" {
			return d // no token would help
		}
	default:
		return d
	}
	if e == errNoToken {
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
		carries := e.Code != "" && slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, c.Scheme) })
		if d.StatusCode == http.StatusForbidden && !carries {
			continue // the request was authenticated: another scheme is no answer
		}
		d.Challenges = append(d.Challenges, g.challenge(c, e, carries, d.StatusCode))
	}
	return d
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
	// A 401 names the scope that the route needs anyway, so that a client can
	// ask for the right token at once; a 400 is not about tokens.
	scope := e.Scope
	if scope == "" {
		scope = g.scope
	}
	if scope != "" && status != http.StatusBadRequest {
		ps = append(ps, Param{"scope", scope})
	}
	return Challenge{Scheme: base.Scheme, Params: ps}
}

// schemeOf returns the scheme of r's credentials, or one that g does not speak.
func (g *Guard) schemeOf(r *http.Request) string {
	if c := g.current(r); c != nil {
		return c.scheme
	}
	cred, _ := FromHeader(r)
	return cred.Scheme
}

// WriteDenial answers with d: its fields, no-store, its challenges, its
// status, and the status's name as plain text.
func WriteDenial(w http.ResponseWriter, _ *http.Request, d Denial) {
	h := w.Header()
	d.setFields(h)
	// A length that an outer handler prepared is not that of our body. Its
	// Content-Encoding stays: middleware that compresses says so beforehand
	// and compresses our body too.
	delete(h, "Content-Length")
	h["Content-Type"] = plainText
	h["X-Content-Type-Options"] = noSniff
	w.WriteHeader(d.StatusCode)
	_, _ = io.WriteString(w, bodyOf(d.StatusCode)) // the client may be gone
}

var (
	noStore   = []string{"no-store"}
	plainText = []string{"text/plain; charset=utf-8"}
	noSniff   = []string{"nosniff"}
)

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

// setFields puts d's fields into h. Challenges replace what is there: an
// answer has one writer.
func (d Denial) setFields(h http.Header) {
	setFields(h, d.Header)
	h["Cache-Control"] = noStore[:1:1] // RFC 9111 §3.5: never stored
	if len(d.Challenges) == 0 {
		h.Del("WWW-Authenticate")
		return
	}
	if d.values == nil {
		d.values = fieldValues(d.Challenges)
	}
	h["Www-Authenticate"] = slices.Clip(d.values)
}

// fieldValues returns one field value a challenge that has a scheme.
func fieldValues(challenges []Challenge) []string {
	values := make([]string, 0, len(challenges))
	for _, c := range challenges {
		if s := c.String(); s != "" {
			values = append(values, s)
		}
	}
	return values
}

// setFields puts fields into h. Vary is a list that outer handlers also add
// to; every other field is replaced.
func setFields(h, fields http.Header) {
	for name, values := range fields {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if name == "Vary" {
			values = append(slices.Clip(h[name]), values...)
		}
		h[name] = slices.Clip(values) // errors and bindings share theirs
	}
}

// merged returns a with b's fields added. Neither is changed.
func merged(a, b http.Header) http.Header {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	both := a.Clone()
	setFields(both, b)
	return both
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
