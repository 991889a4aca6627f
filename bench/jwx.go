package main

import (
	"context"
	"net/http"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// jwx is jwt.Parse with a key set. The keys carry alg, so nothing is inferred.
func jwx(is *issuer, _ string, next http.Handler) (http.Handler, error) {
	keys, err := jwk.Parse(is.jwks)
	if err != nil {
		return nil, err
	}
	options := []jwt.ParseOption{
		jwt.WithKeySet(keys),
		jwt.WithIssuer(issuerURL),
		jwt.WithAudience(audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r)
		if token == "" {
			noToken(w)
			return
		}
		t, err := jwt.ParseString(token, options...)
		if err != nil {
			invalidToken(w)
			return
		}
		list, _ := t.Get("scope")
		granted, _ := list.(string)
		if !hasScope(granted) {
			insufficientScope(w)
			return
		}
		ctx := context.WithValue(r.Context(), jwxKey{}, t)
		next.ServeHTTP(w, r.WithContext(ctx))
	}), nil
}

type jwxKey struct{}
