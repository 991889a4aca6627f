package jwks_test

import (
	"crypto/elliptic"
	"encoding/base64"
	"testing"

	"github.com/warder-go/warder/jwks"
)

// Sets in which something is wrong with one key. The token is signed by that
// key; another key beside it must still do.
func TestUnusableKeys(t *testing.T) {
	leading := newEC("bad", "ES256", elliptic.P256())
	for decoded(leading.jwk(nil)["x"])[0] != 0 {
		leading = newEC("bad", "ES256", elliptic.P256())
	}
	x := decoded(leading.jwk(nil)["x"])
	ec, edwards := newEC("bad", "ES256", elliptic.P256()), newEd("bad", "another fixed seed of 32 bytes..")
	rsaKey := other()
	rsaKey.kid = "bad"
	short := newRSA("bad", 1024)

	for _, row := range []struct {
		name   string
		signer key
		bad    object
		want   string
	}{
		{"R7517-02: kty is unknown", rsaKey, rsaKey.jwk(object{"kty": "FOO"}), "401-T unknown_key"},
		{"R7517-02: kty is missing", rsaKey, rsaKey.jwk(object{"kty": nil}), "401-T unknown_key"},
		{"R7517-02: kty in lower case", rsaKey, rsaKey.jwk(object{"kty": "rsa"}), "401-T unknown_key"},
		{"R7517-02: an EC key without y", ec, ec.jwk(object{"y": nil}), "401-T unknown_key"},
		{"R7517-02: an RSA key without e", rsaKey, rsaKey.jwk(object{"e": nil}), "401-T unknown_key"},
		{"R7517-02: a kid that is a number", rsaKey, rsaKey.jwk(object{"kid": 1}), "401-T unknown_key"},
		{"R7517-02: a padded n", rsaKey, rsaKey.jwk(object{"n": rsaKey.jwk(nil)["n"].(string) + "=="}), "401-T unknown_key"},
		{"R7517-03: use is enc", rsaKey, rsaKey.jwk(object{"use": "enc"}), "401-T unknown_key"},
		{"R7517-03: use is a number", rsaKey, rsaKey.jwk(object{"use": 1}), "401-T unknown_key"},
		{"R7517-03: key_ops without verify", rsaKey, rsaKey.jwk(object{"use": nil, "key_ops": []string{"encrypt"}}), "401-T unknown_key"},
		{"R7517-03: key_ops is empty", rsaKey, rsaKey.jwk(object{"use": nil, "key_ops": []string{}}), "401-T unknown_key"},
		{"R7517-03: key_ops is a string", rsaKey, rsaKey.jwk(object{"use": nil, "key_ops": "verify"}), "401-T unknown_key"},
		{"R7517-03: use and key_ops contradict each other", rsaKey, rsaKey.jwk(object{"use": "sig", "key_ops": []string{"verify", "encrypt"}}), "401-T unknown_key"},
		{"R7517-03: use enc and key_ops verify", rsaKey, rsaKey.jwk(object{"use": "enc", "key_ops": []string{"verify"}}), "401-T unknown_key"},
		{"R7517-03: use and key_ops agree", rsaKey, rsaKey.jwk(object{"use": "sig", "key_ops": []string{"verify"}}), "OK"},
		{"R7517-07: private members", rsaKey, rsaKey.jwk(object{"d": "AQAB"}), "401-T unknown_key"},
		{"R7518-04: 1024 bits", short, short.jwk(nil), "401-T unknown_key"},
		{"R7518-04: 1024 bits behind zero octets", short, short.jwk(object{"n": b64(string(make([]byte, 128)) + decoded(short.jwk(nil)["n"]))}), "401-T unknown_key"},
		{"R7518-04: 16384 bits", rsaKey, rsaKey.jwk(object{"n": b64("\xff" + string(make([]byte, 2046)) + "\x01")}), "401-T unknown_key"},
		{"R7518-04: an even exponent", rsaKey, rsaKey.jwk(object{"e": b64("\x01\x00\x02")}), "401-T unknown_key"},
		{"R7518-04: the exponent 1", rsaKey, rsaKey.jwk(object{"e": b64("\x01")}), "401-T unknown_key"},
		{"R7518-04: an exponent that no int holds", rsaKey, rsaKey.jwk(object{"e": b64("\x01\x00\x00\x00\x00\x00\x00\x00\x01")}), "401-T unknown_key"},
		{"R7518-08: x of 32 octets of which the first is 0", leading, leading.jwk(nil), "OK"},
		{"R7518-08: the same x of 31 octets", leading, leading.jwk(object{"x": b64(x[1:])}), "401-T unknown_key"},
		{"R7518-08: the same x of 33 octets", leading, leading.jwk(object{"x": b64("\x00" + x)}), "401-T unknown_key"},
		{"R7518-08: a point off the curve", ec, ec.jwk(object{"y": ec.jwk(nil)["x"]}), "401-T unknown_key"},
		{"R7518-08: a point of another curve", ec, ec.jwk(object{"crv": "P-384"}), "401-T unknown_key"},
		{"R8037-01: x of 31 octets", edwards, edwards.jwk(object{"x": b64(decoded(edwards.jwk(nil)["x"])[1:])}), "401-T unknown_key"},
		{"R8037-01: x of 33 octets", edwards, edwards.jwk(object{"x": b64(decoded(edwards.jwk(nil)["x"]) + "\x00")}), "401-T unknown_key"},
		{"R8037-01: X25519", edwards, edwards.jwk(object{"crv": "X25519"}), "401-T unknown_key"},
		{"R8037-01: Ed25519 in lower case", edwards, edwards.jwk(object{"crv": "ed25519"}), "401-T unknown_key"},
		{"R8037-01: kty is EC", edwards, edwards.jwk(object{"kty": "EC"}), "401-T unknown_key"},
		{"R9864-01: Ed448", edwards, edwards.jwk(object{"alg": nil, "crv": "Ed448", "x": b64(make([]byte, 57))}), "401-T unknown_key"},
		{"an alg that does not fit the key", ec, ec.jwk(object{"alg": "RS256"}), "401-T unknown_key"},
		{"an alg that is unknown", ec, ec.jwk(object{"alg": "XX"}), "401-T unknown_key"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := knowing(t, row.bad, es().jwk(object{"foo": 1}))
			a.wants(t, row.signer.token(nil), row.want)
			a.wants(t, es().token(nil), "OK")
		})
	}

	t.Run("R7517-02: entries that are no keys beside one with a member that nobody knows", func(t *testing.T) {
		good := string(encode(es().jwk(object{"foo": object{"a": 1}})))
		twice := `{"kty":"RSA",` + string(encode(rsaKey.jwk(nil)))[1:]
		set, err := jwks.Parse([]byte(`{"foo":[{}],"keys":[1,"x",null,[],{},` + twice + `,{"x":{"a":1,"a":1}},` + good + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		a := newAPI(verifier(t, func(c *jwks.Config) { c.KeySet = set }))
		a.wants(t, es().token(nil), "OK")
		a.wants(t, rsaKey.token(nil), "401-T unknown_key")
	})
}

// A shared secret in a public set is known to everybody (R7517-07).
func TestSymmetricKeys(t *testing.T) {
	secret := []byte("a secret of thirty-two bytes and")
	a := knowing(t, object{"kty": "oct", "kid": "oct", "k": b64(secret)}, es().jwk(nil))
	a.try(t, []attempt{
		{"R7517-07: HS256 with the secret of the set", hs256("oct", secret), "401-T algorithm_not_allowed"},
		{"R7517-07: HS256 without a kid", hs256("", secret), "401-T algorithm_not_allowed"},
		{"the key beside it", es().token(nil), "OK"},
	})
}

func TestEqualKeyIDs(t *testing.T) {
	r, e, r2 := rs(), es(), other()
	r.kid, e.kid, r2.kid = "1", "1", "1"
	a := knowing(t, r.jwk(nil), e.jwk(nil))
	a.try(t, []attempt{
		{"R7517-05: RS256", r.token(nil), "OK"},
		{"R7517-05: ES256", e.token(nil), "OK"},
		{"R7517-05: EdDSA fits neither", ed().tokenAs(object{"kid": "1"}, nil), "401-T algorithm_not_allowed"},
	})
	knowing(t, r.jwk(nil), r2.jwk(nil)).try(t, []attempt{
		{"R7517-05: the first of two RSA keys", r.token(nil), "OK"},
		{"R7517-05: the second of two RSA keys", r2.token(nil), "OK"},
	})
}

func TestNoKeyID(t *testing.T) {
	var curves []object
	var last key
	for range 4 {
		last = newEC("", "ES256", elliptic.P256())
		curves = append(curves, last.jwk(object{"kid": nil}))
	}
	fifth := newEC("", "ES256", elliptic.P256()).jwk(object{"kid": nil})
	without := object{"kid": nil}

	knowing(t, rs().jwk(nil), other().jwk(nil)).try(t, []attempt{
		{"R7517-06: signed by the first of two", rs().tokenAs(without, nil), "OK"},
		{"R7517-06: signed by the second of two", other().tokenAs(without, nil), "OK"},
		{"R7517-06: an empty kid is none", other().tokenAs(object{"kid": ""}, nil), "OK"},
		{"R7517-06: signed by neither", last.tokenAs(object{"kid": nil, "alg": "RS256"}, nil), "401-T bad_signature"},
	})
	knowing(t, append(curves, all()[:1]...)...).try(t, []attempt{
		{"R7517-06: the last of four, beside another type", last.tokenAs(without, nil), "OK"},
	})
	knowing(t, append(curves, fifth)...).try(t, []attempt{
		{"R7517-06: one of five", last.tokenAs(without, nil), "401-T unknown_key"},
	})
}

func decoded(s any) string {
	octets, err := base64.RawURLEncoding.DecodeString(s.(string))
	must(err)
	return string(octets)
}
