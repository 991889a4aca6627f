package issuertest_test

import (
	"encoding/json"
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
