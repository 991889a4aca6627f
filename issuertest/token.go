package issuertest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenError is a refusal (RFC 6749 §5.2). Descriptions are fixed texts.
type tokenError struct {
	Code        string        `json:"error"`
	Description string        `json:"error_description"`
	status      int           // HTTP status
	retryAfter  time.Duration // zero: not said
}

func refuse(code, description string) *tokenError {
	return &tokenError{Code: code, Description: description, status: http.StatusBadRequest}
}

func invalidRequest(description string) *tokenError { return refuse("invalid_request", description) }

func invalidGrant(description string) *tokenError { return refuse("invalid_grant", description) }

// invalidClient is always 401: required when the Authorization field was used,
// allowed when not (RFC 6749 §5.2).
func invalidClient(description string) *tokenError {
	return &tokenError{Code: "invalid_client", Description: description, status: http.StatusUnauthorized}
}

// throttled has no code of its own in RFC 6749.
func throttled() *tokenError {
	return &tokenError{Code: "invalid_client", Description: "too many failed attempts", status: http.StatusTooManyRequests, retryAfter: retryAfter}
}

// serveToken is the token endpoint (RFC 6749 §3.2).
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	uncacheable(w)
	answer, refused := i.token(r)
	if refused == nil {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	writeRefusal(w, refused)
}

// uncacheable keeps tokens out of caches (RFC 6749 §5.1).
func uncacheable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// writeRefusal answers with refused and the fields that belong to its status.
func writeRefusal(w http.ResponseWriter, refused *tokenError) {
	switch refused.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="issuertest"`)
	}
	if refused.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(refused.retryAfter.Seconds())))
	}
	writeJSON(w, refused.status, refused)
}

func (i *Issuer) token(r *http.Request) (*Tokens, *tokenError) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	c, refused := i.authenticate(r, form)
	if refused != nil {
		return nil, refused
	}
	grantType := form.Get("grant_type")
	switch {
	case grantType == "":
		return nil, invalidRequest("grant_type is missing")
	case !slices.Contains(grantTypes, grantType): // password among them (RFC 9700 §2.4)
		return nil, refuse("unsupported_grant_type", "grant_type is not supported")
	case !c.may(grantType):
		return nil, refuse("unauthorized_client", "the client may not use the grant")
	}
	switch grantType {
	case GrantAuthorizationCode:
		return i.redeemCode(c, form)
	case GrantRefreshToken:
		return i.refresh(c, form)
	case GrantDeviceCode:
		return i.redeemDevice(c, form)
	}
	return i.clientCredentials(c, form)
}

// clientCredentials is the client credentials grant (RFC 6749 §4.4): the client
// acts for itself, so it is the subject too (RFC 9068 §2.2), and no refresh
// token comes with the access token (§4.4.3).
func (i *Issuer) clientCredentials(c *client, form url.Values) (*Tokens, *tokenError) {
	scopes, resources, refused := i.target(c, form.Get("scope"), form["resource"])
	if refused != nil {
		return nil, refused
	}
	if slices.ContainsFunc(scopes, isOpenIDScope) {
		return nil, refuse("invalid_scope", "there is no person that a scope of OpenID Connect could be about")
	}
	scope := strings.Join(scopes, " ")
	claims := i.claims(c.ID, c.ID, scope)
	claims["aud"] = audience(resources)
	return &Tokens{
		AccessToken: i.issueFor(resources, claims),
		TokenType:   "Bearer",
		ExpiresIn:   int(lifetime.Seconds()),
		Scope:       scope,
	}, nil
}

// reserved are the claims that are the issuer's even where it leaves them out. A
// cnf would say that somebody proved a key; active and token_type are no claims
// but members of an introspection answer.
var reserved = []string{"scope", "acr", "cnf", "nbf", "active", "token_type"}

// respond makes the tokens of a family (RFC 6749 §5.1). Claims about the
// person's authentication keep their value over refreshes (RFC 9068 §2.2.1).
func (i *Issuer) respond(c *client, f *family, scopes, resources []string, refreshToken, nonce string) *Tokens {
	scope := strings.Join(scopes, " ")
	claims := maps.Clone(f.grant.Claims)
	for _, name := range reserved {
		delete(claims, name)
	}
	maps.Copy(claims, i.claims(c.ID, f.grant.Subject, scope))
	claims["aud"] = audience(resources)
	claims["jti"] = f.newID()
	claims["auth_time"] = f.grant.AuthTime.Unix()
	if f.grant.ACR != "" {
		claims["acr"] = f.grant.ACR
	}
	answer := &Tokens{
		AccessToken:  i.issueFor(resources, claims),
		TokenType:    "Bearer",
		ExpiresIn:    int(lifetime.Seconds()),
		RefreshToken: refreshToken,
		Scope:        scope,
	}
	if slices.Contains(scopes, "openid") {
		answer.IDToken = i.idToken(c, f, answer.AccessToken, nonce)
	}
	return answer
}

// issueFor makes an access token of the kind that the resources want.
func (i *Issuer) issueFor(resources []string, claims map[string]any) string {
	if i.resources.opaque(resources) {
		return i.issueOpaque(claims)
	}
	return i.issue(claims)
}

// audience is aud: a string when there is one (RFC 7519 §4.1.3).
func audience(resources []string) any {
	if len(resources) == 1 {
		return resources[0]
	}
	return resources
}
