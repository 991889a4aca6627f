package middleware

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// isAnonymous reports whether e is no refusal here.
func (g *Guard) isAnonymous(e *Error) bool {
	return g.isNoToken(e) && g.opts.AllowAnonymous
}

// isNoToken reports whether e says that a request carries no credentials for g.
func (g *Guard) isNoToken(e *Error) bool { return e == errNoToken || e == g.otherScheme }

// epoch is what durations are measured from: time.Since reads one clock, time.Now
// two.
var epoch = time.Now()

var errPanicked = errors.New("a Source, Verifier or Binding panicked; the server's own log has the stack")

// judge decides about r, reports it, and returns what decide does. Where decide
// panics, that is reported too, and the panic goes on: nothing is admitted.
func (g *Guard) judge(r *http.Request) (*guarded, http.Header, *Error) {
	if g.opts.Observe == nil {
		return g.decide(r)
	}
	start := time.Since(epoch)
	decided := false
	defer func() {
		if !decided {
			g.opts.Observe(r.Context(), Event{
				Op: OpAuthenticate, Route: g.routeOf(r), Reason: ReasonVerifierFault,
				Duration: time.Since(epoch) - start, Err: errPanicked,
			})
		}
	}()
	c, fields, e := g.decide(r)
	decided = true
	event := Event{Op: OpAuthenticate, Route: g.routeOf(r), Reason: ReasonOK, Duration: time.Since(epoch) - start}
	ctx := r.Context()
	if c != nil {
		ctx = c
	}
	switch {
	case e == nil:
		event.Issuer = c.token.Load().Issuer
	default:
		event.Reason, event.Err = e.Reason, e
		if c != nil && c.refusedBy.Load() != nil {
			event.Issuer = *c.refusedBy.Load()
		}
	}
	g.opts.Observe(ctx, event)
	return c, fields, e
}

// routeOf names the route of r: as For said, or as a mux in front of g did.
func (g *Guard) routeOf(r *http.Request) string {
	if g.route != "" {
		return g.route
	}
	return r.Pattern
}

func (g *Guard) observe(ctx context.Context, e Event) {
	if g.opts.Observe == nil {
		return
	}
	if e.Route == "" {
		e.Route = g.route
	}
	g.opts.Observe(ctx, e)
}

// decide judges r in the order of docs/conformance.md. It returns the context
// to go on with, which is nil if r was refused before there were credentials to
// verify, and the fields for the response, whatever the outcome.
func (g *Guard) decide(r *http.Request) (*guarded, http.Header, *Error) {
	if g.opts.RequireTLS && r.TLS == nil && !fromLoopback(r) {
		return nil, nil, g.everyScheme(errInsecure)
	}
	token, scheme, fields, e := g.credentials(r)
	if e != nil && !g.isAnonymous(e) {
		return nil, fields, e
	}
	c := &guarded{
		Context: r.Context(), guard: g, scheme: int32(scheme),
		authorization: authorizationOf(r), anonymous: e != nil,
	}
	if e != nil {
		return c, fields, e
	}
	t, err := g.verifier.Verify(c, token, r)
	if err == nil && t == nil {
		err = errNilToken
	}
	if err != nil {
		return c, fields, refusal(c, err)
	}
	if t.Confirmation != nil || g.schemes[scheme] != schemeBearer || g.opts.RequireBinding {
		h, err := g.confirm(c, token, r, t)
		fields = merged(fields, h)
		if err != nil {
			c.refusedBy.Store(&t.Issuer) // its Verifier found nothing wrong
			return c, fields, refusal(c, err)
		}
	}
	c.token.Store(t)
	return c, fields, nil
}
