package issuertest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/warder-go/warder/issuertest"
)

// The example of RFC 7636, Appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// callback is a redirect URI that keeps its query.
const callback = "https://app.example/cb?x=1"

// withApp returns an issuer that knows the public client app.
func withApp(iss *issuertest.Issuer) *issuertest.Issuer {
	iss.AddClient(issuertest.Client{
		ID: "app", Name: "The App", RedirectURIs: []string{callback, "https://app.example/other"},
		Scopes: []string{"openid", "profile", "email", "read", "write"},
	})
	return iss
}

// visit is what a browser gets that follows no redirect.
type visit struct {
	status   int
	header   http.Header
	body     string
	location string
	query    url.Values // of location
}

func browse(t *testing.T, iss *issuertest.Issuer, method, path string, params url.Values) visit {
	t.Helper()
	target, body := iss.URL+path, ""
	if method == "POST" {
		body = params.Encode()
	} else if params != nil {
		target += "?" + params.Encode()
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return send(t, iss, req)
}

func send(t *testing.T, iss *issuertest.Issuer, req *http.Request) visit {
	t.Helper()
	browser := *iss.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	v := visit{status: res.StatusCode, header: res.Header, body: string(text), location: res.Header.Get("Location")}
	if to, err := url.Parse(v.location); err == nil {
		v.query = to.Query()
	}
	return v
}

// change returns params with those of changes instead; a nil value removes one.
func change(params, changes url.Values) url.Values {
	for name, values := range changes {
		if params[name] = values; values == nil {
			delete(params, name)
		}
	}
	return params
}

// request of the public client app that would be granted, changed.
func authorization(changes url.Values) url.Values {
	return change(url.Values{
		"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {callback}, "scope": {"read"}, "state": {"s"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}, changes)
}

// checkRedirect shows R9207-01, and that of a code and an error there is one.
func checkRedirect(t *testing.T, iss *issuertest.Issuer, v visit) {
	t.Helper()
	if v.status != 303 || len(v.query["iss"]) != 1 || v.query.Get("iss") != iss.URL {
		t.Errorf("%d, iss %q", v.status, v.query["iss"])
	}
	if v.query.Has("code") == v.query.Has("error") || v.query.Has("access_token") || strings.Contains(v.location, "#") {
		t.Errorf("Location has the parameters %v", v.query)
	}
}

// checkDenied is AR(code) with the state "s".
func checkDenied(t *testing.T, iss *issuertest.Issuer, v visit, code string) {
	t.Helper()
	checkRedirect(t, iss, v)
	if v.query.Get("error") != code || v.query.Get("state") != "s" {
		t.Errorf("error %q, state %q, want the error %s", v.query.Get("error"), v.query.Get("state"), code)
	}
}

// checkPage is PAGE. It is plain text here: who wants HTML brings it along.
func checkPage(t *testing.T, v visit, status int) {
	t.Helper()
	if v.status != status || v.header.Values("Location") != nil || !strings.HasPrefix(v.header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %v", v.status, v.header)
	}
	checkSecure(t, v)
}

// checkSecure shows R6749-25 and, for what is not about redirects, R9700-13.
func checkSecure(t *testing.T, v visit) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if v.header.Get(name) != want {
			t.Errorf("%s is %q", name, v.header.Get(name))
		}
	}
	for name := range v.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("there is a %s", name)
		}
	}
}

func TestAuthorizationsThatAreGranted(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, changes := range map[string]url.Values{
		"as usual":                              nil,
		"R6749-04 with parameters nobody knows": {"foo": {"1"}},
		"R6749-04 with empty parameters":        {"nonce": {""}, "max_age": {""}, "prompt": {""}, "resource": {""}, "response_mode": {""}},
		"R8707-04 with a resource twice":        {"resource": {issuertest.Audience, issuertest.Audience}},
		"with the response mode query":          {"response_mode": {"query"}},
		"at another redirect URI":               {"redirect_uri": {"https://app.example/other"}},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(name+" by "+method, func(t *testing.T) {
				v := browse(t, iss, method, issuertest.EndpointAuthorization, authorization(changes))
				checkRedirect(t, iss, v)
				checkSecure(t, v)
				if v.query.Get("code") == "" || v.query.Get("state") != "s" {
					t.Errorf("%v", v.query)
				}
				if uri := authorization(changes).Get("redirect_uri"); !strings.HasPrefix(v.location, uri) {
					t.Errorf("Location does not begin with the redirect URI, query included (R6749-08): %s", v.location)
				}
			})
		}
	}
	t.Run("R6749-04 an empty scope is none", func(t *testing.T) {
		without := codeFor(t, iss, authorization(url.Values{"scope": nil}))
		empty := codeFor(t, iss, authorization(url.Values{"scope": {""}}))
		for _, code := range []string{without, empty} {
			if res := redeem(t, iss, code, nil); res.json["scope"] != "read write" { // R6749-20
				t.Errorf("%d %v", res.status, res.json["scope"])
			}
		}
	})
}

func TestStateComesBackAsItWasSent(t *testing.T) {
	iss := withApp(onSocket(t))
	for _, state := range []string{"a b+&", "=?#/%20", "ü\u2028", `"<>\`, strings.Repeat("s", 4000)} {
		t.Run("R6749-09", func(t *testing.T) {
			good := browse(t, iss, "GET", "/authorize", authorization(url.Values{"state": {state}}))
			bad := browse(t, iss, "GET", "/authorize", authorization(url.Values{"state": {state}, "scope": {"admin"}}))
			for _, v := range []visit{good, bad} {
				checkRedirect(t, iss, v)
				if len(v.query["state"]) != 1 || v.query.Get("state") != state {
					t.Errorf("%q came back as %q", state, v.query["state"])
				}
			}
		})
	}
	t.Run("R6749-09 and not when it was not sent", func(t *testing.T) {
		for _, none := range [][]string{nil, {""}} {
			for _, scope := range []string{"read", "admin"} {
				v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"state": none, "scope": {scope}}))
				checkRedirect(t, iss, v)
				if v.query.Has("state") {
					t.Errorf("%v", v.query)
				}
			}
		}
	})
}

func TestAuthorizationsThatMustNotRedirect(t *testing.T) {
	iss := withApp(onSocket(t))
	for name, params := range map[string]url.Values{
		"R6749-06 no client":                  {"client_id": nil},
		"R6749-06 an empty client":            {"client_id": {""}},
		"R6749-06 an unknown client":          {"client_id": {"stranger"}},
		"R6749-05 two clients":                {"client_id": {"app", "app"}},
		"R6749-06 no redirect URI":            {"redirect_uri": nil},
		"R6749-06 an empty redirect URI":      {"redirect_uri": {""}},
		"R6749-05 two redirect URIs":          {"redirect_uri": {callback, callback}},
		"R6749-06 an unregistered URI":        {"redirect_uri": {"https://evil.example/cb"}},
		"R6749-06 another client's URI":       {"redirect_uri": {issuertest.RedirectURI}},
		"R9700-05 a slash more":               {"redirect_uri": {"https://app.example/other/"}},
		"R9700-05 a query more":               {"redirect_uri": {"https://app.example/other?"}},
		"R9700-05 a query less":               {"redirect_uri": {"https://app.example/cb"}},
		"R9700-05 other letters":              {"redirect_uri": {"https://APP.example/other"}},
		"R9700-05 an encoded letter":          {"redirect_uri": {"https://app.example/%6fther"}},
		"R9700-05 a port":                     {"redirect_uri": {"https://app.example:443/other"}},
		"R9700-05 a fragment":                 {"redirect_uri": {"https://app.example/other#"}},
		"R9700-05 a path that leads there":    {"redirect_uri": {"https://app.example/a/../other"}},
		"R9700-05 a line break after":         {"redirect_uri": {"https://app.example/other\r\nX: y"}},
		"parameters without end":              {"state": {strings.Repeat("s", 20_000)}},
		"a parameter that is not UTF-8":       {"state": {"\xff"}},
		"a client whose name is not UTF-8":    {"client_id": {"\xff"}},
		"a client that has no redirect URIs":  {"client_id": {"bare"}},
		"a client of which one is registered": {"client_id": {"app "}},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(name+" by "+method, func(t *testing.T) {
				iss.Register("bare", "secret", "read")
				checkPage(t, browse(t, iss, method, issuertest.EndpointAuthorization, authorization(params)), 400)
			})
		}
	}
	t.Run("a broken escape", func(t *testing.T) {
		checkPage(t, browse(t, iss, "GET", "/authorize?x=%zz&"+authorization(nil).Encode(), nil), 400)
	})
	t.Run("POST with parameters in the URI", func(t *testing.T) {
		checkPage(t, browse(t, iss, "POST", "/authorize?client_id=app", authorization(nil)), 400)
	})
	t.Run("POST of JSON", func(t *testing.T) {
		req, _ := http.NewRequest("POST", iss.URL+"/authorize", strings.NewReader(authorization(nil).Encode()))
		req.Header.Set("Content-Type", "application/json")
		checkPage(t, send(t, iss, req), 400)
	})
	for _, method := range []string{"PUT", "DELETE", "OPTIONS"} {
		t.Run("R9700-13 "+method+", even from another origin", func(t *testing.T) {
			req, _ := http.NewRequest(method, iss.URL+"/authorize?"+authorization(nil).Encode(), nil)
			req.Header.Set("Origin", "https://spa.example")
			req.Header.Set("Access-Control-Request-Method", "GET")
			v := send(t, iss, req)
			checkPage(t, v, 405)
			if v.header.Get("Allow") != "GET, POST" {
				t.Errorf("Allow is %q", v.header.Get("Allow"))
			}
		})
	}
}

func TestAuthorizationsThatAreRefusedByRedirect(t *testing.T) {
	iss := withApp(onSocket(t))
	iss.AddClient(issuertest.Client{ID: "machine", Secret: "secret", RedirectURIs: []string{callback}, Grants: []string{issuertest.GrantClientCredentials}})
	iss.AddClient(issuertest.Client{ID: "web", Secret: "secret", RedirectURIs: []string{callback}, Scopes: []string{"openid", "read"}})
	for name, row := range map[string]struct {
		changes url.Values
		code    string
	}{
		"R6749-07 no response type":                         {url.Values{"response_type": nil}, "invalid_request"},
		"R6749-07 an empty response type":                   {url.Values{"response_type": {""}}, "invalid_request"},
		"R6749-07 an unknown response type":                 {url.Values{"response_type": {"x"}}, "unsupported_response_type"},
		"R9700-09 the implicit grant":                       {url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		"R9700-09 an ID token by redirect":                  {url.Values{"response_type": {"id_token"}, "nonce": {"n"}}, "unsupported_response_type"},
		"R9700-09 both":                                     {url.Values{"response_type": {"code token"}}, "unsupported_response_type"},
		"R6749-07 a client without the grant":               {url.Values{"client_id": {"machine"}}, "unauthorized_client"},
		"R6749-07 an unknown scope":                         {url.Values{"scope": {"read admin"}}, "invalid_scope"},
		"R6749-07 a scope in other letters":                 {url.Values{"scope": {"READ"}}, "invalid_scope"},
		"two spaces in scope":                               {url.Values{"scope": {"read  write"}}, "invalid_scope"},
		"R6749-05 a parameter twice":                        {url.Values{"scope": {"read", "read"}}, "invalid_request"},
		"R6749-05 an unknown parameter twice":               {url.Values{"foo": {"1", "2"}}, "invalid_request"},
		"R6749-05 an empty one and another":                 {url.Values{"nonce": {"", "n"}}, "invalid_request"},
		"R9700-07 a public client without PKCE":             {url.Values{"code_challenge": nil, "code_challenge_method": nil}, "invalid_request"},
		"R9700-07 a public client with a nonce alone":       {url.Values{"code_challenge": nil, "code_challenge_method": nil, "scope": {"openid"}, "nonce": {"n"}}, "invalid_request"},
		"R9700-07 a confidential client without either":     {url.Values{"client_id": {"web"}, "code_challenge": nil, "code_challenge_method": nil}, "invalid_request"},
		"R9700-07 a confidential client, nonce, no openid":  {url.Values{"client_id": {"web"}, "code_challenge": nil, "code_challenge_method": nil, "nonce": {"n"}}, "invalid_request"},
		"R7636-02 a method without a challenge":             {url.Values{"code_challenge": nil}, "invalid_request"},
		"R7636-02 a method without a challenge, and nonce":  {url.Values{"client_id": {"web"}, "code_challenge": nil, "scope": {"openid"}, "nonce": {"n"}}, "invalid_request"},
		"R7636-02 the method plain":                         {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"R7636-02 no method, which means plain":             {url.Values{"code_challenge_method": nil}, "invalid_request"},
		"R7636-02 a method in other letters":                {url.Values{"code_challenge_method": {"s256"}}, "invalid_request"},
		"a challenge that is too short for SHA-256":         {url.Values{"code_challenge": {challenge[1:]}}, "invalid_request"},
		"a challenge with padding":                          {url.Values{"code_challenge": {challenge + "="}}, "invalid_request"},
		"a challenge in base64 of the other kind":           {url.Values{"code_challenge": {challenge[1:] + "+"}}, "invalid_request"},
		"R8707-03 a resource that is not a URI":             {url.Values{"resource": {"api"}}, "invalid_target"},
		"R8707-03 a resource with a fragment":               {url.Values{"resource": {issuertest.Audience + "#f"}}, "invalid_target"},
		"R8707-03 a resource nobody knows":                  {url.Values{"resource": {"https://other.example"}}, "invalid_target"},
		"R8707-03 a known and an unknown resource":          {url.Values{"resource": {issuertest.Audience, "https://other.example"}}, "invalid_target"},
		"a response mode that is not offered":               {url.Values{"response_mode": {"fragment"}}, "invalid_request"},
		"a request object":                                  {url.Values{"request": {"x.y.z"}}, "request_not_supported"},
		"a request object elsewhere":                        {url.Values{"request_uri": {"https://app.example/r"}}, "request_uri_not_supported"},
		"a prompt nobody knows":                             {url.Values{"prompt": {"create"}}, "invalid_request"},
		"the prompt none beside another":                    {url.Values{"prompt": {"none login"}}, "invalid_request"},
		"a max_age that is no number":                       {url.Values{"max_age": {"soon"}}, "invalid_request"},
		"a max_age below zero":                              {url.Values{"max_age": {"-1"}}, "invalid_request"},
		"R9470-07 an acr that is impossible":                {url.Values{"acr_values": {"gold"}}, "unmet_authentication_requirements"},
		"R9470-07 an acr that is impossible, in the letter": {url.Values{"acr_values": {"PWD"}}, "unmet_authentication_requirements"},
	} {
		t.Run(name, func(t *testing.T) {
			v := browse(t, iss, "GET", issuertest.EndpointAuthorization, authorization(row.changes))
			checkDenied(t, iss, v, row.code)
			checkSecure(t, v)
			if !strings.HasPrefix(v.location, callback+"&") {
				t.Errorf("Location is %s", v.location)
			}
		})
	}
	t.Run("R6749-05 two states, of which none can be right", func(t *testing.T) {
		v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"state": {"s", "s"}}))
		checkRedirect(t, iss, v)
		if v.query.Get("error") != "invalid_request" || v.query.Has("state") {
			t.Errorf("%v", v.query)
		}
	})
}

// R9207-01: an https URL, which only the in-memory issuer has.
func TestTheAnswerNamesItsIssuer(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		withApp(iss)
		var metadata struct {
			Issuer string
			Iss    bool `json:"authorization_response_iss_parameter_supported"`
		}
		get(t, iss, issuertest.EndpointMetadata, &metadata)
		for _, scope := range []string{"read", "admin"} {
			v := browse(t, iss, "GET", "/authorize", authorization(url.Values{"scope": {scope}}))
			checkRedirect(t, iss, v)
			if v.query.Get("iss") != metadata.Issuer || !metadata.Iss {
				t.Errorf("%v, %+v", v.query, metadata)
			}
		}
	})
}
