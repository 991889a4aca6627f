package issuertest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// scopeClaims are the claims that a scope asks for (OpenID Connect Core §5.4).
var scopeClaims = map[string][]string{
	"profile": {
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
		"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
	},
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

// serveUserInfo is the userinfo endpoint (OpenID Connect Core §5.3). Errors are
// those of RFC 6750 §3. Any access token with the scope openid will do, whatever
// its audience: clients ask with the one that they got for an API, so that a
// resource server that gets it could ask as well.
func (i *Issuer) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	uncacheable(w)
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	fields := r.Header.Values("Authorization")
	scheme, token, _ := strings.Cut(strings.Join(fields, ""), " ")
	switch {
	case len(fields) == 0 || len(fields) == 1 && !strings.EqualFold(scheme, "Bearer"):
		challenge(w, http.StatusUnauthorized, "")
		return
	case len(fields) > 1 || !isToken68(token):
		challenge(w, http.StatusBadRequest, `error="invalid_request"`)
		return
	}
	claims := i.lookUp(token, time.Now())
	sub, _ := claims["sub"].(string)
	if sub == "" || claims["cnf"] != nil {
		// A bound token sent as if it were none may be stolen (RFC 9449 §7.2).
		challenge(w, http.StatusUnauthorized, `error="invalid_token"`)
		return
	}
	scope, _ := claims["scope"].(string)
	scopes := strings.Fields(scope)
	if !slices.Contains(scopes, "openid") {
		challenge(w, http.StatusForbidden, `error="insufficient_scope", scope="openid"`)
		return
	}
	answer := map[string]any{}
	if id, ok := familyOf(claims["jti"]); ok {
		if f := i.grants.find(id); f != nil {
			answer = f.grant.userInfo(scopes)
		}
	}
	answer["sub"] = sub
	writeJSON(w, http.StatusOK, answer)
}

// userInfo returns the claims that the scopes ask for.
func (g *Grant) userInfo(scopes []string) map[string]any {
	claims := maps.Clone(g.UserInfo)
	for scope, names := range scopeClaims {
		if !slices.Contains(scopes, scope) {
			for _, name := range names {
				delete(claims, name)
			}
		}
	}
	return claims
}

// challenge answers with a Bearer challenge. Without credentials there is
// nothing that could be an error (RFC 6750 §3.1).
func challenge(w http.ResponseWriter, status int, params string) {
	value := `Bearer realm="issuertest"`
	if params != "" {
		value += ", " + params
	}
	w.Header().Set("WWW-Authenticate", value)
	w.WriteHeader(status)
}

// isToken68 reports whether s is what may follow a scheme (RFC 9110 §11.2).
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && isUnreserved(s, "-._~+/")
}
