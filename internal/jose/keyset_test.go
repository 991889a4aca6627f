package jose_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

// R7517-02: one bad key never costs the others.
func TestParseSet(t *testing.T) {
	good := newSigner(t, "ES256").jwk(m{"kid": "good"})
	other := newSigner(t, "Ed25519").jwk(m{"kid": "other", "foo": 1})
	for _, tt := range []struct {
		name, document string
		kids           string
		unusable       int
	}{
		{"one key", `{"keys":[` + good + `]}`, "good", 0},
		{"two keys in their order", `{"keys":[` + other + `,` + good + `]}`, "other good", 0},
		{"equal keys (R7517-05)", `{"keys":[` + good + `,` + good + `]}`, "good good", 0},
		{"members beside keys", `{"issuer":"x","keys":[` + good + `],"next":{"a":1}}`, "good", 0},
		{"an unknown kty", `{"keys":[{"kty":"FOO"},` + good + `]}`, "good", 1},
		{"a secret (R7517-07)", `{"keys":[{"kty":"oct","k":"c2VjcmV0"},` + good + `]}`, "good", 1},
		{"a private key (R7517-07)", `{"keys":[` + strings.Replace(good, "{", `{"d":"AQ",`, 1) + `,` + other + `]}`, "other", 1},
		{"a key with a name twice", `{"keys":[{"kty":"EC","kty":"EC"},` + good + `]}`, "good", 1},
		{"an EC key without y", `{"keys":[{"kty":"EC","crv":"P-256","x":"AA"},` + good + `]}`, "good", 1},
		{"a key with many members", `{"keys":[` + manyMembers(1000) + `,` + good + `]}`, "good", 1},
		{"a key with 256 members", `{"keys":[` + manyMembers(256) + `,` + good + `]}`, "good", 1},
		{"entries that are no objects", `{"keys":[null,1,"x",[],` + good + `,{}]}`, "good", 5},
		{"a hundred entries", `{"keys":[` + strings.Repeat(`{},`, 99) + good + `]}`, "good", 99},
		{"a hundred large keys", `{"keys":[` + strings.Repeat(manyMembers(256)+`,`, 99) + good + `]}`, "good", 99},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, unusable, err := jose.ParseSet(tt.document)
			if err != nil {
				t.Fatal(err)
			}
			var kids []string
			for _, k := range keys {
				kids = append(kids, k.ID())
			}
			if got := strings.Join(kids, " "); got != tt.kids || len(unusable) != tt.unusable {
				t.Errorf("kids %q, unusable %v", got, unusable)
			}
		})
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// R7517-01: a set is an object whose keys is an array, and it must hold a usable key.
func TestParseSetRefuses(t *testing.T) {
	const (
		set  = "jose: not a JWK Set"
		none = "jose: JWK Set holds no usable key"
	)
	good := newSigner(t, "ES256").jwk()
	for _, tt := range []struct{ name, document, want string }{
		{"nothing", ``, set},
		{"an array (R7517-01)", `[]`, set},
		{"an array of keys", `[` + good + `]`, set},
		{"no keys (R7517-01)", `{}`, set},
		{"keys in another case", `{"Keys":[` + good + `]}`, set},
		{"a page (R7517-01)", `<html><body>down for maintenance</body></html>`, set},
		{"a key that is no set", good, set},
		{"an object for keys", `{"keys":{"0":` + good + `}}`, set},
		{"null for keys", `{"keys":null}`, set},
		{"a string for keys", `{"keys":"x"}`, set},
		{"keys twice", `{"keys":[` + good + `],"keys":[` + good + `]}`, set},
		{"bytes after it", `{"keys":[` + good + `]}x`, set},
		{"a document cut short", `{"keys":[` + good, set},
		{"a hundred and one entries", `{"keys":[` + strings.Repeat(`{},`, 100) + good + `]}`, "jose: JWK Set of more than 100 keys"},
		{"more than a mebibyte", `{"keys":[` + good + `]}` + strings.Repeat(" ", jose.MaxKeySet), "jose: JWK Set of more than 1 MiB"},
		{"entries nested too deeply", `{"keys":[` + good + `,` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `]}`, set},
		{"an empty array", `{"keys":[]}`, none},
		{"unusable keys alone, each told", `{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"a"},null]}`,
			none + `; key 1 (kid "a"): jose: JWK holds private members; key 2: jose: JWK is not a JSON object`},
		{"many unusable keys alone", `{"keys":[` + strings.Repeat(`{},`, 20) + `{}]}`, none + "; key 1: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, _, err := jose.ParseSet(tt.document)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || keys != nil {
				t.Errorf("%d keys, error %v, want %q", len(keys), err, tt.want)
			}
		})
	}
}

// Of each key that cannot be used it is told which one and why, without its values.
func TestUnusableKeysAreTold(t *testing.T) {
	good, rsa := newSigner(t, "ES256").jwk(m{"kid": "good"}), newSigner(t, "RS256")
	n := octets(t, rsa.members["n"])
	point := make([]byte, 32)
	point[0] = 2 // y = 2 is on no point: TestParseKeyRefusesWhatIsNoPoint
	padded := base64.URLEncoding.EncodeToString([]byte{1, 0, 1, 0})
	for _, tt := range []struct{ name, jwk, want string }{
		{"a leading zero octet", rsa.jwk(m{"n": encode(append([]byte{0}, n...)), "kid": "a"}),
			`key 2 (kid "a"): jose: JWK does not hold a valid public key: n or e has a leading zero octet (RFC 7518 §2)`},
		{"padding", rsa.jwk(m{"e": padded, "kid": "b"}),
			`key 2 (kid "b"): jose: JWK does not hold a valid public key: e is not base64url without padding (RFC 7515 §2)`},
		{"standard base64", rsa.jwk(m{"n": "+/+/", "kid": "c"}),
			`key 2 (kid "c"): jose: JWK does not hold a valid public key: n is not base64url without padding (RFC 7515 §2)`},
		{"a short modulus", rsa.jwk(m{"n": modulus(1024), "kid": "d"}),
			`key 2 (kid "d"): jose: JWK does not hold a valid public key: n has not 2048 to 4096 bits`},
		{"no point of Ed25519", `{"kty":"OKP","crv":"Ed25519","x":"` + encode(point) + `","kid":"e"}`,
			`key 2 (kid "e"): jose: JWK does not hold a valid public key: x is no point on the curve`},
		{"for encryption", rsa.jwk(m{"use": "enc", "kid": "f"}), `key 2 (kid "f"): jose: JWK is not for verifying signatures`},
		{"without kid", `{"kty":"FOO"}`, `key 2: jose: JWK of a type or curve that is not supported`},
		{"a kid of another type", rsa.jwk(m{"kid": 1}), `key 2: jose: JWK member missing or of the wrong type: kid`},
		{"a kid with line breaks", `{"kty":"FOO","kid":"a\nb"}`, `key 2 (kid "a\nb"): jose: JWK of a type or curve that is not supported`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, unusable, err := jose.ParseSet(`{"keys":[` + good + `,` + tt.jwk + `]}`)
			if err != nil || len(unusable) != 1 || unusable[0].Error() != tt.want {
				t.Errorf("%v, %v, want %s", unusable, err, tt.want)
			}
		})
	}
}
