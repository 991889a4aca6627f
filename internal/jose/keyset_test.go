package jose_test

import (
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
		{"a key with too many members", `{"keys":[` + manyMembers(257) + `,` + good + `]}`, "good", 1},
		{"a key with as many members as allowed", `{"keys":[` + manyMembers(256) + `,` + good + `]}`, "good", 1},
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
			if got := strings.Join(kids, " "); got != tt.kids || unusable != tt.unusable {
				t.Errorf("kids %q, unusable %d", got, unusable)
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
		set  = "jose: not a JWK Set, or one over a limit"
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
		{"a hundred and one entries", `{"keys":[` + strings.Repeat(`{},`, 100) + good + `]}`, set},
		{"more than a mebibyte", `{"keys":[` + good + `]}` + strings.Repeat(" ", jose.MaxKeySet), set},
		{"entries nested too deeply", `{"keys":[` + good + `,` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `]}`, set},
		{"an empty array", `{"keys":[]}`, none},
		{"unusable keys alone", `{"keys":[{"kty":"oct","k":"c2VjcmV0"},null]}`, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys, _, err := jose.ParseSet(tt.document)
			if err == nil || err.Error() != tt.want || keys != nil {
				t.Errorf("%d keys, error %v, want %q", len(keys), err, tt.want)
			}
		})
	}
}
