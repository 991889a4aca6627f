package introspect_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/jwks"
)

const signedType = "application/token-introspection+jwt"

// header of a signed answer, changed; nil removes a member.
func (k asKey) header(changes object) object {
	return changed(object{"alg": k.alg, "kid": k.kid, "typ": "token-introspection+jwt"}, changes)
}

// payload of a signed answer about a good token, changed.
func payload(changes object) object {
	return changed(object{
		"iss": issuer, "aud": resource, "iat": in(0),
		"token_introspection": object{"active": true, "aud": resource, "scope": "read", "sub": "alice", "exp": in(time.Hour)},
	}, changes)
}

func changed(o, changes object) object {
	maps.Copy(o, changes)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	return o
}

// signing returns an API whose issuer has to sign by one of these keys.
func signing(t *testing.T, s http.RoundTripper, change func(*introspect.Config), keys ...asKey) api {
	t.Helper()
	var set []object
	for _, k := range keys {
		set = append(set, k.jwk())
	}
	published, err := jwks.Parse([]byte(encode(object{"keys": set})))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{resource}, KeySet: published})
	if err != nil {
		t.Fatal(err)
	}
	return guarding(t, s, func(c *introspect.Config) {
		if c.SignedBy = v; change != nil {
			change(c)
		}
	})
}

func TestSignedAnswers(t *testing.T) {
	k := newKey("k1", "RS256")
	stranger := newKey("k1", "ES256")
	good := k.jws(k.header(nil), payload(nil))
	part := strings.Split(good, ".")
	signed := func(changes object) reply { return typed(signedType, k.jws(k.header(nil), payload(changes))) }
	headed := func(changes object) reply { return typed(signedType, k.jws(k.header(changes), payload(nil))) }
	about := func(answer any) reply { return signed(object{"token_introspection": answer}) }
	body := func(compact string) reply { return typed(signedType, compact) }
	inSegments := func(header, payload string) reply {
		return body(header + "." + payload + "." + k.over(header+"."+payload))
	}
	broken := func(s string) string { return s[:9] + "\n" + s[9:] }

	for name, row := range map[string]struct {
		reply
		want string
	}{
		"R9701-01: as it should be":                   {body(good), ok},
		"R9701-01: a content type with parameters":    {typed(signedType+"; charset=utf-8", good), ok},
		"R9701-01: typ with application/":             {headed(object{"typ": signedType}), ok},
		"R9701-01: content type application/json":     {typed("application/json", good), unavailable},
		"R9701-01: content type application/jwt":      {typed("application/jwt", good), unavailable},
		"R9701-01: no content type":                   {typed("", good), unavailable},
		"R9701-01: typ JWT":                           {headed(object{"typ": "JWT"}), unavailable},
		"R9701-01: typ at+jwt, an access token":       {headed(object{"typ": "at+jwt"}), unavailable},
		"R9701-01: no typ":                            {headed(object{"typ": nil}), unavailable},
		"R9701-02: another payload":                   {body(part[0] + "." + b64([]byte(encode(payload(object{"x": 1})))) + "." + part[2]), unavailable},
		"R9701-02: another key":                       {body(stranger.jws(stranger.header(nil), payload(nil))), unavailable},
		"R9701-02: another key that says RS256":       {body(part[0] + "." + part[1] + "." + stranger.over(part[0]+"."+part[1])), unavailable},
		"R9701-02: an unknown key":                    {headed(object{"kid": "k2"}), unavailable},
		"R9701-02: no signature":                      {body(part[0] + "." + part[1] + "."), unavailable},
		"R9701-02: alg none":                          {body(b64([]byte(encode(k.header(object{"alg": "none"})))) + "." + part[1] + "."), unavailable},
		"R9701-02: HS256 with the public key":         {body(mac(k, payload(nil))), unavailable},
		"R9701-02: a foreign iss":                     {signed(object{"iss": "https://other.example"}), unavailable},
		"R9701-02: no iss":                            {signed(object{"iss": nil}), unavailable},
		"R9701-02: a foreign aud":                     {signed(object{"aud": "https://other.example"}), unavailable},
		"R9701-02: a list without us":                 {signed(object{"aud": []string{"a", "b"}}), unavailable},
		"R9701-02: a list with us":                    {signed(object{"aud": []string{"a", resource}}), ok},
		"R9701-02: no aud":                            {signed(object{"aud": nil}), unavailable},
		"R9701-02: an aud of the wrong type":          {signed(object{"aud": object{resource: 1}}), unavailable},
		"R9701-03: active outside, inactive inside":   {signed(object{"active": true, "token_introspection": object{"active": false}}), notActive},
		"R9701-03: active outside, nothing inside":    {signed(object{"active": true, "token_introspection": object{}}), unavailable},
		"R9701-03: active outside, and no inside":     {signed(object{"active": true, "token_introspection": nil}), unavailable},
		"R9701-03: inactive outside, active inside":   {signed(object{"active": false}), ok},
		"R9701-03: our aud outside, foreign inside":   {about(object{"active": true, "aud": "x"}), "401-T wrong_audience"},
		"R9701-03: our aud outside, none inside":      {about(object{"active": true, "scope": "read"}), "401-T missing_claim"},
		"R9701-03: scope outside":                     {signed(object{"scope": "read", "token_introspection": object{"active": true, "aud": resource}}), "403-S insufficient_scope"},
		"R9701-03: a foreign iss inside":              {about(object{"active": true, "aud": resource, "iss": "x"}), "401-T unknown_issuer"},
		"R9701-03: inside is text":                    {about(encode(object{"active": true, "aud": resource})), unavailable},
		"R9701-03: inside is a list":                  {about([]any{object{"active": true}}), unavailable},
		"R9701-03: active inside is text":             {about(object{"active": "true", "aud": resource}), unavailable},
		"R9701-03: active inside twice":               {inSegments(part[0], b64([]byte(strings.Replace(encode(payload(nil)), `"active":true`, `"active":true,"active":true`, 1)))), unavailable},
		"R9701-04: plain JSON":                        {says(active(nil)), unavailable},
		"R9701-04: plain JSON, inactive":              {says(inactive), unavailable},
		"R9701-04: plain JSON that says it is signed": {body(active(nil)), unavailable},
		"R9701-04: an hour old":                       {signed(object{"iat": in(-time.Hour)}), unavailable},
		"R9701-04: two minutes old":                   {signed(object{"iat": in(-2 * time.Minute)}), unavailable},
		"R9701-04: a minute old":                      {signed(object{"iat": in(-time.Minute)}), ok},
		"R9701-04: of the future":                     {signed(object{"iat": in(time.Minute)}), unavailable},
		"R9701-04: of no time":                        {signed(object{"iat": nil}), unavailable},
		"R9701-04: of a time that is text":            {signed(object{"iat": "now"}), unavailable},
		"R7515-03: a line break in the header":        {body(broken(part[0]) + "." + part[1] + "." + part[2]), unavailable},
		"R7515-03: a line break in the payload":       {body(part[0] + "." + broken(part[1]) + "." + part[2]), unavailable},
		"R7515-03: a line break in the signature":     {body(part[0] + "." + part[1] + "." + broken(part[2])), unavailable},
		"R7515-03: one in the payload, signed so":     {inSegments(part[0], broken(part[1])), unavailable},
		"R7515-03: one behind it all":                 {body(good + "\n"), unavailable},
		"R8725-07: JSON serialisation, general":       {body(encode(object{"payload": part[1], "signatures": []any{object{"protected": part[0], "signature": part[2]}}})), unavailable},
		"R8725-07: JSON serialisation, flattened":     {body(encode(object{"payload": part[1], "protected": part[0], "signature": part[2]})), unavailable},
		"five segments":                               {body(good + ".x.y"), unavailable},
		"nothing":                                     {body(""), unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(row.reply)
			a := signing(t, s, nil, k)
			a.get("x").is(t, row.want)
			for _, c := range s.seen(endpoint) {
				if got := c.header.Values("Accept"); len(got) != 1 || got[0] != signedType {
					t.Errorf("R9701-01: Accept %q", got)
				}
			}
			a.get("x").is(t, row.want)
			if n := s.count(); n != 1 && row.want != unavailable || n != 2 && row.want == unavailable {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// R9701-02: the algorithms of the issuer's keys, and no others.
func TestAlgorithmsOfSignedAnswers(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		k := newKey("k1", alg)
		s := newServer(typed(signedType, k.jws(k.header(nil), payload(nil))))
		signing(t, s, nil, k).get("x").is(t, ok)
	}
}

// A signed answer is often addressed to our client id.
func TestResponseAudience(t *testing.T) {
	k := newKey("k1", "ES256")
	toClient := func(c *introspect.Config) { c.ResponseAudience = []string{"notes-api"} }
	for name, row := range map[string]struct{ aud, want string }{
		"to the client id": {"notes-api", ok},
		"to the API":       {resource, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(typed(signedType, k.jws(k.header(nil), payload(object{"aud": row.aud}))))
			signing(t, s, toClient, k).get("x").is(t, row.want)
		})
	}
}
