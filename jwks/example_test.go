package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func ExampleNewVerifier() {
	iss := issuertest.NewIssuer() // stands for yours
	defer iss.Close()

	v, err := jwks.NewVerifier(jwks.Config{
		Issuer:   iss.URL,
		Audience: []string{issuertest.Audience},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		fmt.Fprintln(w, "hello", t.Subject)
	})
	api := httptest.NewServer(middleware.New(v, nil).Handler(hello))
	defer api.Close()

	for _, token := range []string{
		iss.Token(nil),
		iss.Token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}),
		iss.Sign(map[string]any{"alg": "none"}, nil),
	} {
		req, _ := http.NewRequest("GET", api.URL, nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		res.Body.Close()
		fmt.Println(res.StatusCode, res.Header.Values("WWW-Authenticate"))
	}
	// Output:
	// 200 []
	// 401 [Bearer realm="api", error="invalid_token", error_description="The access token expired"]
	// 401 [Bearer realm="api", error="invalid_token", error_description="The access token is malformed"]
}

// A configuration that cannot work says everything that is wrong with it.
func ExampleNewVerifier_mistakes() {
	_, err := jwks.NewVerifier(jwks.Config{
		Issuer:     "http://login.example.com",
		Algorithms: []string{"HS256"},
		ClockSkew:  time.Hour,
	})
	fmt.Println(err)
	// Output:
	// jwks: Issuer "http://login.example.com": not https; InsecureAllowHTTP is for http inside a cluster
	// jwks: Audience is missing
	// jwks: Algorithms: "HS256" is refused, it proves nothing about the issuer
	// jwks: ClockSkew 1h0m0s: more than 5m0s
}

// Where the keys are is known, and not what the issuer's metadata says.
func ExampleRemote() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	keys, err := jwks.Remote(iss.URL+"/jwks", &jwks.RemoteOptions{MaxStale: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}, KeySet: keys})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := v.Verify(context.Background(), iss.Token(nil), nil)
	fmt.Println(t.Subject, err)
	fmt.Println("metadata was read", iss.Requests(issuertest.EndpointMetadata), "times")
	// Output:
	// user <nil>
	// metadata was read 0 times
}

// The issuer's name is what tokens say, and its metadata is read at an address
// inside the cluster.
func ExampleDiscover() {
	iss := issuertest.NewIssuer()
	defer iss.Close()

	keys, err := jwks.Discover(iss.URL, &jwks.RemoteOptions{
		MetadataURL: iss.URL + "/.well-known/openid-configuration",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := jwks.NewVerifier(jwks.Config{Issuer: iss.URL, Audience: []string{issuertest.Audience}, KeySet: keys})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := v.Verify(context.Background(), iss.Token(nil), nil)
	fmt.Println(t.Subject, err)

	// The issuer is down: that is not the token's fault.
	iss.Close()
	iss.Rotate()
	_, err = v.Verify(context.Background(), iss.Token(nil), nil)
	fmt.Println("invalid:", errors.Is(err, middleware.InvalidToken))
	// Output:
	// user <nil>
	// invalid: false
}

// Keys that come with the program, in a test or where nothing may be fetched.
func ExampleParse() {
	keys, err := jwks.Parse([]byte(`{"keys":[{
		"kty": "OKP", "crv": "Ed25519", "kid": "2026-01", "alg": "EdDSA",
		"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = jwks.NewVerifier(jwks.Config{
		Issuer:   "https://login.example.com",
		Audience: []string{"https://api.example.com"},
		KeySet:   keys,
	})
	fmt.Println(err)

	// Keys belong to exactly one issuer.
	_, err = jwks.NewVerifier(jwks.Config{
		Issuer:   "https://login.example.org",
		Audience: []string{"https://api.example.com"},
		KeySet:   keys,
	})
	fmt.Println(err)

	_, err = jwks.Parse([]byte(`{"keys":[]}`))
	fmt.Println(err)
	// Output:
	// <nil>
	// jwks: KeySet is in use for another issuer; keys belong to exactly one
	// jwks: Parse: jose: JWK Set holds no usable key
}
