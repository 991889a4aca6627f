package issuertest

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	typeIntrospection = "application/token-introspection+jwt" // RFC 9701 §5
	headerType        = "token-introspection+jwt"
)

// inactive is all that is said of a token that is unknown, expired, revoked,
// malformed or not for the caller (RFC 7662 §2.2).
var inactive = map[string]any{"active": false}

// RegisterResource adds a resource server: a confidential client without scopes
// that may introspect tokens for any of audience, and may do nothing else, or
// replaces the client with the same id. Tokens for audience can be asked for from
// then on, as after AddResource. Tokens without aud are for everybody. It panics on
// an empty id, an empty secret and on no audience.
func (i *Issuer) RegisterResource(id, secret string, audience ...string) {
	if id == "" || secret == "" || len(audience) == 0 {
		panic("issuertest: RegisterResource: id, secret and audience are required")
	}
	i.clients.add(Client{ID: id, Name: id, Secret: secret}, slices.Clone(audience))
	i.resources.know(audience)
}

// serveIntrospection is the introspection endpoint (RFC 7662 §2), with signed
// answers (RFC 9701) for those who ask for them.
func (i *Issuer) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	uncacheable(w)
	signed := wantsSigned(r.Header.Values("Accept"))
	caller, answer, refused := i.introspect(r, signed)
	switch {
	case refused != nil:
		writeRefusal(w, refused)
	case signed:
		w.Header().Set("Content-Type", typeIntrospection)
		w.WriteHeader(http.StatusOK)
		w.Write([]byte(i.signAnswer(caller, answer)))
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

func (i *Issuer) introspect(r *http.Request, signed bool) (*client, map[string]any, *tokenError) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, nil, refused
	}
	c, refused := i.authenticate(r, form)
	if refused == nil && c.public() {
		// Naming oneself is not authentication (RFC 7662 §2.1): strangers could
		// fish for tokens.
		refused = invalidClient("public clients may not introspect tokens")
	}
	if refused != nil {
		if signed && refused.status == http.StatusUnauthorized && !offers(r, form) {
			refused.status = http.StatusBadRequest // RFC 9701 §5, §8.2
		}
		return nil, nil, refused
	}
	token := form.Get("token")
	if token == "" {
		return nil, nil, invalidRequest("token is missing")
	}
	// token_type_hint is not read: every kind of token is looked for anyway.
	if f, current := i.grants.ofRefreshToken(token); f != nil {
		if !current || f.client != c.ID {
			return c, inactive, nil
		}
		return c, i.aboutRefreshToken(f), nil
	}
	claims := i.lookUp(token, time.Now())
	if claims == nil || !c.mayAsk(claims) {
		return c, inactive, nil
	}
	return c, claims, nil
}

// offers reports whether the request has anything to authenticate with.
func offers(r *http.Request, form url.Values) bool {
	return r.Header.Get("Authorization") != "" || form.Get("client_secret") != "" || form.Get("client_assertion") != ""
}

// mayAsk reports whether a token is the caller's business (RFC 7662 §4): a resource
// server's when it is for its audience, any other client's when it is its own.
func (c *client) mayAsk(claims map[string]any) bool {
	if c.audience == nil && claims["client_id"] == any(c.ID) {
		return true
	}
	switch aud := claims["aud"].(type) {
	case nil:
		return true
	case string:
		return slices.Contains(c.audience, aud)
	case []any:
		return slices.ContainsFunc(aud, func(v any) bool {
			s, ok := v.(string)
			return ok && slices.Contains(c.audience, s)
		})
	}
	return false
}

// aboutRefreshToken is what the client itself may learn of its refresh token.
// Without aud, and with a token_type that is none (RFC 8693 §2.2.1), no resource
// server takes it for an access token.
func (i *Issuer) aboutRefreshToken(f *family) map[string]any {
	answer := map[string]any{
		"active": true, "iss": i.URL, "sub": f.grant.Subject, "client_id": f.client, "token_type": "N_A",
	}
	if len(f.scopes) > 0 {
		answer["scope"] = strings.Join(f.scopes, " ")
	}
	return answer
}

// wantsSigned reports whether the Accept fields name the signed answer (RFC 9701
// §4). Wildcards do not: they get JSON, which everybody reads.
func wantsSigned(fields []string) bool {
	for element := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		media, params, err := mime.ParseMediaType(element)
		q, weighted := params["q"]
		if err == nil && media == typeIntrospection && (!weighted || strings.Trim(q, "0.") != "") {
			return true
		}
	}
	return false
}

// signAnswer makes the signed answer for caller (RFC 9701 §5). What it is about
// stands in token_introspection alone.
func (i *Issuer) signAnswer(caller *client, answer map[string]any) string {
	key := i.keys.signer("RS256")
	header := map[string]any{"typ": headerType, "alg": "RS256", "kid": key.id}
	claims := map[string]any{
		"iss": i.URL, "aud": caller.ID, "iat": time.Now().Unix(),
		"token_introspection": answer,
	}
	return sign("RS256", key, overlay(header, nil), overlay(claims, nil))
}
