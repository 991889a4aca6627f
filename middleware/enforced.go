package middleware

import (
	"crypto/tls"
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
// there is none (RFC 9728 §2): that is certain only where g takes no bearer tokens
// at all. A Source may want more of a request than a made-up one has, so where none
// is found, the list is nil and nothing is said.
func (g *Guard) bearerMethods() []string {
	if g.speaks(schemeBearer) < 0 {
		return []string{}
	}
	const form = "access_token=" + sampleToken
	var methods []string
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
			if takesSample(source, r) {
				methods = append(methods, m.name)
				break
			}
		}
	}
	return methods
}

const sampleToken = "warder-sample"

// takesSample reports whether source finds the bearer token sampleToken in r.
func takesSample(source Source, r *http.Request) bool {
	defer func() { _ = recover() }() // a Source that panics here counts as not found: it may want what an outer handler puts into a context
	c, err := source(r)
	return err == nil && c.Token == sampleToken && strings.EqualFold(c.Scheme, schemeBearer)
}
