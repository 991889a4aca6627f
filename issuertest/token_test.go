package issuertest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

// request is a token request. The zero value asks for a token by the client
// credentials grant without saying which client asks.
type request struct {
	endpoint                   string      // default EndpointToken
	method, query, contentType string      // default POST, none, form
	id, secret                 string      // Basic, form-encoded, unless id is empty
	header                     http.Header // further fields
	form                       string      // appended to grant_type=client_credentials
	body                       string      // instead of a form
}

type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any // nil when the body is no JSON object
}

func ask(t *testing.T, iss *issuertest.Issuer, q request) answer {
	t.Helper()
	method, contentType, body := "POST", "application/x-www-form-urlencoded", "grant_type=client_credentials"
	if q.form != "" {
		body += "&" + q.form
	}
	if q.body != "" {
		body = q.body
	}
	if q.method != "" {
		method = q.method
	}
	if q.contentType != "" {
		contentType = q.contentType
	}
	endpoint := issuertest.EndpointToken
	if q.endpoint != "" {
		endpoint = q.endpoint
	}
	req, err := http.NewRequest(method, iss.URL+endpoint+q.query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if q.id != "" {
		req.SetBasicAuth(url.QueryEscape(q.id), url.QueryEscape(q.secret))
	}
	for name, values := range q.header {
		req.Header[name] = append(req.Header[name], values...)
	}
	res, err := iss.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(b)}
	json.Unmarshal(b, &a.json)
	return a
}

// known is a request that would be granted.
func known(q request) request {
	q.id, q.secret = issuertest.ClientID, issuertest.ClientSecret
	return q
}

// R6749-16, R6749-17, R6750-21, R9068-10, R9068-11
func TestClientCredentials(t *testing.T) {
	iss := onSocket(t)
	for name, q := range map[string]request{
		"with Basic": {id: "client", secret: "secret", form: "scope=read"},
		"with post":  {form: "scope=read&client_id=client&client_secret=secret"},
		"with Basic and the same client_id in the form": {id: "client", secret: "secret", form: "scope=read&client_id=client"},
		"with a charset":                   {id: "client", secret: "secret", form: "scope=read", contentType: "Application/X-WWW-Form-Urlencoded; charset=UTF-8"},
		"with parameters nobody knows":     {id: "client", secret: "secret", form: "scope=read&foo=1"},
		"with an empty parameter":          {id: "client", secret: "secret", form: "scope=read&client_secret="},
		"R8707-04 with the known resource": {id: "client", secret: "secret", form: "scope=read&resource=https://api.example&resource=https://api.example"},
	} {
		t.Run(name, func(t *testing.T) {
			res := ask(t, iss, q)
			token, _ := res.json["access_token"].(string)
			// R6749-21: no refresh_token among the members.
			want := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600.0, "scope": "read"}
			if diff := cmp.Diff(want, res.json); diff != "" {
				t.Fatal(diff)
			}
			if res.status != 200 || res.header.Get("Content-Type") != "application/json" ||
				res.header.Get("Cache-Control") != "no-store" || res.header.Get("Pragma") != "no-cache" {
				t.Errorf("%d %v", res.status, res.header)
			}
			header, claims := decode(t, token)
			if header["typ"] != "at+jwt" || header["kid"] != iss.KeyID("RS256") ||
				!verifies(t, token, "RS256", iss.PublicKey(iss.KeyID("RS256"))) {
				t.Errorf("header is %v", header)
			}
			iat, _ := claims["iat"].(float64)
			if age := time.Since(time.Unix(int64(iat), 0)); age < 0 || age > time.Minute {
				t.Errorf("issued %v ago", age)
			}
			jti, _ := claims["jti"].(string)
			if len(jti) < 22 {
				t.Errorf("jti %q is guessable", jti)
			}
			wantClaims := map[string]any{
				"iss": iss.URL, "sub": "client", "client_id": "client", "aud": issuertest.Audience,
				"iat": iat, "exp": iat + 3600, "jti": jti, "scope": "read",
			}
			if diff := cmp.Diff(wantClaims, claims); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	iss := onSocket(t)
	iss.Register("plain", "secret")
	iss.Register("reader", "secret", "read", "read")
	for name, row := range map[string]struct {
		id, form string
		want     any // the scope granted, or nil for none
	}{
		"R6749-20 the default is every scope of the client": {"client", "", "read write"},
		"R6749-20 an empty scope is none asked for":         {"client", "scope=", "read write"},
		"R6749-16 a scope asked for twice is granted once":  {"client", "scope=read+read", "read"},
		"one of several":                    {"client", "scope=write", "write"},
		"in the order asked for":            {"client", "scope=write+read", "write read"},
		"registered twice":                  {"reader", "", "read"},
		"a client without scopes gets none": {"plain", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			res := ask(t, iss, request{id: row.id, secret: "secret", form: row.form})
			if res.status != 200 || res.json["scope"] != row.want {
				t.Fatalf("%d, scope %v, want %v", res.status, res.json["scope"], row.want)
			}
			if _, claims := decode(t, res.json["access_token"].(string)); claims["scope"] != row.want {
				t.Errorf("the token has the scope %v", claims["scope"])
			}
		})
	}
}

// Every refusal here is TE(code): 400, JSON, no-store, no token.
func TestRefusedTokenRequests(t *testing.T) {
	iss := onSocket(t)
	iss.Register("spa", "", "read")
	for name, row := range map[string]struct {
		request request
		code    string
	}{
		"R6749-12 a JSON body":                     {known(request{contentType: "application/json", body: `{"grant_type":"client_credentials"}`}), "invalid_request"},
		"R6749-12 a JSON body said to be a form":   {known(request{body: `{"grant_type":"client_credentials"}`}), "invalid_request"},
		"R6749-12 the grant type in the URI":       {known(request{query: "?grant_type=client_credentials", body: "scope=read"}), "invalid_request"},
		"R6749-12 the grant type also in the URI":  {known(request{query: "?grant_type=client_credentials"}), "invalid_request"},
		"R6749-12 the secret in the URI":           {request{query: "?client_secret=secret", form: "client_id=client"}, "invalid_request"},
		"two media types":                          {known(request{header: http.Header{"Content-Type": {"text/plain"}}}), "invalid_request"},
		"no media type":                            {known(request{contentType: " "}), "invalid_request"},
		"a broken escape":                          {known(request{form: "scope=%zz"}), "invalid_request"},
		"a value that is not UTF-8":                {known(request{form: "scope=%ff"}), "invalid_request"},
		"a name that is not UTF-8":                 {known(request{form: "%ff=1"}), "invalid_request"},
		"a repeated grant_type":                    {known(request{form: "grant_type=client_credentials"}), "invalid_request"},
		"a repeated unknown parameter":             {known(request{form: "foo=1&foo=2"}), "invalid_request"},
		"a repetition of which one is empty":       {known(request{form: "scope=&scope=read"}), "invalid_request"},
		"R6749-15 Basic and a secret in the form":  {known(request{form: "client_secret=secret"}), "invalid_request"},
		"R6749-15 Basic and post":                  {known(request{form: "client_id=client&client_secret=secret"}), "invalid_request"},
		"R6749-15 Basic and an assertion":          {known(request{form: "client_assertion=x"}), "invalid_request"},
		"R6749-15 post and an assertion":           {request{form: "client_id=client&client_secret=secret&client_assertion=x"}, "invalid_request"},
		"R6749-15 two Authorization fields":        {known(request{header: http.Header{"Authorization": {"Basic Y2xpZW50OnNlY3JldA=="}}}), "invalid_request"},
		"Basic and another client's id":            {known(request{form: "client_id=spa"}), "invalid_request"},
		"a secret without an id":                   {request{form: "client_secret=secret"}, "invalid_request"},
		"no grant type":                            {known(request{body: "scope=read"}), "invalid_request"},
		"an empty grant type":                      {known(request{body: "grant_type="}), "invalid_request"},
		"R6749-19 an unknown grant":                {known(request{body: "grant_type=password"}), "unsupported_grant_type"},
		"R6749-19 a grant the client may not use":  {request{form: "client_id=spa"}, "unauthorized_client"},
		"R6749-21 a public client":                 {request{form: "client_id=spa&scope=read"}, "unauthorized_client"},
		"R6749-19 a scope beyond the client's":     {known(request{form: "scope=admin"}), "invalid_scope"},
		"R6749-19 a scope beyond the client's too": {known(request{form: "scope=read+admin"}), "invalid_scope"},
		"R6749-19 a scope in another letter case":  {known(request{form: "scope=Read"}), "invalid_scope"},
		"scopes separated by two spaces":           {known(request{form: "scope=read++write"}), "invalid_scope"},
		"scopes separated by a tab":                {known(request{form: "scope=read%09write"}), "invalid_scope"},
		"a scope with a forbidden character":       {known(request{form: `scope=re"ad`}), "invalid_scope"},
		"R8707-03 a resource that is not a URI":    {known(request{form: "resource=api"}), "invalid_target"},
		"R8707-03 a resource with a fragment":      {known(request{form: "resource=https://api.example%23f"}), "invalid_target"},
		"R8707-03 a resource nobody knows":         {known(request{form: "resource=https://other.example"}), "invalid_target"},
		"R8707-03 a known and an unknown resource": {known(request{form: "resource=https://api.example&resource=https://other.example"}), "invalid_target"},
	} {
		t.Run(name, func(t *testing.T) {
			res := ask(t, iss, row.request)
			if res.status != 400 {
				t.Errorf("status %d, want 400", res.status)
			}
			checkRefusal(t, res, row.code)
		})
	}
}

// checkRefusal shows R6749-17 and R6749-18: media type, caching, members, and
// the characters that RFC 6749 §5.2 allows.
func checkRefusal(t *testing.T, res answer, code string) {
	t.Helper()
	if res.json["error"] != code {
		t.Errorf("error %v, want %s", res.json["error"], code)
	}
	description, _ := res.json["error_description"].(string)
	if len(res.json) != 2 || !regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`).MatchString(description) {
		t.Errorf("body is %s", res.body)
	}
	if res.header.Get("Content-Type") != "application/json" || res.header.Get("Cache-Control") != "no-store" || res.header.Get("Pragma") != "no-cache" {
		t.Errorf("header is %v", res.header)
	}
	for _, secret := range []string{"secret", "p+ %", "guess"} {
		if strings.Contains(strings.ReplaceAll(description, "client_secret", ""), secret) {
			t.Errorf("the description repeats input: %s", description)
		}
	}
}

func TestOnlyPostAsksForTokens(t *testing.T) {
	iss := onSocket(t)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		t.Run("R6749-12 "+method, func(t *testing.T) {
			res := ask(t, iss, known(request{method: method}))
			if res.status != 405 || res.header.Get("Allow") != "POST" {
				t.Errorf("%d, Allow %q", res.status, res.header.Get("Allow"))
			}
			checkRefusal(t, res, "invalid_request")
		})
	}
}

func TestBasicIsFormEncoded(t *testing.T) {
	iss := onSocket(t)
	const id, secret = "a:b", "p+ %/ü"
	iss.Register(id, secret, "read")
	t.Run("R6749-13 encoded first is right", func(t *testing.T) {
		if res := ask(t, iss, request{id: id, secret: secret}); res.status != 200 {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
	t.Run("R6749-13 raw is wrong", func(t *testing.T) {
		req, _ := http.NewRequest("GET", "/", nil)
		req.SetBasicAuth(id, secret)
		checkUnauthorized(t, ask(t, iss, request{header: req.Header}))
	})
	t.Run("in the form it is encoded once", func(t *testing.T) {
		q := url.Values{"client_id": {id}, "client_secret": {secret}}
		if res := ask(t, iss, request{form: q.Encode()}); res.status != 200 {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
}

// checkUnauthorized is TE401.
func checkUnauthorized(t *testing.T, res answer) {
	t.Helper()
	if res.status != 401 || !strings.HasPrefix(res.header.Get("WWW-Authenticate"), `Basic realm="`) {
		t.Errorf("%d, WWW-Authenticate %q", res.status, res.header.Get("WWW-Authenticate"))
	}
	checkRefusal(t, res, "invalid_client")
}

// R6749-14: what there is for public clients comes with their grants.
func TestClientsMustAuthenticate(t *testing.T) {
	iss := onSocket(t)
	iss.Register("spa", "", "read")
	field := func(value string) http.Header { return http.Header{"Authorization": {value}} }
	for name, q := range map[string]request{
		"R6749-14 a confidential client that only names itself": {form: "client_id=client"},
		"R6749-14 a wrong secret in Basic":                      {id: "client", secret: "guess"},
		"R6749-14 a wrong secret in the form":                   {form: "client_id=client&client_secret=guess"},
		"an empty secret in Basic":                              {id: "client"},
		"an empty secret in the form":                           {form: "client_id=client&client_secret="},
		"a client nobody knows":                                 {id: "stranger", secret: "secret"},
		"a client nobody knows, by name":                        {form: "client_id=stranger"},
		"a public client with an empty secret in Basic":         {id: "spa"},
		"a public client with a secret":                         {id: "spa", secret: "guess"},
		"nobody":                                                {},
		"another scheme":                                        {header: field("Bearer x")},
		"an empty Authorization":                                {header: field("")},
		"Basic that is not base64":                              {header: field("Basic !")},
		"Basic without a colon":                                 {header: field("Basic Y2xpZW50")},
		"Basic that is not UTF-8":                               {header: field("Basic JWZmOmE=")},
		"an assertion":                                          {form: "client_id=client&client_assertion=x&client_assertion_type=y"},
	} {
		t.Run(name, func(t *testing.T) { checkUnauthorized(t, ask(t, iss, q)) })
	}
}

// R6749-24
func TestGuessingIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		iss.Register("other", "secret", "read")
		right, wrong := known(request{}), request{id: "client", secret: "guess"}
		for n := range 20 {
			res := ask(t, iss, wrong)
			if n < 10 {
				checkUnauthorized(t, res)
				continue
			}
			if res.status != 429 || res.header.Get("Retry-After") != "60" {
				t.Errorf("guess %d: %d, Retry-After %q", n+1, res.status, res.header.Get("Retry-After"))
			}
			checkRefusal(t, res, "invalid_client")
		}
		if res := ask(t, iss, right); res.status != 429 {
			t.Errorf("the right secret during the wait: %d, want 429: else guesses go on", res.status)
		}
		if res := ask(t, iss, request{form: "client_id=client&client_secret=secret"}); res.status != 429 {
			t.Errorf("the other method during the wait: %d, want 429", res.status)
		}
		if res := ask(t, iss, request{id: "other", secret: "secret"}); res.status != 200 {
			t.Errorf("another client: %d", res.status)
		}
		time.Sleep(time.Minute)
		if res := ask(t, iss, right); res.status != 200 {
			t.Errorf("the right secret after the wait: %d", res.status)
		}
		// What the client itself does in between gives a guesser no more guesses.
		answered := 0
		for n := range 50 {
			if n%5 == 0 {
				ask(t, iss, right)
			}
			if n == 25 {
				iss.AddClient(issuertest.Client{ID: "client", Secret: "secret", Scopes: []string{"read"}}) // nor does this
			}
			if ask(t, iss, wrong).status == 401 {
				answered++
			}
		}
		if answered != 10 {
			t.Errorf("%d guesses were answered in a minute", answered)
		}
	})
}

func TestAnEndlessBodyIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, iss *issuertest.Issuer) {
		res := ask(t, iss, known(request{form: "scope=" + strings.Repeat("a", 64<<10)}))
		if res.status != http.StatusRequestEntityTooLarge || res.json != nil {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
}

func TestRegisterReplaces(t *testing.T) {
	iss := onSocket(t)
	iss.Register("client", "other", "admin")
	checkUnauthorized(t, ask(t, iss, known(request{})))
	if res := ask(t, iss, request{id: "client", secret: "other"}); res.json["scope"] != "admin" {
		t.Errorf("%d %s", res.status, res.body)
	}
}
