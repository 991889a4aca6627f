package issuertest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/issuertest"
)

// decode returns header and claims of a token, unverified.
func decode(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d segments", len(parts))
	}
	for i, v := range []*map[string]any{&header, &claims} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, v); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// verifies checks a signature with the standard library alone.
func verifies(t *testing.T, token, alg string, key crypto.PublicKey) bool {
	t.Helper()
	dot := strings.LastIndexByte(token, '.')
	input := []byte(token[:dot])
	signature, err := base64.RawURLEncoding.Strict().DecodeString(token[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[max(0, len(alg)-3):]]
	digest := func() []byte { h := hash.New(); h.Write(input); return h.Sum(nil) }
	switch key := key.(type) {
	case *rsa.PublicKey:
		if strings.HasPrefix(alg, "PS") {
			return rsa.VerifyPSS(key, hash, digest(), signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest(), signature) == nil
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(input)
		return len(signature) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	case ed25519.PublicKey:
		return ed25519.Verify(key, input, signature)
	}
	return false
}

// R9068-10, R6750-21
func TestTokenIsAValidAccessToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := issuertest.NewInMemoryIssuer()
		defer iss.Close()
		token := iss.Token(nil)
		header, claims := decode(t, token)
		if diff := cmp.Diff(map[string]any{"typ": "at+jwt", "alg": "RS256", "kid": iss.KeyID("RS256")}, header); diff != "" {
			t.Error(diff)
		}
		jti, _ := claims["jti"].(string)
		if len(jti) < 22 {
			t.Errorf("jti %q is guessable", jti)
		}
		delete(claims, "jti")
		now := float64(time.Now().Unix())
		want := map[string]any{
			"iss": iss.URL, "sub": "user", "aud": issuertest.Audience, "client_id": issuertest.ClientID,
			"iat": now, "exp": now + 3600, "scope": "read",
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Error(diff)
		}
		if !verifies(t, token, "RS256", iss.PublicKey(iss.KeyID("RS256"))) {
			t.Error("the signature does not verify")
		}
		if _, again := decode(t, iss.Token(nil)); again["jti"] == jti {
			t.Error("two tokens have the same jti")
		}
	})
}

func TestTheAlgSelectsTheKey(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	for alg, how := range map[string]struct{ key, as string }{
		"RS256": {"RS256", "RS256"}, "RS384": {"RS256", "RS384"}, "RS512": {"RS256", "RS512"},
		"PS256": {"RS256", "PS256"}, "PS384": {"RS256", "PS384"}, "PS512": {"RS256", "PS512"},
		"ES256": {"ES256", "ES256"}, "EdDSA": {"EdDSA", "EdDSA"}, "Ed25519": {"EdDSA", "EdDSA"},
		// Unknown ones are signed as RS256.
		"HS1": {"RS256", "RS256"}, "hs256": {"RS256", "RS256"}, "ES384": {"RS256", "RS256"}, "rs256": {"RS256", "RS256"}, "": {"RS256", "RS256"},
	} {
		t.Run("alg "+alg, func(t *testing.T) {
			token := iss.Sign(map[string]any{"alg": alg}, nil)
			header, _ := decode(t, token)
			if header["alg"] != alg || header["kid"] != iss.KeyID(how.key) {
				t.Errorf("header is %v", header)
			}
			if !verifies(t, token, how.as, iss.PublicKey(iss.KeyID(how.key))) {
				t.Error("the signature does not verify")
			}
			raw := iss.SignRaw(alg, "{}", "{}")
			if !verifies(t, raw, how.as, iss.PublicKey(iss.KeyID(how.key))) {
				t.Error("the signature of SignRaw does not verify")
			}
		})
	}
	for name, alg := range map[string]any{"an absent alg": nil, "an alg that is no string": 5} {
		t.Run(name+" is signed as RS256", func(t *testing.T) {
			token := iss.Sign(map[string]any{"alg": alg}, nil)
			header, _ := decode(t, token)
			if _, present := header["alg"]; present != (alg != nil) {
				t.Errorf("header is %v", header)
			}
			if !verifies(t, token, "RS256", iss.PublicKey(iss.KeyID("RS256"))) {
				t.Error("the signature does not verify")
			}
		})
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		t.Run(alg+" has an empty signature", func(t *testing.T) {
			token := iss.Sign(map[string]any{"alg": alg}, nil)
			if header, _ := decode(t, token); header["alg"] != alg || !strings.HasSuffix(token, ".") {
				t.Errorf("header is %v, the signature is not empty", header)
			}
		})
	}
}

// The attack of RFC 8725 §2.1: whoever has the public key can make these.
func TestHMACIsKeyedWithThePublicKey(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	old := iss.KeyID("RS256")
	iss.Rotate()
	secret := func(kid string) []byte {
		der, err := x509.MarshalPKIXPublicKey(iss.PublicKey(kid))
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
		for name, row := range map[string]struct {
			token, kid string
			whole      bool
		}{
			"Sign":                  {iss.Sign(map[string]any{"alg": alg}, nil), iss.KeyID("RS256"), true},
			"Sign with an old key":  {iss.Sign(map[string]any{"alg": alg, "kid": old}, nil), old, true},
			"Sign with another kid": {iss.Sign(map[string]any{"alg": alg, "kid": iss.KeyID("ES256")}, nil), iss.KeyID("RS256"), false},
			"SignRaw":               {iss.SignRaw(alg, "{}", "{}"), iss.KeyID("RS256"), false},
		} {
			t.Run(alg+" of "+name, func(t *testing.T) {
				dot := strings.LastIndexByte(row.token, '.')
				mac := hmac.New(h, secret(row.kid))
				mac.Write([]byte(row.token[:dot]))
				if got := row.token[dot+1:]; got != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
					t.Errorf("the signature is %s", got)
				}
				if header, _ := decode(t, row.token); row.whole && (header["alg"] != alg || header["kid"] != row.kid) {
					t.Errorf("header is %v", header)
				}
			})
		}
	}
}

func TestHeaderAndClaimsAreOverlaid(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	changes := map[string]any{"exp": 1, "aud": []string{"a", "b"}, "scope": nil, "jti": "x", "absent": nil, "big": json.RawMessage("1e30")}
	header, claims := decode(t, iss.Sign(map[string]any{"typ": nil, "crit": []string{"b64"}}, changes))
	_, whole := decode(t, iss.Token(nil))
	want := map[string]any{
		"iss": iss.URL, "sub": "user", "client_id": "client", "iat": whole["iat"], // same hour, checked below
		"exp": 1.0, "aud": []any{"a", "b"}, "jti": "x", "big": 1e30,
	}
	want["iat"] = claims["iat"]
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"alg": "RS256", "kid": iss.KeyID("RS256"), "crit": []any{"b64"}}, header); diff != "" {
		t.Error(diff)
	}
	if len(changes) != 6 {
		t.Error("the caller's map was changed")
	}
	mustPanic(t, func() { iss.Token(map[string]any{"no JSON": func() {}}) })
}

func TestTheKidSelectsAKeyThatFits(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	old := iss.KeyID("RS256")
	iss.Rotate()
	iss.Withdraw(old)
	for name, row := range map[string]struct {
		header map[string]any
		alg    string
		signer string
	}{
		"an older, withdrawn key":         {map[string]any{"kid": old}, "RS256", old},
		"an older key under another alg":  {map[string]any{"kid": old, "alg": "PS256"}, "PS256", old},
		"a key of another type is a name": {map[string]any{"kid": old, "alg": "ES256"}, "ES256", iss.KeyID("ES256")},
		"an unknown kid is a name":        {map[string]any{"kid": "unknown"}, "RS256", iss.KeyID("RS256")},
		"a kid that is no string":         {map[string]any{"kid": 1.0}, "RS256", iss.KeyID("RS256")},
		"no kid":                          {map[string]any{"kid": nil}, "RS256", iss.KeyID("RS256")},
	} {
		t.Run(name, func(t *testing.T) {
			token := iss.Sign(row.header, nil)
			if header, _ := decode(t, token); header["kid"] != row.header["kid"] {
				t.Errorf("kid is %v", header["kid"])
			}
			if !verifies(t, token, row.alg, iss.PublicKey(row.signer)) {
				t.Error("another key signed")
			}
		})
	}
}

func TestSignRawKeepsEveryByte(t *testing.T) {
	iss := issuertest.NewIssuer()
	defer iss.Close()
	header, payload := `{"alg":"RS256","alg":"none"} `, "{\"sub\":\"\xff\",\"sub\":1}\n"
	token := iss.SignRaw("RS256", header, payload)
	parts := strings.Split(token, ".")
	for i, want := range []string{header, payload} {
		if b, err := base64.RawURLEncoding.DecodeString(parts[i]); err != nil || string(b) != want {
			t.Errorf("segment %d is %q, %v", i, b, err)
		}
	}
	if !verifies(t, token, "RS256", iss.PublicKey(iss.KeyID("RS256"))) {
		t.Error("the signature does not verify")
	}
}
