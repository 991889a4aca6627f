package jwks_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

func TestSegments(t *testing.T) {
	k := rs()
	good := k.token(nil)
	s := strings.Split(good, ".")
	header, payload, signature := s[0], s[1], s[2]
	empty := k.signSegments("RS256", header, "")

	a := knowing(t, all()...)
	a.try(t, []attempt{
		{"the token itself", good, "OK"},
		{"R7515-01: one segment", header, "401-T malformed_token"},
		{"R7515-01: two segments", header + "." + payload, "401-T malformed_token"},
		{"R7515-01: four segments", good + "." + signature, "401-T malformed_token"},
		{"R7515-01: a dot behind it", good + ".", "401-T malformed_token"},
		{"R7515-01: a dot in front of it", "." + good, "401-T malformed_token"},
		{"R7515-01: an empty header", "." + payload + "." + signature, "401-T malformed_token"},
		{"R7515-01: an empty payload", header + ".." + signature, "401-T malformed_token"},
		{"R7515-01: an empty payload, signed so", empty, "401-T malformed_token"},
		{"R7515-01: an empty signature", header + "." + payload + ".", "401-T malformed_token"},
		{"R7515-01: dots", "..", "401-T malformed_token"},
		{"R7515-02: a character less in the signature", good[:len(good)-1], "401-T malformed_token"},
		{"R6750-04: no JWT at all", "abc.def", "401-T malformed_token"},
		{"R6750-04: garbage", rand.Text(), "401-T malformed_token"},
		{"R6750-04: half a token", good[:len(header)+len(payload)/2], "401-T malformed_token"},
		{"R8725-07: JSON serialisation", `{"payload":"` + payload + `"}`, "400-R malformed_request"},
		{"a token of the longest that is read", padded(16384), "OK"},
		{"a token longer than that", padded(16385), "400-R malformed_request"},
		{"a header segment of the longest that is read", bulky(4096), "OK"},
		{"a header segment longer than that", bulky(4098), "401-T malformed_token"},
	})
}

func TestRequestSyntax(t *testing.T) {
	s := newServer(rs().jwk(nil))
	a := newAPI(verifier(t, func(c *jwks.Config) { c.HTTPClient = s.client() }))
	for _, authorization := range []string{"Bearer", "Bearer a b", "Bearer a,b", "Bearer a=b", "Bearer tök"} {
		t.Run("R6750-03: "+authorization, func(t *testing.T) {
			if got := a.ask("GET", "/api/r", authorization); got != "400-R malformed_request" {
				t.Error(got)
			}
		})
	}
	if n := s.count(""); n != 0 {
		t.Errorf("%d requests to the issuer", n)
	}
}

// padded returns a valid token of this many bytes.
func padded(size int) string {
	for n := (size-len(ed().token(nil)))*3/4 - 40; ; n++ {
		// A base64url text has 2, 3 or 4 bytes more than four times something.
		for _, x := range []string{"", "x", "xx"} {
			token := ed().tokenAs(object{"x": x}, object{"x": strings.Repeat("x", n)})
			if len(token) == size {
				return token
			}
		}
	}
}

// bulky returns a valid token whose header segment has this many bytes.
func bulky(size int) string {
	for n := (size-strings.IndexByte(ed().token(nil), '.'))*3/4 - 40; ; n++ {
		token := ed().tokenAs(object{"x": strings.Repeat("x", n)}, nil)
		if strings.IndexByte(token, '.') == size {
			return token
		}
	}
}

// spellable returns a valid token each of whose segments has spare bits, and
// a "-" and a "_".
func spellable(k key) string {
	for n := 0; ; n++ {
		x := object{"x": strings.Repeat("x", n%3) + "~~~???" + rand.Text()[:n%5]}
		token := k.tokenAs(x, x)
		ok := true
		for segment := range strings.SplitSeq(token, ".") {
			ok = ok && len(segment)%4 != 0 && strings.Contains(segment, "-") && strings.Contains(segment, "_")
		}
		if ok {
			return token
		}
	}
}

// spellings returns other texts for segment that lax decoders take for it.
func spellings(segment string) map[string]string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	half := len(segment) / 2
	return map[string]string{
		"spare bits":            segment[:len(segment)-1] + alphabet[last^1:last^1+1],
		"padding":               segment + strings.Repeat("=", 4-len(segment)%4),
		"the standard alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(segment),
		"a line break":          segment[:half] + "\n" + segment[half:],
		"a carriage return":     segment[:half] + "\r" + segment[half:],
		"a final line break":    segment + "\r\n",
		"a space":               segment[:half] + " " + segment[half:],
	}
}

// Each spelling is judged as an attacker sends it, over the signature of the
// token, and as an issuer with a lax encoder would sign it; through a guard,
// and by a Verifier that somebody calls directly.
func TestSpellings(t *testing.T) {
	rows := map[string]string{
		"spare bits": "R7515-04", "padding": "R7515-02", "the standard alphabet": "R7515-02",
		"a line break": "R7515-03", "a carriage return": "R7515-03", "a final line break": "R7515-03",
	}
	k := rs()
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	a := newAPI(v)
	token := spellable(k)
	a.wants(t, token, "OK")
	tried := 0
	for i, place := range []string{"header", "payload", "signature"} {
		s := strings.Split(token, ".")
		for how, other := range spellings(s[i]) {
			lax := strings.NewReplacer("\r", "", "\n", "", " ", "", "=", "", "+", "-", "/", "_").Replace(other)
			was, _ := base64.RawURLEncoding.DecodeString(s[i])
			if is, err := base64.RawURLEncoding.DecodeString(lax); err != nil || string(is) != string(was) || other == s[i] {
				t.Fatalf("%s, %s: %q is no other spelling of %q", place, how, other, s[i])
			}
			t.Run(strings.TrimPrefix(rows[how]+": "+how+" in the "+place, ": "), func(t *testing.T) {
				respelled := strings.Split(token, ".")
				respelled[i] = other
				respelt := []string{strings.Join(respelled, ".")}
				if i < 2 {
					respelt = append(respelt, k.signSegments("RS256", respelled[0], respelled[1]))
				}
				for _, token := range respelt {
					tried++
					want := "401-T malformed_token"
					if strings.ContainsAny(token, "\r\n ") || strings.Contains(token, "=.") {
						want = "400-R malformed_request" // no token68
					}
					a.wants(t, token, want)
					r := httptest.NewRequest("GET", "/", nil)
					if got, err := v.Verify(t.Context(), token, r); got != nil || !errors.Is(err, middleware.InvalidToken) {
						t.Errorf("Verify: %v, %v", got, err)
					}
				}
			})
		}
	}
	if tried < 9 {
		t.Errorf("only %d spellings", tried)
	}
}
