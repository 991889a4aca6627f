package issuertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/warder-go/warder/issuertest"
)

func Example() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}
	req, _ := http.NewRequest("POST", iss.URL+issuertest.EndpointToken, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(issuertest.ClientID, issuertest.ClientSecret)
	res, err := iss.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	var answer struct {
		TokenType string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
		Scope     string `json:"scope"`
	}
	json.NewDecoder(res.Body).Decode(&answer)
	fmt.Printf("%s %+v\n", res.Status, answer)
	// Output: 200 OK {TokenType:Bearer ExpiresIn:3600 Scope:read}
}

func ExampleNewIssuer() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	res, err := iss.Client().Get(iss.URL + issuertest.EndpointMetadata)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	var metadata struct {
		Issuer string `json:"issuer"`
	}
	json.NewDecoder(res.Body).Decode(&metadata)
	fmt.Println(metadata.Issuer == iss.URL)
	// Output: true
}

func ExampleNewInMemoryIssuer() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	res, err := iss.Client().Get(iss.URL + issuertest.EndpointMetadata)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	var metadata map[string]any
	json.NewDecoder(res.Body).Decode(&metadata)
	fmt.Println(metadata["issuer"], metadata["token_endpoint"])
	// Output: https://issuer.test https://issuer.test/token
}

func ExampleIssuer_Token() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	valid := iss.Token(nil)
	expired := iss.Token(map[string]any{"exp": 1})
	unscoped := iss.Token(map[string]any{"scope": nil})
	for _, token := range []string{valid, expired, unscoped} {
		fmt.Println(strings.Count(token, "."), "dots")
	}
	// Output:
	// 2 dots
	// 2 dots
	// 2 dots
}

func ExampleIssuer_Sign() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	unsigned := iss.Sign(map[string]any{"alg": "none"}, map[string]any{"sub": "mallory"})
	idToken := iss.Sign(map[string]any{"typ": "JWT"}, map[string]any{"aud": issuertest.ClientID, "nonce": "n"})
	unknownKey := iss.Sign(map[string]any{"kid": "unknown"}, nil)
	fmt.Println(strings.HasSuffix(unsigned, "."), strings.HasSuffix(idToken, "."), strings.HasSuffix(unknownKey, "."))
	// Output: true false false
}

func ExampleIssuer_Rotate() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	old := iss.KeyID("RS256")
	iss.Rotate()
	fmt.Println("same key:", iss.KeyID("RS256") == old)
	iss.Withdraw(old) // tokens signed with it must stop working
	late := iss.Sign(map[string]any{"kid": old}, nil)
	fmt.Println("still signs:", late != "")
	// Output:
	// same key: false
	// still signs: true
}

func ExampleIssuer_Fail() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()
	keys := func() string {
		res, err := iss.Client().Get(iss.URL + issuertest.EndpointKeys)
		if err != nil {
			return "no answer"
		}
		defer res.Body.Close()
		return res.Status
	}

	restore := iss.Fail(issuertest.EndpointKeys, issuertest.Outage)
	fmt.Println(keys())
	restore()
	fmt.Println(keys())
	iss.Fail("", issuertest.Status(http.StatusServiceUnavailable))
	fmt.Println(keys())
	fmt.Println(iss.Requests(issuertest.EndpointKeys), "requests")
	// Output:
	// no answer
	// 200 OK
	// 503 Service Unavailable
	// 3 requests
}

func ExampleIssuer_Opaque() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()
	introspect := func(token string) string {
		form := url.Values{"token": {token}}
		req, _ := http.NewRequest("POST", iss.URL+issuertest.EndpointIntrospection, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth(issuertest.ClientID, issuertest.ClientSecret)
		res, err := iss.Client().Do(req)
		if err != nil {
			return "no answer"
		}
		defer res.Body.Close()
		var answer struct {
			Active bool   `json:"active"`
			Scope  string `json:"scope"`
		}
		json.NewDecoder(res.Body).Decode(&answer)
		return fmt.Sprintf("%+v", answer)
	}

	token := iss.Opaque(map[string]any{"scope": "read write"})
	fmt.Println(introspect(token))
	fmt.Println(introspect(iss.Opaque(map[string]any{"exp": 1})))
	iss.Revoke(token)
	fmt.Println(introspect(token))
	// Output:
	// {Active:true Scope:read write}
	// {Active:false Scope:}
	// {Active:false Scope:}
}

func ExampleIssuer_Authorize() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()
	ctx := context.Background()

	tokens, err := iss.Authorize(ctx, issuertest.ClientID, url.Values{"scope": {"openid read"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tokens.TokenType, tokens.Scope)

	once := url.Values{"grant_type": {issuertest.GrantRefreshToken}, "refresh_token": {tokens.RefreshToken}}
	if _, err := iss.Exchange(ctx, issuertest.ClientID, once); err != nil {
		fmt.Println(err)
	}
	_, err = iss.Exchange(ctx, issuertest.ClientID, once)
	var refused *issuertest.Error
	fmt.Println(errors.As(err, &refused) && refused.Code == "invalid_grant")
	// Output:
	// Bearer openid read
	// true
}

func ExampleIssuer_Interact() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	// Alice is signed in, and consents to reading alone.
	iss.Interact(func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
		a.Approve(w, issuertest.Grant{Subject: "alice", Scopes: []string{"read"}})
	})
	tokens, err := iss.Authorize(context.Background(), issuertest.ClientID, url.Values{"scope": {"read write"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tokens.Scope)
	// Output: read
}

func ExampleIssuer_Handle() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	iss.Interact(func(w http.ResponseWriter, r *http.Request, a *issuertest.Authorization) {
		http.Redirect(w, r, "/login?"+url.Values{"id": {a.ID}}.Encode(), http.StatusSeeOther)
	})
	iss.Handle("GET /login", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := iss.Authorization(r.FormValue("id"))
		if a == nil {
			http.Error(w, "This request has been decided, or its time is over.", http.StatusGone)
			return
		}
		// A real page asks who is there and whether they agree, and checks a
		// CSRF token in the POST that follows.
		a.Deny(w)
	}))
	res, err := iss.Client().Get(iss.URL + "/login?id=none")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	fmt.Println(res.Status, res.Header.Get("X-Frame-Options"))
	// Output: 410 Gone DENY
}

func ExampleIssuer_Device() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	_, err := iss.Device("BCDF-GHJK")
	fmt.Println(err)
	// Output: issuertest: the user code is wrong, was used, or its time is over
}

func ExampleIssuer_AddResource() {
	iss := issuertest.NewInMemoryIssuer()
	defer iss.Close()

	iss.AddResource(issuertest.Resource{URI: "https://files.example", Scopes: []string{"files:read"}, Opaque: true})
	iss.Register("service", "secret", "files:read")
	tokens, err := iss.Exchange(context.Background(), "service", url.Values{"grant_type": {issuertest.GrantClientCredentials}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tokens.Scope, strings.Count(tokens.AccessToken, "."), "dots")
	// Output: files:read 0 dots
}
