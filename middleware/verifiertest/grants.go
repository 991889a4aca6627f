package verifiertest

import (
	"errors"
	"slices"
	"time"

	"github.com/warder-go/warder/middleware"
)

// scopes are tokens by what they grant (RFC 6749 §3.3): words between spaces,
// and nothing else separates them.
func (f *forge) scopes() []attempt {
	granting := func(scope ...string) func(*middleware.Token) {
		return func(t *middleware.Token) { t.Scopes = scope }
	}
	with := func(scope any) string { return f.token(nil, object{"scope": scope}) }
	attempts := []attempt{
		f.accepted("two scopes", with("read write"), granting("read", "write")),
		f.accepted("no scope", with(nil), granting()),
		f.accepted("a comma is no separator of scopes", with("read,write"), granting("read,write")),
		f.accepted("scopes differ by case", with("READ Read"), granting("READ", "Read")),
		f.either("an empty scope", with(""), granting()),
		f.either("more spaces than needed around scopes", with(" read   write "), granting("read", "write")),
		refused("R8693-04: scope is an array", with([]string{"read"})),
		refused("R8693-04: scope is an object", with(object{"read": true})),
		refused("R8693-04: scope is a number", with(1)),
		refused("R8693-04: scope is null", with(raw("null"))),
	}
	for _, separator := range []value{
		{"a tab", "\t"}, {"a line break", "\n"}, {"a NUL", "\x00"}, {"a no-break space", "\u00a0"}, {"an ideographic space", "\u3000"}, {"a quote", `"`},
	} {
		a := f.either(separator.what+" is no separator of scopes", with("read"+separator.is.(string)+"write"))
		a.right = func(t *middleware.Token) error {
			if slices.Contains(t.Scopes, "read") || slices.Contains(t.Scopes, "write") {
				return errors.New("it grants what the token does not")
			}
			return nil
		}
		attempts = append(attempts, a)
	}
	return attempts
}

// confirmations are sender-constrained tokens (RFC 7800 §3.1). Whoever loses
// a cnf makes a bearer token of one that is not.
func (f *forge) confirmations() []attempt {
	with := func(cnf any) string { return f.token(nil, object{"cnf": cnf}) }
	bound := func(cnf map[string]string) func(*middleware.Token) {
		return func(t *middleware.Token) { t.Confirmation = cnf }
	}
	attempts := []attempt{
		f.accepted("a token bound to a key", with(object{"jkt": "a"}), bound(map[string]string{"jkt": "a"})),
		f.accepted("a token bound to two keys", with(object{"jkt": "a", "x5t#S256": "b"}), bound(map[string]string{"jkt": "a", "x5t#S256": "b"})),
		f.either("a token bound in a way that nobody knows", with(object{"x": "y"}), bound(map[string]string{"x": "y"})),
		f.either("cnf with a member that is no string", with(object{"jwk": object{"kty": "OKP"}}), bound(map[string]string{"jwk": `{"kty":"OKP"}`})),
		f.either("an empty cnf", with(object{}), bound(map[string]string{})),
	}
	for _, cnf := range []value{
		{"a string", "a"}, {"a number", 1}, {"true", true}, {"null", raw("null")}, {"an array", []object{{"jkt": "a"}}},
	} {
		attempts = append(attempts, refused("R7800-01: cnf is "+cnf.what, with(cnf.is)))
	}
	return attempts
}

// details are claims that somebody behind the verifier decides by, so that
// their type must be right even where nobody does (RFC 9068 §2.2.1, RFC 8693
// §4.1, RFC 9396 §9.1).
func (f *forge) details() []attempt {
	signedIn := f.says.IssuedAt.Add(-time.Hour)
	attempts := []attempt{
		f.accepted("R9068-09: auth_time, acr and amr as they should be",
			f.token(nil, object{"auth_time": signedIn.Unix(), "acr": "phr", "amr": []string{"pwd", "otp"}}),
			func(t *middleware.Token) { t.AuthTime, t.ACR = signedIn, "phr" }),
		f.accepted("R8693-02: act with a date of its own", f.token(nil, object{"act": object{"sub": "s", "exp": 1}})),
		f.accepted("authorization_details as they should be",
			f.token(nil, object{"authorization_details": []object{{"type": "payment", "amount": object{"value": 45}}}})),
	}
	for _, claim := range []struct {
		row, name string
		wrong     []value
	}{
		{"R9068-09", "auth_time", []value{{"a string", "1"}, {"true", true}, {"null", raw("null")}, {"1e30", raw("1e30")}}},
		{"R9068-09", "acr", []value{{"a number", 1}, {"an array", []string{"phr"}}, {"null", raw("null")}}},
		{"R8693-02", "act", []value{{"a string", "s"}, {"an array", []object{{"sub": "s"}}}, {"null", raw("null")}}},
		{"R9396-01", "authorization_details", []value{
			{"an object", object{"type": "payment"}}, {"a string", "payment"}, {"null", raw("null")},
			{"an array of strings", []string{"payment"}}, {"an array with a detail without type", []object{{"type": "payment"}, {"amount": 1}}},
			{"an array with a type that is no string", []object{{"type": 1}}},
		}},
	} {
		for _, v := range claim.wrong {
			attempts = append(attempts, refused(claim.row+": "+claim.name+" is "+v.what, f.token(nil, object{claim.name: v.is})))
		}
	}
	return attempts
}
