package main

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// warm is the quick start: a guard in front of a requirement, with everything as
// it is by default. The token was verified before and is remembered.
func warm(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	return warder(is, 0, next)
}

// cold is the same with the memory turned off: every request costs a signature
// check, and nothing is looked up, remembered or forgotten. The first request with
// a token costs a guard with a memory more: its digest, and a place in the cache,
// perhaps that of another. See firstGroup.
func cold(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	return warder(is, -1, next)
}

func warder(is *issuer, remembered int, next http.Handler) (http.Handler, error) {
	v, err := verifier(is, remembered)
	if err != nil {
		return nil, err
	}
	return middleware.New(v, &middleware.Options{Observe: is.observe}).Handler(scopes.Require(scope)(next)), nil
}

// decision is cold without its answers: the status alone, without challenge,
// fields and body, as the peers' middleware here comes close to writing it.
func decision(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	v, err := verifier(is, -1)
	if err != nil {
		return nil, err
	}
	guard, need := middleware.New(v, &middleware.Options{Observe: is.observe}), scopes.All(scope)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := guard.Authenticate(r)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusUnauthorized)
		case need.Check(token) != nil:
			w.WriteHeader(http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	}), nil
}

func verifier(is *issuer, remembered int) (*jwks.Verifier, error) {
	keys, err := jwks.Parse(is.jwks)
	if err != nil {
		return nil, err
	}
	return jwks.NewVerifier(jwks.Config{
		Issuer:   issuerURL,
		Audience: []string{audience},
		KeySet:   keys,

		CacheSize: remembered,
	})
}
