package jwks_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/warder-go/warder/jwks"
)

// What a header says about keys is a stranger's word.
func TestKeysInHeaders(t *testing.T) {
	stranger := newEd("stranger", "the fixed seed of a stranger....")
	var probes atomic.Int64
	probe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probes.Add(1)
		w.Write(keySet(stranger.jwk(nil), stranger.jwk(object{"kid": "ed"})))
	}))
	defer probe.Close()
	s := newServer(all()...)
	a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() }))

	for name, header := range map[string]object{
		"jwk":                         {"jwk": stranger.jwk(nil)},
		"jwk without members":         {"jwk": object{}},
		"jku":                         {"jku": probe.URL + "/keys"},
		"x5u":                         {"x5u": probe.URL + "/chain"},
		"x5c":                         {"x5c": []string{"MIIB"}},
		"jku at the issuer":           {"jku": keysURL},
		"jwk of the wrong type":       {"jwk": "x"},
		"jku, x5u and jwk all in one": {"jku": probe.URL, "x5u": probe.URL, "jwk": stranger.jwk(nil)},
	} {
		t.Run("R7515-11: "+name, func(t *testing.T) {
			for _, kid := range []any{"stranger", "ed", nil} {
				header["kid"] = kid
				want := "401-T bad_signature"
				token := stranger.tokenAs(header, nil)
				if kid == "stranger" {
					a.wantsNoKey(t, token)
					continue
				}
				a.wants(t, token, want)
			}
		})
	}
	t.Run("R7515-11: a good token that names all of them", func(t *testing.T) {
		a.wants(t, rs().tokenAs(object{"jwk": stranger.jwk(nil), "jku": probe.URL, "x5u": probe.URL}, nil), "OK")
	})
	if n := probes.Load(); n != 0 {
		t.Errorf("%d requests to where the headers point", n)
	}
	if n := s.count(keysURL); n > 2 {
		t.Errorf("%d fetches of the keys", n)
	}
}

// jwe encrypts to the public key of the resource server (RFC 7516 §5.1):
// RSA-OAEP-256 and A256GCM.
func jwe(t *testing.T, to key, header object, plaintext string) string {
	h := b64(encode(changed(object{"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": to.kid, "typ": "at+jwt", "cty": "JWT"}, header)))
	cek, iv := make([]byte, 32), make([]byte, 12)
	rand.Read(cek)
	rand.Read(iv)
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, to.private.Public().(*rsa.PublicKey), cek, nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(cek)
	must(err)
	gcm, err := cipher.NewGCM(block)
	must(err)
	sealed := gcm.Seal(nil, iv, []byte(plaintext), []byte(h))
	text, tag := sealed[:len(sealed)-16], sealed[len(sealed)-16:]
	return strings.Join([]string{h, b64(wrapped), b64(iv), b64(text), b64(tag)}, ".")
}

// Five segments are encrypted, and whoever has the public key encrypts. None
// of them is taken apart.
func TestEncryptedTokens(t *testing.T) {
	inner := strings.Split(rs().token(nil), ".")
	forged := inner[0] + "." + inner[1] + "." + b64(make([]byte, 256))
	knowing(t, all()...).try(t, []attempt{
		{"R8725-06: claims without a JWS", jwe(t, rs(), nil, string(encode(claims()))), "401-T malformed_token"},
		{"R8725-06: an inner JWS with a bad signature", jwe(t, rs(), nil, forged), "401-T malformed_token"},
		{"R8725-06: an unsigned inner JWT", jwe(t, rs(), nil, b64(`{"alg":"none"}`)+"."+inner[1]+"."), "401-T malformed_token"},
		{"R8725-08: two thousand million iterations", jwe(t, rs(), object{"alg": "PBES2-HS256+A128KW", "p2c": 1<<31 - 1, "p2s": "AAAA"}, "x"), "401-T malformed_token"},
		{"R8725-08: a compressed payload", jwe(t, rs(), object{"zip": "DEF"}, "x"), "401-T malformed_token"},
		{"R8725-08: a compressed payload in three segments", rs().tokenAs(object{"zip": "DEF", "enc": "A256GCM", "alg": "dir"}, nil), "401-T algorithm_not_allowed"},
		{"R8725-08: iterations in three segments", rs().tokenAs(object{"alg": "PBES2-HS256+A128KW", "p2c": 1<<31 - 1}, nil), "401-T algorithm_not_allowed"},
	})
}

// An unencoded payload (RFC 7797) is signed as it stands.
func TestUnencodedPayload(t *testing.T) {
	payload := string(encode(claims()))
	var rows []attempt
	for name, extra := range map[string]object{
		"and critical":     {"b64": false, "crit": []string{"b64"}},
		"and not critical": {"b64": false},
		"but true":         {"b64": true},
	} {
		header := b64(encode(changed(object{"typ": "at+jwt", "alg": "RS256", "kid": "rs"}, extra)))
		signature := b64(rs().signature("RS256", header+"."+payload))
		rows = append(rows,
			attempt{"R7797-01: b64 is there " + name + ", signed over the raw payload", header + "." + b64(payload) + "." + signature, "401-T malformed_token"},
			attempt{"R7797-01: b64 is there " + name + ", signed over base64url", rs().signSegments("RS256", header, b64(payload)), "401-T malformed_token"},
		)
	}
	knowing(t, all()...).try(t, rows)
}

func TestKeyIDsOfStrangers(t *testing.T) {
	s := newServer(all()...)
	a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() }))
	a.wants(t, rs().token(nil), "OK")
	before := s.count("")
	for kid, want := range map[string]string{
		"../../etc/passwd":          "",
		"' OR 1=1--":                "",
		"http://169.254.169.254/":   "",
		strings.Repeat("k", 256):    "",
		strings.Repeat("k", 257):    "401-T malformed_token",
		strings.Repeat("k", 64<<10): "400-R malformed_request",
		"rs\x00":                    "",
		" rs":                       "",
	} {
		t.Run("R8725-04: "+kid[:min(len(kid), 24)], func(t *testing.T) {
			token := rs().tokenAs(object{"kid": kid}, nil)
			if want == "" {
				a.wantsNoKey(t, token)
				return
			}
			a.wants(t, token, want)
		})
	}
	if n := s.count("") - before; n > 2 || s.count(keysURL) != 2 { // and the metadata once
		t.Errorf("%d requests more, of which for keys %d", n, s.count(keysURL)-1)
	}
}
