package issuertest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// Tokens is a successful answer of the token endpoint (RFC 6749 §5.1). Scope is
// always stated, which covers the case where it differs from the request.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	IDToken      string `json:"id_token,omitempty"` // OpenID Connect Core §3.1.3.3
}

// Error is a refusal that Authorize, AuthorizeDevice or Exchange met.
type Error struct {
	Endpoint    string // an Endpoint constant
	Status      int    // HTTP status; 303 for an error that came by redirect
	Code        string // error, such as invalid_grant; empty if the answer has none
	Description string // error_description
}

// Error is for people.
func (e *Error) Error() string {
	return fmt.Sprintf("issuertest: %s answered %d %s: %s", e.Endpoint, e.Status, e.Code, e.Description)
}

var errPage = errors.New("issuertest: the interaction has not decided: it answered with a page")

// Authorize runs the authorization code grant with PKCE for a client, as a
// browser and the client would: through the real endpoints, by Client. The
// Interaction has to decide at once, as the default one does. The parameters are
// those of the authorization request, such as scope, resource, nonce and max_age;
// by default redirect_uri is the client's first. A refusal is an *Error.
func (i *Issuer) Authorize(ctx context.Context, clientID string, params url.Values) (*Tokens, error) {
	verifier := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(verifier))
	q := url.Values{}
	if c := i.clients.named(clientID); c != nil && len(c.RedirectURIs) > 0 {
		q.Set("redirect_uri", c.RedirectURIs[0])
	}
	maps.Copy(q, params)
	state := rand.Text()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": clientID, "state": state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(hash[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, i.URL+EndpointAuthorization+"?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := i.browse(req)
	if err != nil {
		return nil, err
	}
	if answer.Get("state") != state || answer.Get("iss") != i.URL {
		return nil, errors.New("issuertest: the answer is not for this request")
	}
	if code := answer.Get("error"); code != "" {
		return nil, &Error{EndpointAuthorization, http.StatusSeeOther, code, answer.Get("error_description")}
	}
	return i.Exchange(ctx, clientID, url.Values{
		"grant_type": {GrantAuthorizationCode}, "code": {answer.Get("code")},
		"redirect_uri": {q.Get("redirect_uri")}, "code_verifier": {verifier},
	})
}

// AuthorizeDevice runs the device grant (RFC 8628) for a client. The Interaction
// has to decide at once, and the verification page has to be the issuer's own.
// The parameters are those of the device authorization request, such as scope.
// A refusal is an *Error.
func (i *Issuer) AuthorizeDevice(ctx context.Context, clientID string, params url.Values) (*Tokens, error) {
	var device deviceResponse
	if err := i.post(ctx, EndpointDeviceAuthorization, clientID, params, &device); err != nil {
		return nil, err
	}
	form := url.Values{"user_code": {device.UserCode}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.URL+EndpointVerification, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := i.browse(req); err != nil {
		return nil, err
	}
	return i.Exchange(ctx, clientID, url.Values{"grant_type": {GrantDeviceCode}, "device_code": {device.DeviceCode}})
}

// Exchange sends a request to the token endpoint: parameters say which, for
// example grant_type refresh_token with a refresh_token. A client with a secret
// authenticates with Basic, a public one names itself; for private_key_jwt the
// parameters hold the client_assertion. A refusal is an *Error.
func (i *Issuer) Exchange(ctx context.Context, clientID string, params url.Values) (*Tokens, error) {
	tokens := &Tokens{}
	if err := i.post(ctx, EndpointToken, clientID, params, tokens); err != nil {
		return nil, err
	}
	return tokens, nil
}

// post sends the form of a client to an endpoint and reads the answer into v.
func (i *Issuer) post(ctx context.Context, endpoint, clientID string, params url.Values, v any) error {
	form := maps.Clone(params)
	if form == nil {
		form = url.Values{}
	}
	secret := ""
	if c := i.clients.named(clientID); c != nil && !form.Has("client_assertion") {
		secret = c.Secret
	}
	if secret == "" {
		form.Set("client_id", clientID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.URL+endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if secret != "" {
		req.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(secret))
	}
	res, err := i.client.Do(req)
	if err != nil {
		return unanswered(endpoint, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refusal(endpoint, res)
	}
	if json.NewDecoder(res.Body).Decode(v) != nil {
		return &Error{Endpoint: endpoint, Status: res.StatusCode, Description: "the answer is not JSON"}
	}
	return nil
}

// unanswered is err without the URL that net/http quotes: the parameters say who
// the person is, and hold state and nonce.
func unanswered(endpoint string, err error) error {
	var quoting *url.Error
	if errors.As(err, &quoting) {
		err = quoting.Err
	}
	return fmt.Errorf("issuertest: %s has not answered: %w", endpoint, err)
}

// refusal reads an error answer. What is no JSON has no code.
func refusal(endpoint string, res *http.Response) error {
	var answer tokenError
	json.NewDecoder(res.Body).Decode(&answer)
	return &Error{endpoint, res.StatusCode, answer.Code, answer.Description}
}

// browse sends a request as a browser does, up to the redirect that is for the
// client, and returns its parameters.
func (i *Issuer) browse(req *http.Request) (url.Values, error) {
	browser := *i.client
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := browser.Do(req)
	if err != nil {
		return nil, unanswered(req.URL.Path, err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil, errPage
	}
	if res.StatusCode != http.StatusSeeOther {
		return nil, refusal(req.URL.Path, res)
	}
	to, err := res.Location()
	if err != nil {
		return nil, errPage
	}
	answer := to.Query()
	if !answer.Has("iss") && !answer.Has("result") { // to a page of the caller's
		return nil, errPage
	}
	return answer, nil
}
