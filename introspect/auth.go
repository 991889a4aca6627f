package introspect

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/warder-go/warder/internal/jose"
)

// ClientAuth adds our own credentials to a request to the issuer: to its form
// or its header. An error means that there are none now; it must not hold a
// secret. Called concurrently.
type ClientAuth func(ctx context.Context, form url.Values, header http.Header) error

// Basic authenticates with a client id and secret in the Authorization field,
// each form-urlencoded first (RFC 6749 §2.3.1).
func Basic(id, secret string) ClientAuth {
	pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	field := "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	return func(_ context.Context, _ url.Values, header http.Header) error {
		header.Set("Authorization", field)
		return nil
	}
}

// Post authenticates with a client id and secret in the form (RFC 6749 §2.3.1).
// An empty secret is left out: the client then proves itself by the certificate
// of Config.HTTPClient (RFC 8705 §2).
func Post(id, secret string) ClientAuth {
	return func(_ context.Context, form url.Values, _ http.Header) error {
		form.Set("client_id", id)
		if secret != "" {
			form.Set("client_secret", secret)
		}
		return nil
	}
}

// Bearer authenticates with an access token of our own (RFC 7662 §2.1), which
// source returns. source is called for every request to the issuer: it keeps
// the token while it is good.
func Bearer(source func(context.Context) (string, error)) ClientAuth {
	if source == nil {
		panic("introspect: Bearer(nil)")
	}
	return func(ctx context.Context, _ url.Values, header http.Header) error {
		token, err := source(ctx)
		if err != nil || token == "" {
			return errors.New("introspect: no access token of our own")
		}
		header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// An assertion is good for assertionLifetime and used for half of it.
const assertionLifetime = 2 * time.Minute

// PrivateKeyJWT authenticates with a JWT that key signs (RFC 7523 §2.2), for
// the client id: alg RS256, PS256, ES256 or EdDSA, and kid, which may be empty.
// Its audience is the issuer. It is signed once a minute, not once a call. An
// issuer that takes each assertion once only (RFC 7523 §3) refuses the second
// call; that call is made again with a new one, and from then on each call has its
// own. A key that is not for alg panics.
func PrivateKeyJWT(id string, key crypto.Signer, alg, kid string) ClientAuth {
	if key == nil || !jose.CanSign(key, alg) {
		panic("introspect: PrivateKeyJWT: the key is not for this alg")
	}
	a := &assertion{id: id, key: key, alg: alg, kid: kid}
	return func(ctx context.Context, form url.Values, _ http.Header) error {
		this, ok := ctx.Value(attemptKey{}).(*attempt)
		if !ok {
			return errors.New("introspect: PrivateKeyJWT is for a Verifier of this package")
		}
		signed, kept, err := a.at(time.Now(), this.issuer, this.refused)
		this.kept = kept
		if err != nil {
			return errors.New("introspect: the client assertion cannot be signed")
		}
		form.Set("client_id", id)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", signed)
		return nil
	}
}

// attempt is what a ClientAuth of ours and the call that it is for tell each other.
type attempt struct {
	issuer  string
	refused bool // what the last one had was refused, and was also for other calls
	kept    bool // what this one has is also for other calls
}

// attemptKey is where ctx holds the attempt.
type attemptKey struct{}

// assertion is a client assertion, kept while it is good.
type assertion struct {
	id, alg, kid string
	key          crypto.Signer

	mu       sync.Mutex
	once     bool // the issuer takes each but once
	audience string
	signed   string
	issued   time.Time
}

// at returns an assertion for audience that is good at now, and whether it is for
// other calls too. The lock is held while the key signs: callers would otherwise
// all sign at once.
func (a *assertion) at(now time.Time, audience string, refused bool) (signed string, kept bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.once = a.once || refused
	age := now.Sub(a.issued)
	if !a.once && a.signed != "" && a.audience == audience && age >= 0 && age < assertionLifetime/2 {
		return a.signed, true, nil
	}
	claims, err := json.Marshal(map[string]any{
		"iss": a.id, "sub": a.id, "aud": audience,
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
		"jti": rand.Text(),
	})
	if err != nil {
		return "", false, err
	}
	if signed, err = jose.Sign(a.key, a.alg, a.kid, claims); err != nil {
		return "", false, err
	}
	a.signed, a.audience, a.issued = signed, audience, now
	return signed, !a.once, nil
}
