package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// endpoints are what the issuer's metadata tells (RFC 8414 §2).
type endpoints struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	SendsIss      bool   `json:"authorization_response_iss_parameter_supported"`
}

// tokens are what the token endpoint answers (RFC 6749 §5.1).
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
}

// discover reads the issuer's metadata. It has to be about that issuer, or another
// one could put its endpoints in the place of this one's (RFC 8414 §3.3). And it
// has to send iss: see callback.
func (a *application) discover(ctx context.Context) (e endpoints, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.issuer+"/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return e, err
	}
	if err := a.do(req, &e); err != nil {
		return e, err
	}
	if e.Issuer != a.issuer || !e.SendsIss {
		return e, errors.New("the metadata is another issuer's, or the issuer does not send iss")
	}
	return e, nil
}

// redeem exchanges the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
func (a *application) redeem(ctx context.Context, code, verifier string) (tokens, error) {
	return a.tokens(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.redirectURI}, "code_verifier": {verifier},
	})
}

// refresh gets new tokens. The refresh token is spent (RFC 9700 §4.14.2).
func (a *application) refresh(ctx context.Context, token string) (tokens, error) {
	return a.tokens(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// revoke takes back all that the person granted (RFC 7009 §2.1).
func (a *application) revoke(ctx context.Context, token string) error {
	e, err := a.discover(ctx)
	if err != nil {
		return err
	}
	return a.post(ctx, e.Revocation, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}, nil)
}

// errUnsent is in the error of tokens if the token endpoint cannot have had the
// request: what it carried is not spent.
var errUnsent = errors.New("the token endpoint was not reached")

func (a *application) tokens(ctx context.Context, form url.Values) (t tokens, err error) {
	e, err := a.discover(ctx)
	if err != nil {
		return t, fmt.Errorf("%w: %w", errUnsent, err)
	}
	if err := a.post(ctx, e.Token, form, &t); err != nil {
		if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
			err = fmt.Errorf("%w: %w", errUnsent, err)
		}
		return tokens{}, err
	}
	if t.Access == "" || !strings.EqualFold(t.Type, "Bearer") { // what we cannot use (RFC 6749 §7.1)
		return t, errors.New("the issuer sent no Bearer token")
	}
	return t, nil
}

// post sends a form as the confidential client that we are (RFC 6749 §2.3.1).
func (a *application) post(ctx context.Context, endpoint string, form url.Values, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(clientSecret))
	return a.do(req, answer)
}

// do expects 200, and JSON where answer is not nil.
func (a *application) do(req *http.Request, answer any) error {
	resp, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		var refused struct {
			Code string `json:"error"`
		}
		json.Unmarshal(body, &refused) // without JSON the status says enough
		return fmt.Errorf("the issuer answered %s %q", resp.Status, refused.Code)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(body, answer)
}

// newVerifier makes a code verifier of 256 bits and its challenge, S256 (RFC 7636
// §4.1, §4.2).
func newVerifier() (verifier, challenge string) {
	var secret [32]byte
	rand.Read(secret[:])
	verifier = base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}
