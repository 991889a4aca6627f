package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	jose "gopkg.in/go-jose/go-jose.v2"
)

// auth0 is go-jwt-middleware with its validator. It has no option that requires
// exp, so the check stands beside the scope check. It takes one algorithm.
func auth0(is *issuer, alg string, next http.Handler) (http.Handler, error) {
	keys := new(jose.JSONWebKeySet)
	if err := json.Unmarshal(is.jwks, keys); err != nil {
		return nil, err
	}
	v, err := validator.New(
		func(context.Context) (any, error) { return keys, nil },
		validator.SignatureAlgorithm(alg),
		issuerURL,
		[]string{audience},
		validator.WithCustomClaims(func() validator.CustomClaims { return new(auth0Claims) }),
	)
	if err != nil {
		return nil, err
	}
	m := jwtmiddleware.New(v.ValidateToken,
		jwtmiddleware.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
			if errors.Is(err, jwtmiddleware.ErrJWTMissing) {
				noToken(w)
				return
			}
			invalidToken(w)
		}))
	return m.CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
		if claims.RegisteredClaims.Expiry == 0 {
			invalidToken(w)
			return
		}
		if !hasScope(claims.CustomClaims.(*auth0Claims).Scope) {
			insufficientScope(w)
			return
		}
		next.ServeHTTP(w, r)
	})), nil
}

type auth0Claims struct {
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

func (*auth0Claims) Validate(context.Context) error { return nil }
