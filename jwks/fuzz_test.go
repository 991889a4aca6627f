package jwks_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/internal/wire"
	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// Nothing is accepted but the tokens that the issuer signed, byte for byte:
// no other spelling of one, and nothing made of the pieces of several. The
// key's signatures are deterministic, so that all processes of a fuzzer mean
// the same tokens.
func FuzzVerify(f *testing.F) {
	k := ed()
	var valid []string
	for _, v := range vectors(f) {
		token := k.sign("EdDSA", strings.NewReplacer("RS256", "EdDSA", `"rs"`, `"ed"`).Replace(v.header), v.payload)
		f.Add(token)
		if v.expect == "OK" || strings.HasPrefix(v.expect, "403-S") || strings.HasSuffix(v.expect, "unconfirmed_binding") {
			valid = append(valid, token) // what is judged later than by a Verifier
		}
	}
	for _, token := range valid[:3] {
		for segment := range strings.SplitSeq(token, ".") {
			for _, other := range spellings(segment) {
				f.Add(strings.Replace(token, segment, other, 1))
			}
		}
	}
	v := verifier(f, func(c *jwks.Config) { c.KeySet = parsed(f, all()...) })
	for _, token := range valid {
		if _, err := v.Verify(f.Context(), token, nil); err != nil {
			f.Fatal("a token of the corpus: ", err)
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Verify(t.Context(), token, nil)
		switch {
		case (got == nil) == (err == nil):
			t.Fatalf("%v beside %v", got, err)
		case got != nil && !slices.Contains(valid, token):
			t.Fatalf("accepted %q", token)
		case err != nil && slices.Contains(valid, token):
			t.Fatalf("refused a valid token: %v", err)
		}
		var refused *middleware.Error
		if err != nil && (!errors.As(err, &refused) || refused.Code != middleware.InvalidToken) {
			t.Fatalf("no verdict on the token: %v", err)
		}
		if err != nil {
			text := err.Error() + refused.Description
			if piece := leaked(text, 12, token); piece != "" {
				t.Fatalf("%q holds %q", text, piece)
			}
		}
	})
}

// Whatever an issuer publishes, nothing panics, its own tokens are accepted or
// refused and never by a key that is not there, and a good document that
// follows is taken.
func FuzzKeySetDocument(f *testing.F) {
	k := ed()
	good := keySet(k.jwk(nil))
	f.Add(good)
	f.Add(keySet(all()...))
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[1,null,{}],"keys":[]}`))
	f.Add(keySet(k.jwk(object{"kid": nil, "alg": nil, "use": nil, "key_ops": []string{"verify"}})))
	f.Add(keySet(k.jwk(object{"d": "AAAA"}), es().jwk(object{"y": "AAAA"}), rs().jwk(object{"e": "AQ"})))
	f.Add([]byte(strings.Repeat(`{"keys":[`, 20)))
	f.Fuzz(func(t *testing.T, doc []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.serve(keysURL, document(doc))
			a := remote(t, s, jwks.RemoteOptions{})
			token := k.token(object{"exp": 4102444800})
			first := a.get(token)
			switch set, err := jwks.Parse(doc); {
			case (set == nil) == (err == nil):
				t.Fatalf("%v beside %v", set, err)
			case err != nil && first != "503-U keys_unavailable":
				t.Fatalf("Parse fails, and the token got %s", first)
			case err == nil && first != "OK" && !strings.HasPrefix(first, "401-T "):
				t.Fatalf("Parse succeeds, and the token got %s", first)
			case first == "OK" && !bytes.Contains(doc, []byte("kty")) && !bytes.Contains(doc, []byte(`\u`)):
				t.Fatal("accepted without a key")
			}
			s.serve(keysURL, document(good))
			time.Sleep(30 * time.Second)
			a.get(ed().tokenAs(object{"kid": "made up"}, nil)) // forces a refetch
			time.Sleep(time.Hour)
			a.get(token)
			if got := a.get(token); got != "OK" {
				t.Fatalf("after a good document: %s", got)
			}
		})
	})
}

// Whatever the metadata says, nothing is asked but the well-known locations and
// an https URL of a host that is not local, which it names as jwks_uri beside
// the right issuer.
func FuzzMetadata(f *testing.F) {
	for _, doc := range []string{
		`{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`,
		`{"issuer":"` + issuer + `","jwks_uri":"http://as.example/keys"}`,
		`{"issuer":"` + issuer + `","jwks_uri":"https://127.0.0.1/keys"}`,
		`{"issuer":"` + issuer + `","jwks_uri":"https://[::1]:443/keys"}`,
		`{"issuer":"` + issuer + `","jwks_uri":"https://u:p@as.example/keys#f"}`,
		`{"issuer":"https://as.example/t2","jwks_uri":"` + keysURL + `"}`,
		`{"issuer":"` + issuer + `"}`, `[]`, ``,
	} {
		f.Add([]byte(doc))
	}
	wellKnown := []string{rfcURL, bothURL, oidcURL}
	f.Fuzz(func(t *testing.T, doc []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(ed().jwk(nil))
			good := s.urls[rfcURL]
			for _, l := range wellKnown {
				s.serve(l, document(doc))
			}
			a, _ := discovering(t, s, issuer)
			token := ed().token(object{"exp": 4102444800})
			if got := a.get(token); got != "OK" && got != "503-U keys_unavailable" {
				t.Fatal(got)
			}
			for _, asked := range s.asked() {
				u, err := url.Parse(asked)
				if slices.Contains(wellKnown, asked) {
					continue
				}
				if err != nil || u.Scheme != "https" || u.User != nil || wire.Local(u.Hostname()) {
					t.Fatalf("asked %q", asked)
				}
				if !bytes.Contains(doc, []byte("issuer")) && !bytes.Contains(doc, []byte(`\u`)) {
					t.Fatalf("asked %q for a document without an issuer", asked)
				}
			}
			for _, l := range wellKnown {
				s.serve(l, http.NotFound)
			}
			s.serve(rfcURL, good)
			time.Sleep(2 * time.Hour)
			a.get(token)
			if got := a.get(token); got != "OK" {
				t.Fatalf("after a good document: %s", got)
			}
		})
	})
}
