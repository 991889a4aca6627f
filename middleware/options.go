package middleware

import "net/http"

// Options changes what a [Guard] does. Nil and the zero value are fine:
// Bearer tokens from the Authorization field, no sender constraints.
type Options struct {
	// Realm is named in challenges (RFC 9110 §11.5). Default "api": RFC 6750
	// §3 wants at least one parameter in a challenge.
	Realm string

	// Metadata describes the API to its clients. Its URL goes into every
	// challenge (RFC 9728 §5.1), and [Guard.Metadata] serves it. Nil: neither.
	Metadata *Metadata

	// Sources says where credentials are looked for; nil means FromHeader
	// alone. Credentials in two of them are refused (RFC 6750 §2).
	Sources []Source

	// Bindings confirm sender-constrained tokens, in this order. One that
	// records proofs comes last, so that only good requests are recorded.
	Bindings []Binding

	// RequireBinding refuses tokens that are not sender-constrained.
	RequireBinding bool

	// RequireTLS refuses requests that came without TLS, before the token is
	// looked at, unless they came from this machine: their peer (r.RemoteAddr)
	// is loopback, and so is the address that they reached. No header field
	// changes that: behind a proxy that ends TLS, leave it off. A proxy on this
	// very machine makes everything behind it come from loopback.
	RequireTLS bool

	// AllowAnonymous lets requests without credentials through, with Vary:
	// Authorization. Bad credentials are still refused. Handlers then look at
	// what FromContext reports; requirements answer 401.
	AllowAnonymous bool

	// Observe is told of every decision; nil means nobody is.
	Observe Observer

	// WriteDenial writes refusals; default [WriteDenial]. The fields of the
	// answer, challenges included, are in place when it is called: it writes
	// the status and the body. It must call WriteHeader(d.StatusCode): without
	// it, net/http answers 200.
	WriteDenial func(http.ResponseWriter, *http.Request, Denial)
}
