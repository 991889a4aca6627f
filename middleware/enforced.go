package middleware

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
)

// enforced adds what g itself asks of tokens and of how they are sent.
func (g *Guard) enforced(members map[string]any) {
	members["bearer_methods_supported"] = g.bearerMethods()
	proofs, certificates := g.opts.RequireBinding, false // only proofs will do
	var algs []string
	for _, b := range g.bindings {
		if b.member != "jkt" {
			proofs = false
			certificates = certificates || b.member == "x5t#S256"
			continue
		}
		for _, p := range b.Challenge().Params {
			if p.Name == "algs" {
				algs = strings.Fields(p.Value)
			}
		}
	}
	members["dpop_signing_alg_values_supported"] = algs
	members["dpop_bound_access_tokens_required"] = onlyTrue(proofs)
	members["tls_client_certificate_bound_access_tokens"] = onlyTrue(certificates)
}

// onlyTrue is b, or no value where b is what a missing member means.
func onlyTrue(b bool) any {
	if b {
		return b
	}
	return nil
}

// bearerMethods finds out by which methods of RFC 6750 §2 g takes bearer tokens:
// it asks the Sources about a made-up request for each. An empty list says that
// there is none (RFC 9728 §2). Where a Source could make nothing of such a
// request and no method was found, nobody knows, and the list is nil.
func (g *Guard) bearerMethods() []string {
	methods := []string{}
	if g.speaks(schemeBearer) < 0 {
		return methods
	}
	const form = "access_token=" + sampleToken
	known := true
	for _, m := range []struct{ name, method, query, body, authorization string }{
		{name: "header", method: http.MethodGet, authorization: schemeBearer + " " + sampleToken},
		{name: "body", method: http.MethodPost, body: form},
		{name: "query", method: http.MethodGet, query: form},
	} {
		for _, source := range g.opts.Sources {
			r, err := http.NewRequest(m.method, "https://api.invalid/?"+m.query, strings.NewReader(m.body))
			if err != nil {
				return nil // never: all of it is ours
			}
			r.TLS = &tls.ConnectionState{HandshakeComplete: true}
			if m.authorization != "" {
				r.Header.Set("Authorization", m.authorization)
			}
			if m.body != "" {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			found, ok := takesSample(source, r)
			known = known && ok
			if found {
				methods = append(methods, m.name)
				break
			}
		}
	}
	if len(methods) == 0 && !known {
		return nil
	}
	return methods
}

const sampleToken = "warder-sample"

// takesSample reports whether source finds the bearer token sampleToken in r. It
// is not ok where source wants more of a request than r has: what only an outer
// handler puts into its context, say.
func takesSample(source Source, r *http.Request) (found, ok bool) {
	defer func() { _ = recover() }() // then neither is true
	c, err := source(r)
	found = err == nil && c.Token == sampleToken && strings.EqualFold(c.Scheme, schemeBearer)
	return found, err == nil || errors.Is(err, ErrNoToken)
}
