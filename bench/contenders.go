package main

import (
	"net/http"
	"strings"
)

// A contender guards a handler: a valid token of the issuer for our audience,
// with the scope "read". guard builds it for tokens of one algorithm, keys
// already in the process, in the fastest way that its documentation calls
// correct.
type contender struct {
	name  string
	guard func(is *issuer, alg string, next http.Handler) (http.Handler, error)
}

var contenders = []contender{
	{"Warder, warm", warm},
	{"Warder, cold", cold},
	{"Warder, cold, decision alone", decision},
	{"golang-jwt + keyfunc", golangJWT},
	{"go-oidc", goOIDC},
	{"go-jwt-middleware", auth0},
	{"jwx", jwx},
}

// peers are the contenders that are not ours.
var peers = contenders[3:]

// handler is what is guarded.
var handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Write(ok)
})

var ok = []byte("ok")

// The rest of this file is what a user writes once around a library that
// verifies tokens and knows nothing of HTTP.

// bearer returns the token in the Authorization field, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// hasScope reports whether the space-separated list holds the scope we need.
func hasScope(list string) bool {
	for s := range strings.SplitSeq(list, " ") {
		if s == scope {
			return true
		}
	}
	return false
}

func noToken(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
	w.WriteHeader(http.StatusUnauthorized)
}

func invalidToken(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="invalid_token"`)
	w.WriteHeader(http.StatusUnauthorized)
}

func insufficientScope(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="insufficient_scope", scope="read"`)
	w.WriteHeader(http.StatusForbidden)
}
