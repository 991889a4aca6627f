package jose_test

import (
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/jose"
)

// texts are all the errors there are. An error that is one of them holds no input.
var texts = []string{
	"jose: not a compact JWS of three segments",
	"jose: header is not a JSON object in base64url",
	"jose: header member missing or of the wrong type",
	"jose: header demands an extension",
	"jose: JWK is not a JSON object",
	"jose: JWK holds private members",
	"jose: JWK is not for verifying signatures",
	"jose: JWK member missing or of the wrong type",
	"jose: JWK of a type or curve that is not supported",
	"jose: JWK does not hold a valid public key",
	"jose: JWK has an alg that does not fit its key",
	"jose: algorithm does not fit the key",
	"jose: signature does not verify",
	"jose: not a JWK Set",
	"jose: JWK Set of more than 100 keys",
	"jose: JWK Set of more than 1 MiB",
	"jose: JWK Set holds no usable key",
	"jose: the header is longer than 4 KiB",
	"jose: kid is longer than 256 bytes",
}

// checkError wants one of the texts, followed by nothing or by a colon or semicolon and
// what is the matter. Of a set's keys that quotes the kid; of anything else, nothing.

func checkError(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, text := range texts {
		if rest, ok := strings.CutPrefix(err.Error(), text); ok && (rest == "" || rest[0] == ':' || rest[0] == ';') {
			return
		}
	}
	t.Fatalf("an error of its own: %q", err)
}

// FuzzParseHeader: an error is a fixed text and leaves the Header zero; an accepted header
// has an alg, a kid within its limit and one spelling, and holds nothing that is refused.
func FuzzParseHeader(f *testing.F) {
	for _, header := range []string{
		`{"alg":"RS256","typ":"at+jwt","kid":"1"}`, `{"alg":"none"}`, `{"alg":"RS256","crit":["b64"],"b64":false}`,
		`{"\u0061lg":"RS256"}`, `{"alg":"RS256","alg":"RS256"}`, `[]`, `{"alg":1}`, "{\"alg\":\"\xff\"}",
	} {
		f.Add(encode([]byte(header)))
	}
	f.Fuzz(func(t *testing.T, segment string) {
		h, err := jose.ParseHeader(segment)
		checkError(t, err)
		if err != nil {
			if h != (jose.Header{}) {
				t.Fatal("a header beside an error")
			}
			return
		}
		if h.Algorithm == "" || len(h.KeyID) > jose.MaxKeyID || len(segment) > jose.MaxHeader {
			t.Fatalf("%+v", h)
		}
		if again := encode(octets(t, segment)); again != segment {
			t.Fatalf("%q is accepted for %q", segment, again)
		}
		for _, other := range []string{segment + "=", segment + "\n", "\r" + segment} {
			if _, err := jose.ParseHeader(other); err == nil {
				t.Fatalf("%q is another spelling", other)
			}
		}
	})
}

// checkKey: printed canonically from its parts alone, a key reads as the same key; it
// fits an algorithm, never a MAC, and verifies no junk.
func checkKey(t *testing.T, k *jose.Key) {
	t.Helper()
	s := signer{members: publicMembers(k.Public())}
	again, err := jose.ParseKey(s.jwk())
	if err != nil {
		t.Fatalf("printed and read again: %v", err)
	}
	if again.Digest() != k.Digest() || again.Thumbprint() != k.Thumbprint() || again.Type() != k.Type() || again.Curve() != k.Curve() {
		t.Fatalf("printed and read again it is another key: %s, %s", k.Thumbprint(), again.Thumbprint())
	}
	fits := 0
	for _, alg := range jose.Algorithms() {
		err := k.Verify(alg, []byte("input"), make([]byte, 64))
		checkError(t, err)
		if err == nil {
			t.Fatalf("%s verifies zeros", alg)
		}
		if k.Fits(alg) {
			fits++
		}
	}
	if fits == 0 || k.Fits("none") || k.Fits("HS256") {
		t.Fatalf("fits %d algorithms", fits)
	}
	if len(k.ID()) > jose.MaxKeyID {
		t.Fatal("a long kid")
	}
}

func seeds(f *testing.F) []string {
	var jwks []string
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "Ed25519"} {
		s := newSigner(f, alg)
		jwks = append(jwks, s.jwk(), s.jwk(m{"kid": "1", "alg": alg, "use": "sig", "key_ops": []string{"verify"}}), s.jwk(m{"d": "AQ"}))
	}
	return append(jwks, `{"kty":"oct","k":"c2VjcmV0"}`, `{"kty":"EC","kty":"EC"}`, `null`)
}

// FuzzParseKey: see checkKey.
func FuzzParseKey(f *testing.F) {
	for _, jwk := range seeds(f) {
		f.Add(jwk)
	}
	f.Fuzz(func(t *testing.T, jwk string) {
		k, err := jose.ParseKey(jwk)
		checkError(t, err)
		if (err == nil) != (k != nil) {
			t.Fatalf("%v beside %v", k, err)
		}
		if k != nil {
			checkKey(t, k)
		}
	})
}

// FuzzParseSet: an accepted set has keys, each of them one that ParseKey would accept, and
// a good key added to it is found whatever stands beside it.
func FuzzParseSet(f *testing.F) {
	jwks := seeds(f)
	good := jwks[6]
	f.Add(`{"keys":[` + strings.Join(jwks, ",") + `]}`)
	f.Add(`{"keys":[]}`)
	f.Add(`{"keys":[null,{},[1]],"keys":1}`)
	for _, jwk := range jwks {
		f.Add(`{"keys":[` + jwk + `]}`)
	}
	f.Fuzz(func(t *testing.T, document string) {
		keys, unusable, err := jose.ParseSet(document)
		checkError(t, err)
		if (err == nil) != (len(keys) > 0) || len(keys)+len(unusable) > jose.MaxKeys {
			t.Fatalf("%d keys, %d unusable, error %v", len(keys), len(unusable), err)
		}
		for _, k := range keys {
			checkKey(t, k)
		}
		rest, ok := strings.CutPrefix(document, `{"keys":[`)
		if err != nil || !ok || len(keys)+len(unusable) == jose.MaxKeys || len(document)+len(good) >= jose.MaxKeySet {
			return
		}
		more, _, err := jose.ParseSet(`{"keys":[` + good + `,` + rest)
		if err != nil || len(more) != len(keys)+1 {
			t.Fatalf("a good key more: %d keys instead of %d, %v", len(more), len(keys)+1, err)
		}
	})
}
