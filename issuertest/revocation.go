package issuertest

import (
	"net/http"
	"time"
)

// serveRevocation is the revocation endpoint (RFC 7009 §2).
func (i *Issuer) serveRevocation(w http.ResponseWriter, r *http.Request) {
	uncacheable(w)
	if refused := i.revoke(r); refused != nil {
		writeRefusal(w, refused)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// revoke ends a token of the client that asks. token_type_hint is not read:
// every kind of token is looked for, and there is none that cannot be revoked.
func (i *Issuer) revoke(r *http.Request) *tokenError {
	form, refused := readForm(r)
	if refused != nil {
		return refused
	}
	c, refused := i.authenticate(r, form)
	if refused != nil {
		return refused
	}
	token := form.Get("token")
	if token == "" {
		return invalidRequest("token is missing")
	}
	another := invalidGrant("the token is another client's")
	// A refresh token that was spent ends its family too: the client wants none of it.
	if f, _ := i.grants.ofRefreshToken(token); f != nil {
		if f.client != c.ID {
			return another
		}
		i.grants.end(f)
		return nil
	}
	claims := i.lookUp(token, time.Now())
	if claims == nil {
		return nil // nothing that works: that is what was asked for (RFC 7009 §2.2)
	}
	if claims["client_id"] != any(c.ID) {
		return another
	}
	exp, ok := claims["exp"].(int64)
	until := time.Unix(exp, 0)
	if !ok {
		until = never()
	}
	if !i.tokens.revoke(token, until) {
		// The client must think that the token still works (RFC 7009 §2.2.1).
		return &tokenError{Code: "temporarily_unavailable", Description: "too many tokens are revoked", status: http.StatusServiceUnavailable, retryAfter: retryAfter}
	}
	return nil
}

// never is later than any token lives.
func never() time.Time { return time.Now().Add(100 * 365 * 24 * time.Hour) }
