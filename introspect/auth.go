package introspect

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
)

// ClientAuth adds our own credentials to a request to the issuer: to its form
// or its header. An error means that there are none now; it must not hold a
// secret. Called concurrently, for each request, so one of your own can read a secret
// that changes, and call Basic or Post with it; docs/introspection.md shows one. It
// learns from [Refused] that the issuer did not take what it gave.
type ClientAuth func(ctx context.Context, form url.Values, header http.Header) error

// Basic authenticates with a client id and secret in the Authorization field,
// each form-urlencoded first (RFC 6749 §2.3.1). The secret is the same for as long as
// the process runs; see [ClientAuth] for one that changes.
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
// of Config.HTTPClient (RFC 8705 §2). For a secret that changes, see [ClientAuth].
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
// the token while it is good, and asks [Refused] whether it still is.
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
