package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// browser takes a person to the authorization endpoint, and returns the
// parameters with which they come back to the redirect URI.
type browser func(ctx context.Context, authorizationURL string) (url.Values, error)

// authorize is the authorization code grant (RFC 6749 §4.1) with PKCE (RFC 7636).
// A refusal is an *oauth2.RetrieveError, whether it came by redirect or from the
// token endpoint.
func authorize(ctx context.Context, c *oauth2.Config, issuer string, visit browser, opts ...oauth2.AuthCodeOption) (*oauth2.Token, error) {
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	back, err := visit(ctx, c.AuthCodeURL(state, append(opts, oauth2.S256ChallengeOption(verifier))...))
	if err != nil {
		return nil, err
	}
	// First of all: is this an answer to our question, and from whom we asked?
	// Errors of somebody else are not worth reading either (RFC 9207 §2.4).
	if back.Get("state") != state {
		return nil, errors.New("the answer is to another request")
	}
	if back.Get("iss") != issuer {
		return nil, errors.New("the answer is from another issuer")
	}
	if code := back.Get("error"); code != "" {
		return nil, &oauth2.RetrieveError{ErrorCode: code, ErrorDescription: back.Get("error_description")}
	}
	return c.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
}

// through is a browser whose person agrees to everything at once: the issuer's
// default Interaction. It stops at the redirect back to the client.
func through(client *http.Client) browser {
	once := *client
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return func(ctx context.Context, authorizationURL string) (url.Values, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, authorizationURL, nil)
		if err != nil {
			return nil, err
		}
		response, err := once.Do(r)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusSeeOther {
			return nil, fmt.Errorf("the authorization endpoint answered %s", response.Status)
		}
		back, err := response.Location()
		if err != nil {
			return nil, err
		}
		return back.Query(), nil
	}
}
