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
// Its audience is the issuer. It is signed once a minute, not once a call: an
// issuer that takes each assertion once only refuses the second call. A key
// that is not for alg panics.
func PrivateKeyJWT(id string, key crypto.Signer, alg, kid string) ClientAuth {
	if key == nil || !jose.CanSign(key, alg) {
		panic("introspect: PrivateKeyJWT: the key is not for this alg")
	}
	a := &assertion{id: id, key: key, alg: alg, kid: kid}
	return func(ctx context.Context, form url.Values, _ http.Header) error {
		issuer, ok := ctx.Value(issuerKey{}).(string)
		if !ok {
			return errors.New("introspect: PrivateKeyJWT is for a Verifier of this package")
		}
		signed, err := a.at(time.Now(), issuer)
		if err != nil {
			return errors.New("introspect: the client assertion cannot be signed")
		}
		form.Set("client_id", id)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", signed)
		return nil
	}
}

// issuerKey is where ctx tells a ClientAuth which issuer it is for.
type issuerKey struct{}

// assertion is a client assertion, kept while it is good.
type assertion struct {
	id, alg, kid string
	key          crypto.Signer

	mu       sync.Mutex
	audience string
	signed   string
	issued   time.Time
}

// at returns an assertion for audience that is good at now. The lock is held
// while the key signs: callers would otherwise all sign at once.
func (a *assertion) at(now time.Time, audience string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	age := now.Sub(a.issued)
	if a.signed != "" && a.audience == audience && age >= 0 && age < assertionLifetime/2 {
		return a.signed, nil
	}
	claims, err := json.Marshal(map[string]any{
		"iss": a.id, "sub": a.id, "aud": audience,
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
		"jti": rand.Text(),
	})
	if err != nil {
		return "", err
	}
	signed, err := jose.Sign(a.key, a.alg, a.kid, claims)
	if err != nil {
		return "", err
	}
	a.signed, a.audience, a.issued = signed, audience, now
	return signed, nil
}
