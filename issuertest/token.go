package issuertest

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// tokenResponse is a successful answer (RFC 6749 §5.1). Scope is always stated,
// which covers the case where it differs from the request.
type tokenResponse struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope,omitempty"`
}

// tokenError is a refusal (RFC 6749 §5.2). Descriptions are fixed texts.
type tokenError struct {
	Code        string        `json:"error"`
	Description string        `json:"error_description"`
	status      int           // HTTP status
	retryAfter  time.Duration // zero: not said
}

func refuse(code, description string) *tokenError {
	return &tokenError{Code: code, Description: description, status: http.StatusBadRequest}
}

func invalidRequest(description string) *tokenError { return refuse("invalid_request", description) }

// invalidClient is always 401: required when the Authorization field was used,
// allowed when not (RFC 6749 §5.2).
func invalidClient(description string) *tokenError {
	return &tokenError{Code: "invalid_client", Description: description, status: http.StatusUnauthorized}
}

// throttled has no code of its own in RFC 6749.
func throttled() *tokenError {
	return &tokenError{Code: "invalid_client", Description: "too many failed attempts", status: http.StatusTooManyRequests, retryAfter: retryAfter}
}

// serveToken is the token endpoint (RFC 6749 §3.2).
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	answer, refused := i.token(r)
	if refused == nil {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	writeRefusal(w, refused)
}

// writeRefusal answers with refused and the fields that belong to its status.
func writeRefusal(w http.ResponseWriter, refused *tokenError) {
	switch refused.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="issuertest"`)
	}
	if refused.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(refused.retryAfter.Seconds())))
	}
	writeJSON(w, refused.status, refused)
}

func (i *Issuer) token(r *http.Request) (*tokenResponse, *tokenError) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	c, refused := i.clients.authenticate(r, form)
	if refused != nil {
		return nil, refused
	}
	switch form.Get("grant_type") {
	case "":
		return nil, invalidRequest("grant_type is missing")
	case "client_credentials":
		return i.clientCredentials(c, form)
	}
	return nil, refuse("unsupported_grant_type", "grant_type is not supported")
}

// clientCredentials is the client credentials grant (RFC 6749 §4.4): the client
// acts for itself, so it is the subject too (RFC 9068 §2.2), and no refresh
// token comes with the access token (§4.4.3).
func (i *Issuer) clientCredentials(c *client, form url.Values) (*tokenResponse, *tokenError) {
	if c.public {
		return nil, refuse("unauthorized_client", "the grant is for confidential clients only")
	}
	if refused := checkResource(form["resource"]); refused != nil {
		return nil, refused
	}
	scopes, refused := c.grant(form.Get("scope"))
	if refused != nil {
		return nil, refused
	}
	scope := strings.Join(scopes, " ")
	return &tokenResponse{
		AccessToken: i.issue(i.claims(c.id, c.id, scope)),
		TokenType:   "Bearer",
		ExpiresIn:   int(lifetime.Seconds()),
		Scope:       scope,
	}, nil
}

// grant returns the scopes of a token for a request that asks for scope. It is
// all of what was asked or nothing (RFC 6749 §3.3).
func (c *client) grant(scope string) ([]string, *tokenError) {
	if scope == "" {
		return c.scopes, nil
	}
	asked := strings.Split(scope, " ")
	for _, s := range asked {
		if !slices.Contains(c.scopes, s) {
			return nil, refuse("invalid_scope", "scope is malformed or beyond what the client may have")
		}
	}
	return unique(asked), nil
}

// checkResource accepts the resource indicator of the one known resource
// (RFC 8707 §2). No indicator asks for the same.
func checkResource(resources []string) *tokenError {
	for _, s := range resources {
		if s != "" && s != Audience {
			return refuse("invalid_target", "resource is malformed or unknown")
		}
	}
	return nil
}

// readForm returns the parameters of a request (RFC 6749 §3.2, App. B).
// An empty parameter counts as absent, but not when repetitions are looked for.
func readForm(r *http.Request) (url.Values, *tokenError) {
	if r.Method != http.MethodPost {
		return nil, &tokenError{Code: "invalid_request", Description: "the method is not POST", status: http.StatusMethodNotAllowed}
	}
	// Parameters in the URI end up in logs. The endpoint's own URI has none, so
	// that any query is refused rather than a list of names.
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, invalidRequest("parameters belong in the body")
	}
	fields := r.Header.Values("Content-Type")
	if len(fields) != 1 {
		return nil, invalidRequest("the body needs one Content-Type")
	}
	if media, _, err := mime.ParseMediaType(fields[0]); err != nil || media != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body is not application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalidRequest("the body could not be read")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidRequest("the body is not form-encoded")
	}
	for name, values := range form {
		if len(values) > 1 && name != "resource" {
			return nil, invalidRequest("a parameter is repeated")
		}
		for _, v := range values {
			if !utf8.ValidString(name) || !utf8.ValidString(v) {
				return nil, invalidRequest("the body is not UTF-8")
			}
		}
	}
	return form, nil
}

// unique returns a copy of list without repetitions, in order.
func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
