package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Guard admits requests whose access token its Verifier and its bindings
// accept, and answers all others. Make one with [New]. It is immutable and
// safe for concurrent use.
type Guard struct {
	verifier Verifier
	opts     Options
	bindings []boundBy
	root     *Guard // the one that New made: For's copies judge as it does

	route, scope string // set by For

	metadata *document // nil without Options.Metadata

	schemes       []string    // that it speaks, Bearer first
	challenges    []Challenge // one a scheme, without an error
	noToken       []Challenge // the same with scope: the answer to no credentials
	noTokenValues []string    // the same as field values
	otherScheme   *Error      // that there are no credentials but under other schemes
}

// New returns a Guard that lets v decide. It panics on what can never work:
// a nil Verifier, Source or Binding, two bindings for one member, a
// RequireBinding without any, a realm or a scheme that no field can carry,
// Metadata that could not be served.
func New(v Verifier, opts *Options) *Guard {
	if v == nil {
		panic("middleware: New without a Verifier")
	}
	g := &Guard{verifier: v}
	if opts != nil {
		g.opts = *opts
	}
	g.opts.Sources = slices.Clone(g.opts.Sources)
	if len(g.opts.Sources) == 0 {
		g.opts.Sources = []Source{FromHeader}
	}
	for _, s := range g.opts.Sources {
		if s == nil {
			panic("middleware: New with a nil Source")
		}
	}
	if g.opts.Realm == "" {
		g.opts.Realm = "api"
	}
	if strings.ContainsFunc(g.opts.Realm, func(c rune) bool { return c < ' ' || c > '~' }) {
		panic("middleware: Realm with a character that no quoted-string may carry (RFC 9110 §5.6.4)")
	}
	if g.opts.RequireBinding && len(g.opts.Bindings) == 0 {
		panic("middleware: RequireBinding without Bindings")
	}
	g.speak()
	if m := g.opts.Metadata; m != nil {
		d, err := g.describe(m)
		if err != nil {
			panic(err.Error())
		}
		g.metadata = d
		for i := range g.challenges {
			ps := &g.challenges[i].Params
			*ps = append(*ps, Param{"resource_metadata", d.url}) // RFC 9728 §5.1
		}
	}
	g.otherScheme = &Error{Reason: ReasonNoToken, Err: fmt.Errorf("%w: there are credentials, and none under one of the schemes %q", ErrNoToken, g.schemes)}
	g.root = g
	g.noToken, g.noTokenValues = g.challenges, appendFieldValues(nil, g.challenges)
	return g
}

// speak works out which schemes g speaks and what their challenges say.
func (g *Guard) speak() {
	add := func(scheme string, params []Param) (spelled string) {
		i := g.speaks(scheme)
		if i < 0 {
			i = len(g.schemes)
			g.schemes = append(g.schemes, scheme)
			g.challenges = append(g.challenges, Challenge{scheme, []Param{{"realm", g.opts.Realm}}})
		}
		g.challenges[i].Params = append(g.challenges[i].Params, params...)
		return g.schemes[i]
	}
	if !g.opts.RequireBinding {
		add(schemeBearer, nil)
	}
	for _, b := range g.opts.Bindings {
		if b == nil {
			panic("middleware: New with a nil Binding")
		}
		c := b.Challenge()
		if !isToken(c.Scheme) {
			panic("middleware: a Binding whose scheme is not a token (RFC 9110 §5.6.2)")
		}
		if strings.EqualFold(c.Scheme, schemeBearer) {
			c.Scheme = schemeBearer
		}
		member := b.Member()
		if slices.ContainsFunc(g.bindings, func(o boundBy) bool { return o.member == member }) {
			panic("middleware: two Bindings for one member of cnf")
		}
		g.bindings = append(g.bindings, boundBy{b, member, add(c.Scheme, c.Params)})
	}
}

// speaks returns the index of scheme among those that g speaks, or -1.
// Schemes match in any case (RFC 9110 §11.1).
func (g *Guard) speaks(scheme string) int {
	return slices.IndexFunc(g.schemes, func(s string) bool { return strings.EqualFold(s, scheme) })
}

// For returns g with the name of a route for its events and the scope that
// its 401 challenges name, so that a client can ask for the right token at
// once. It judges as g does; a request that passed one has passed the other.
// A scope that is not scope-tokens separated by single spaces (RFC 6749
// §3.3) panics; an empty one names none.
func (g *Guard) For(route, scope string) *Guard {
	if scope != "" && !isScope(scope) {
		panic("middleware: For: not a scope (RFC 6749 §3.3)")
	}
	f := *g
	f.route, f.scope = route, scope
	f.noToken = make([]Challenge, len(g.challenges))
	for i, c := range g.challenges {
		f.noToken[i] = f.challenge(c, errNoToken, false, http.StatusUnauthorized)
	}
	f.noTokenValues = appendFieldValues(nil, f.noToken)
	return &f
}

// Handler returns a handler that lets next answer the requests that g
// admits, with their [Token] in the context, and answers all others itself.
// It is the middleware for ServeMux, chi, alice and everything else that
// takes func(http.Handler) http.Handler.
//
// A request that passed g, or a copy of g made by For, passes at once: the
// same guard twice judges once. It is the same request as long as it has the
// context of the admitted one and the same Authorization field; with another
// field it is judged like any other. Other Sources are not asked again: a
// request made with the context of an admitted one counts as admitted,
// whatever its cookies say.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("middleware: Guard.Handler(nil)")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c := g.passed(r); c != nil {
			if c.guard != g {
				// Judged already, and for another route or for none yet.
				outer, inner := r, r.WithContext(c.under(r.Context(), g))
				defer func() { outer.Pattern = inner.Pattern }()
				r = inner
			}
			next.ServeHTTP(w, r)
			return
		}
		c, fields, e := g.judge(r)
		setFields(w.Header(), fields)
		if g.opts.AllowAnonymous {
			// The answer differs from that to others (RFC 9110 §12.5.5).
			addMember(w.Header(), "Vary", "Authorization")
		}
		if e != nil && !g.isAnonymous(e) {
			g.deny(w, r, e, c.credentialScheme())
			return
		}
		inner := r.WithContext(c)
		// Outer middleware has the request that it gave us, and wants to know
		// which route a mux below us chose, above all where that one panicked.
		defer func() { r.Pattern = inner.Pattern }()
		next.ServeHTTP(w, inner)
	})
}

// Authenticate decides about r and writes nothing: for routers whose
// middleware takes no http.Handler, together with [Guard.Deny] and
// [NewContext]. The error is an *Error or nil; it is never nil beside a nil
// Token. A request without credentials is an error that wraps [ErrNoToken],
// under AllowAnonymous too. What g admitted is not judged again, as in
// [Guard.Handler]: the same context and the same Authorization field, whatever
// other Sources would find. Response fields that sources and bindings hand over
// with a token that is accepted, such as Cache-Control or the next DPoP-Nonce,
// are lost here; Handler sends them.
func (g *Guard) Authenticate(r *http.Request) (*Token, error) {
	c := g.passed(r)
	if c == nil {
		var fields http.Header
		var e *Error
		if c, fields, e = g.judge(r); g.isNoToken(e) {
			return nil, e
		} else if e != nil {
			return nil, withFields(inSchemes(e, g.only(c.credentialScheme())), fields)
		}
	}
	if t := c.token.Load(); t != nil {
		return t, nil
	}
	return nil, errNoToken
}

// passed returns the context in which r was admitted by g, or by another guard
// that For made of it; nil if it was not.
func (g *Guard) passed(r *http.Request) *guarded {
	if c := g.current(r); c != nil && c.admitted() {
		return c
	}
	return nil
}

// current returns the context in which g, or another guard that For made of
// it, judges r or has judged it. A call inside the process may be made with the
// context of the request that it serves and with credentials of its own: that
// is another request.
func (g *Guard) current(r *http.Request) *guarded {
	c := current(r.Context())
	if c == nil || c.guard.root != g.root || c.authorization != authorizationOf(r) {
		return nil
	}
	return c
}
