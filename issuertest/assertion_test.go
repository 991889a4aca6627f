package issuertest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"github.com/warder-go/warder/issuertest"
)

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keysOnce are the keys of the client service; RSA keys take their time.
var keysOnce = sync.OnceValue(func() map[string]crypto.Signer {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return map[string]crypto.Signer{"RS256": r, "PS256": r, "ES256": e, "EdDSA": d}
})

// withService returns an issuer that knows the client service by its keys.
func withService(iss *issuertest.Issuer) *issuertest.Issuer {
	keys := keysOnce()
	iss.AddClient(issuertest.Client{ID: "service", Scopes: []string{"read"}, Keys: []crypto.PublicKey{
		keys["RS256"].Public(), keys["ES256"].Public(), keys["EdDSA"].Public(),
	}})
	return iss
}

// assertion is one that works, changed; nil removes a claim.
func assertion(t *testing.T, iss *issuertest.Issuer, alg string, key any, header, changes map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": "service", "sub": "service", "aud": iss.URL, "jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	h := map[string]any{"alg": alg}
	for name, v := range header {
		h[name] = v
	}
	for name, v := range changes {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	input := encode(h) + "." + encode(claims)
	if alg == "none" {
		return input + "."
	}
	signer, err := jws.NewSigner(jwa.SignatureAlgorithm(alg))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign([]byte(input), key)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// asService asks for a token with an assertion.
func asService(t *testing.T, iss *issuertest.Issuer, assertion string, changes url.Values) answer {
	t.Helper()
	return ask(t, iss, request{body: change(url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {jwtBearer}, "client_assertion": {assertion},
	}, changes).Encode()})
}

// RFC 7523 §3: an assertion works once, whatever happens to the registration.
func TestAnAssertionIsRememberedWhenItsClientIsReplaced(t *testing.T) {
	iss := withService(onSocket(t))
	used := assertion(t, iss, "EdDSA", keysOnce()["EdDSA"], nil, nil)
	if res := asService(t, iss, used, nil); res.status != 200 {
		t.Fatalf("%d %s", res.status, res.body)
	}
	withService(iss)
	checkUnauthorized(t, asService(t, iss, used, nil))
}

func TestPrivateKeyJWT(t *testing.T) {
	iss := withService(onSocket(t))
	keys := keysOnce()
	for alg, key := range keys {
		t.Run("R7523-01 with "+alg, func(t *testing.T) {
			res := asService(t, iss, assertion(t, iss, alg, key, nil, nil), nil)
			if res.status != 200 {
				t.Fatalf("%d %s", res.status, res.body)
			}
			if _, claims := decode(t, res.json["access_token"].(string)); claims["sub"] != "service" || claims["client_id"] != "service" {
				t.Errorf("%v", claims)
			}
		})
	}
	now := time.Now()
	for name, changes := range map[string]map[string]any{
		"with iat and nbf":            {"iat": now.Unix(), "nbf": now.Unix()},
		"with an exp in fractions":    {"exp": float64(now.Unix()) + 60.5},
		"R7523-03 for up to one hour": {"exp": now.Add(time.Hour - time.Minute).Unix()},
	} {
		t.Run(name, func(t *testing.T) {
			if res := asService(t, iss, assertion(t, iss, "ES256", keys["ES256"], map[string]any{"kid": "any", "typ": "client-authentication+jwt"}, changes), nil); res.status != 200 {
				t.Errorf("%d %s", res.status, res.body)
			}
		})
	}
	t.Run("R7523-01 with the same client_id", func(t *testing.T) {
		if res := asService(t, iss, assertion(t, iss, "ES256", keys["ES256"], nil, nil), url.Values{"client_id": {"service"}}); res.status != 200 {
			t.Errorf("%d %s", res.status, res.body)
		}
	})
	t.Run("at the other endpoints", func(t *testing.T) {
		for _, endpoint := range []string{issuertest.EndpointIntrospection, issuertest.EndpointRevocation, issuertest.EndpointDeviceAuthorization} {
			form := url.Values{"client_assertion_type": {jwtBearer}, "client_assertion": {assertion(t, iss, "ES256", keys["ES256"], nil, nil)}, "token": {"x"}}
			if res := ask(t, iss, request{endpoint: endpoint, body: form.Encode()}); res.status != 200 {
				t.Errorf("%s: %d %s", endpoint, res.status, res.body)
			}
		}
	})
}

func TestAssertionsThatAreRefused(t *testing.T) {
	iss, other := withService(onSocket(t)), onSocket(t)
	keys := keysOnce()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, row := range map[string]struct {
		alg             string // default ES256
		key             any    // default the client's
		header, changes map[string]any
		form            url.Values
	}{
		"R7523-01 another assertion type":             {form: url.Values{"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}}},
		"R7523-01 no assertion type":                  {form: url.Values{"client_assertion_type": nil}},
		"R7523-01 no assertion":                       {form: url.Values{"client_assertion": nil}},
		"R7523-01 an iss that is not sub":             {changes: map[string]any{"iss": "other"}},
		"R7523-01 a sub that is not iss":              {changes: map[string]any{"sub": "client"}},
		"R7523-01 a client nobody knows":              {changes: map[string]any{"iss": "stranger", "sub": "stranger"}},
		"R7523-01 a client without keys":              {changes: map[string]any{"iss": "client", "sub": "client"}},
		"R7523-01 no sub":                             {changes: map[string]any{"sub": nil}},
		"R7523-01 no iss":                             {changes: map[string]any{"iss": nil}},
		"R7523-01 neither":                            {changes: map[string]any{"iss": nil, "sub": nil}},
		"R7523-01 another client_id":                  {form: url.Values{"client_id": {"client"}}},
		"R7523-02 no aud":                             {changes: map[string]any{"aud": nil}},
		"R7523-02 another issuer":                     {changes: map[string]any{"aud": other.URL}},
		"R7523-02 this issuer in an array":            {changes: map[string]any{"aud": []string{iss.URL}}},
		"R7523-02 this issuer and another":            {changes: map[string]any{"aud": []string{iss.URL, other.URL}}},
		"R7523-02 the token endpoint":                 {changes: map[string]any{"aud": iss.URL + "/token"}},
		"R7523-02 this issuer with a slash":           {changes: map[string]any{"aud": iss.URL + "/"}},
		"R7523-03 no exp":                             {changes: map[string]any{"exp": nil}},
		"R7523-03 an exp in quotes":                   {changes: map[string]any{"exp": "4102444800"}},
		"R7523-03 expired":                            {changes: map[string]any{"exp": now.Add(-time.Second).Unix()}},
		"R7523-03 an exp of a day":                    {changes: map[string]any{"exp": now.Add(24 * time.Hour).Unix()}},
		"R7523-03 an exp beyond all times":            {changes: map[string]any{"exp": 1e300}},
		"R7523-03 an exp before all times":            {changes: map[string]any{"exp": -1e300}},
		"R7523-03 not valid yet":                      {changes: map[string]any{"nbf": now.Add(time.Minute).Unix()}},
		"R7523-03 an nbf in quotes":                   {changes: map[string]any{"nbf": "0"}},
		"R7523-03 unsigned":                           {alg: "none"},
		"R7523-03 an HMAC":                            {alg: "HS256", key: []byte("secret")},
		"R7523-03 another key":                        {key: stranger},
		"R7523-03 an algorithm that is not allowed":   {alg: "RS384", key: keys["RS256"]},
		"R7523-03 an algorithm that is not the key's": {header: map[string]any{"alg": "RS256"}},
		"R7523-03 with crit":                          {header: map[string]any{"crit": []string{"exp"}}},
		"R7523-04 no jti":                             {changes: map[string]any{"jti": nil}},
		"R7523-04 an empty jti":                       {changes: map[string]any{"jti": ""}},
		"R7523-04 a jti without end":                  {changes: map[string]any{"jti": strings.Repeat("j", 257)}},
	} {
		t.Run(name, func(t *testing.T) {
			if row.alg == "" {
				row.alg = "ES256"
			}
			if row.key == nil {
				row.key = keys["ES256"]
			}
			checkUnauthorized(t, asService(t, iss, assertion(t, iss, row.alg, row.key, row.header, row.changes), row.form))
		})
	}
	t.Run("R7523-01 two assertions", func(t *testing.T) {
		checkTE(t, asService(t, iss, "", url.Values{"client_assertion": {"a", "b"}}), "invalid_request")
	})
	t.Run("a client with keys that only names itself", func(t *testing.T) {
		checkUnauthorized(t, ask(t, iss, request{form: "client_id=service"}))
	})
	t.Run("a client with keys and an empty secret", func(t *testing.T) {
		checkUnauthorized(t, ask(t, iss, request{id: "service"}))
	})
}

func TestAnAssertionWorksOnce(t *testing.T) {
	iss := withService(onSocket(t))
	key := keysOnce()["ES256"]
	t.Run("R7523-04 again", func(t *testing.T) {
		a := assertion(t, iss, "ES256", key, nil, nil)
		if res := asService(t, iss, a, nil); res.status != 200 {
			t.Fatalf("%d", res.status)
		}
		checkUnauthorized(t, asService(t, iss, a, nil))
		if res := asService(t, iss, assertion(t, iss, "ES256", key, nil, nil), nil); res.status != 200 {
			t.Errorf("another one: %d", res.status)
		}
	})
	t.Run("R7523-04 in another assertion", func(t *testing.T) {
		for n := range 2 {
			res := asService(t, iss, assertion(t, iss, "ES256", key, nil, map[string]any{"jti": "same", "exp": time.Now().Add(time.Duration(n+1) * time.Minute).Unix()}), nil)
			if want := []int{200, 401}[n]; res.status != want {
				t.Errorf("use %d: %d", n+1, res.status)
			}
		}
	})
	t.Run("R7523-04 at the same time", func(t *testing.T) {
		a := assertion(t, iss, "ES256", key, nil, nil)
		answers := make(chan int, 8)
		var wg sync.WaitGroup
		for range cap(answers) {
			wg.Go(func() { answers <- asService(t, iss, a, nil).status })
		}
		wg.Wait()
		close(answers)
		granted := 0
		for status := range answers {
			if status == 200 {
				granted++
			}
		}
		if granted != 1 {
			t.Errorf("%d uses", granted)
		}
	})
	t.Run("R7523-03 until it expires", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss := withService(issuertest.NewInMemoryIssuer())
			defer iss.Close()
			used, unused := assertion(t, iss, "ES256", key, nil, nil), assertion(t, iss, "ES256", key, nil, nil)
			if res := asService(t, iss, used, nil); res.status != 200 {
				t.Fatalf("%d", res.status)
			}
			time.Sleep(time.Minute)
			checkUnauthorized(t, asService(t, iss, used, nil))
			checkUnauthorized(t, asService(t, iss, unused, nil))
		})
	})
}

func TestMistakesOfClientsPanic(t *testing.T) {
	iss := onSocket(t)
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]issuertest.Client{
		"no id":                               {},
		"a scope with a space":                {ID: "x", Scopes: []string{"a b"}},
		"a private key":                       {ID: "x", Keys: []crypto.PublicKey{keysOnce()["ES256"]}},
		"a key for no algorithm":              {ID: "x", Keys: []crypto.PublicKey{small.Public()}},
		"a grant nobody knows":                {ID: "x", Grants: []string{"password"}},
		"a public client with its own grant":  {ID: "x", Grants: []string{issuertest.GrantClientCredentials}},
		"an algorithm nobody signs ID tokens": {ID: "x", IDTokenAlg: "none"},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, func() { iss.AddClient(c) }) })
	}
}
