package issuertest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxParameters bounds the parameters of an authorization request, in bytes: the
// issuer keeps them while the person thinks.
const maxParameters = 8 << 10

// authorizationRequest is what the answer to the client needs.
type authorizationRequest struct {
	redirectURI string
	state       string // empty: not sent
	challenge   string // PKCE, S256; empty: none
	nonce       string
	subject     string // that id_token_hint is about; empty: not sent
}

// serveAuthorization is the authorization endpoint (RFC 6749 §3.1).
func (i *Issuer) serveAuthorization(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	params, complaint := readParameters(r)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		errorPage(w, http.StatusMethodNotAllowed, "The method is not GET or POST.")
		return
	case complaint != "":
		errorPage(w, http.StatusBadRequest, "The request is malformed: "+complaint+".")
		return
	}
	// Until client and redirect URI are known to belong together nothing may
	// redirect: the person would be sent wherever a stranger likes (RFC 6749
	// §4.1.2.1). A repeated one is not known.
	c := i.clients.named(params.Get("client_id"))
	if c == nil || len(params["client_id"]) > 1 {
		errorPage(w, http.StatusBadRequest, "The client is unknown.")
		return
	}
	uri := params.Get("redirect_uri")
	if len(params["redirect_uri"]) > 1 || !c.hasRedirectURI(uri) {
		errorPage(w, http.StatusBadRequest, "The redirect URI is missing or not registered for this client.")
		return
	}
	a := &Authorization{ID: rand.Text(), issuer: i, request: authorizationRequest{redirectURI: uri}}
	if len(params["state"]) == 1 {
		a.request.state = params.Get("state")
	}
	if refused := i.readAuthorization(a, c, params); refused != nil {
		a.redirectError(w, refused.Code, refused.Description)
		return
	}
	i.grants.hold(a, time.Now().Add(authorizationLifetime))
	i.decide(w, r, a)
}

// readParameters returns the parameters of an authorization request: from the
// query of a GET, from the body of a POST.
func readParameters(r *http.Request) (params url.Values, complaint string) {
	if r.Method == http.MethodPost {
		params, complaint = readBody(r)
	} else {
		params, complaint = parseForm(r.URL.RawQuery)
	}
	size := 0
	for name, values := range params {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > maxParameters {
		return nil, "the parameters are too long"
	}
	return params, complaint
}

// readAuthorization reads what is asked for into a. From here on refusals go to
// the client by redirect (RFC 6749 §4.1.2.1).
func (i *Issuer) readAuthorization(a *Authorization, c *client, params url.Values) *tokenError {
	if repeats(params) {
		return invalidRequest("a parameter is repeated")
	}
	switch params.Get("response_type") {
	case "code":
	case "":
		return invalidRequest("response_type is missing")
	default: // implicit among them (RFC 9700 §2.1.2)
		return refuse("unsupported_response_type", "only the response_type code is supported")
	}
	if !c.may(GrantAuthorizationCode) {
		return refuse("unauthorized_client", "the client may not use the authorization code grant")
	}
	switch {
	case params.Get("request") != "":
		return refuse("request_not_supported", "request objects are not supported")
	case params.Get("request_uri") != "":
		return refuse("request_uri_not_supported", "request objects are not supported")
	}
	if mode := params.Get("response_mode"); mode != "" && mode != "query" {
		return invalidRequest("only the response_mode query is supported")
	}
	var refused *tokenError
	if a.Scopes, a.Resources, refused = i.target(c, params.Get("scope"), params["resource"]); refused != nil {
		return refused
	}
	a.request.nonce = params.Get("nonce")
	if a.request.challenge, refused = readChallenge(c, a, params); refused != nil {
		return refused
	}
	a.ClientID, a.ClientName, a.RedirectURI = c.ID, c.Name, a.request.redirectURI
	a.LoginHint = params.Get("login_hint")
	if hint := params.Get("id_token_hint"); hint != "" {
		var ok bool
		if a.request.subject, ok = i.hinted(c, hint); !ok {
			return invalidRequest("id_token_hint is not an ID token for this client")
		}
	}
	return a.readAuthentication(params)
}

// readChallenge returns the code challenge (RFC 7636 §4.3). Every client has to
// send one, but for a confidential one whose nonce protects the code too
// (RFC 9700 §2.1.1).
func readChallenge(c *client, a *Authorization, params url.Values) (string, *tokenError) {
	challenge, method := params.Get("code_challenge"), params.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return "", invalidRequest("code_challenge_method without code_challenge")
	case challenge == "" && !c.public() && a.request.nonce != "" && slices.Contains(a.Scopes, "openid"):
		return "", nil
	case challenge == "":
		return "", invalidRequest("code_challenge is missing (PKCE)")
	case method != "S256": // absent means plain
		return "", invalidRequest("code_challenge_method is not S256")
	case len(challenge) != 43 || !isUnreserved(challenge, "-_"):
		return "", invalidRequest("code_challenge is not a SHA-256 in base64url")
	}
	return challenge, nil
}

// readAuthentication reads how the person is to authenticate (OpenID Connect
// Core §3.1.2.1, RFC 9470 §4).
func (a *Authorization) readAuthentication(params url.Values) *tokenError {
	now := time.Now()
	a.Prompt = unique(strings.Fields(params.Get("prompt")))
	for _, p := range a.Prompt {
		switch {
		case p == "none" && len(a.Prompt) > 1:
			return invalidRequest("prompt has none beside other values")
		case p == "login":
			a.notBefore = now
		case p != "none" && p != "consent" && p != "select_account":
			return invalidRequest("prompt has an unknown value")
		}
	}
	if v := params.Get("max_age"); v != "" {
		seconds, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return invalidRequest("max_age is not a number of seconds")
		}
		// The client sees auth_time, which has whole seconds.
		if t := now.Truncate(time.Second).Add(-time.Duration(seconds) * time.Second); t.After(a.notBefore) {
			a.notBefore = t
		}
	}
	asked := unique(strings.Fields(params.Get("acr_values")))
	for _, acr := range asked {
		if slices.Contains(acrValues, acr) {
			a.ACRValues = append(a.ACRValues, acr)
		}
	}
	if len(asked) > 0 && len(a.ACRValues) == 0 {
		return refuse("unmet_authentication_requirements", "none of the acr_values is supported")
	}
	return nil
}
