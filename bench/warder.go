package main

import (
	"net/http"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// warder is the quick start: a guard in front of a requirement, with default
// algorithms and checks.
func warder(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	keys, err := jwks.Parse(is.jwks)
	if err != nil {
		return nil, err
	}
	v, err := jwks.NewVerifier(jwks.Config{
		Issuer:   issuerURL,
		Audience: []string{audience},
		KeySet:   keys,
	})
	if err != nil {
		return nil, err
	}
	return middleware.New(v, nil).Handler(scopes.Require(scope)(next)), nil
}
