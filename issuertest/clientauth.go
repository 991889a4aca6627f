package issuertest

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
)

// authenticate says which client sent a request (RFC 6749 §2.3, §3.2.1).
// A public client is only named. Exactly one method may be used.
func (i *Issuer) authenticate(r *http.Request, form url.Values) (*client, *tokenError) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	fields := r.Header.Values("Authorization")
	switch {
	case form.Get("client_assertion") != "" || form.Get("client_assertion_type") != "":
		if secret != "" || len(fields) > 0 {
			return nil, invalidRequest("more than one client authentication method")
		}
		return i.authenticateByKey(form)
	case len(fields) > 1:
		return nil, invalidRequest("more than one Authorization field")
	case len(fields) == 1 && secret != "":
		return nil, invalidRequest("more than one client authentication method")
	case len(fields) == 1:
		basicID, basicSecret, ok := basic(r)
		if !ok {
			return nil, invalidClient("Authorization is not Basic with form-encoded credentials")
		}
		if id != "" && id != basicID {
			return nil, invalidRequest("client_id differs from the authenticated client")
		}
		return i.clients.check(basicID, basicSecret, address(r))
	case id == "" && secret != "":
		return nil, invalidRequest("client_secret without client_id")
	case id == "":
		return nil, invalidClient("no client authentication")
	case secret != "":
		return i.clients.check(id, secret, address(r))
	}
	c := i.clients.named(id)
	if c == nil || !c.public() {
		return nil, invalidClient("client authentication failed")
	}
	return c, nil
}

// basic returns the credentials of HTTP Basic, which OAuth form-encodes first
// (RFC 6749 §2.3.1): without that, an id could hold no colon.
func basic(r *http.Request) (id, secret string, ok bool) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, err := url.QueryUnescape(user)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(password)
	return id, secret, err == nil
}

// check compares the secret, unless too many wrong ones came from address. Then
// nobody is told whether it was right.
func (cs *clients) check(id, secret, address string) (*client, *tokenError) {
	hash := sha256.Sum256([]byte(secret))
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.byID[id]
	if !ok {
		c = &client{guesses: &throttle{}} // compared all the same, so that time tells nothing; never kept
	}
	if c.guesses.closed(address) {
		return nil, throttled()
	}
	same := subtle.ConstantTimeCompare(hash[:], c.hash[:]) == 1
	// A client without a secret has none that could be right: the empty one is not.
	if !same || c.Secret == "" {
		c.guesses.wrong(address)
		return nil, invalidClient("client authentication failed")
	}
	return c, nil
}
