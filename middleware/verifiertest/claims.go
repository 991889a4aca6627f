package verifiertest

import (
	"fmt"
	"strings"
	"time"

	"github.com/warder-go/warder/middleware"
)

// issuers are tokens whose iss is not the issuer, byte for byte (RFC 9068 §4).
func (f *forge) issuers() []attempt {
	with := func(iss any) string { return f.token(nil, object{"iss": iss}) }
	scheme, rest, _ := strings.Cut(f.issuer.URL, ":")
	return []attempt{
		refused("R9068-03: iss with a slash behind it", with(f.issuer.URL+"/")),
		refused("R9068-03: iss with a path behind it", with(f.issuer.URL+"/tenant")),
		refused("R9068-03: iss with a space behind it", with(f.issuer.URL+" ")),
		refused("R9068-03: iss with its scheme in capitals", with(strings.ToUpper(scheme)+":"+rest)),
		refused("R9068-03: iss without its last character", with(f.issuer.URL[:len(f.issuer.URL)-1])),
		refused("R9068-03: iss of another issuer under this one's signature", with(f.stranger.URL)),
		refused("R9068-03: iss is empty", with("")),
		refused("R7519-11: iss is a number", with(1)),
		refused("R7519-11: iss is an array with the issuer in it", with([]string{f.issuer.URL})),
	}
}

// audiences are tokens for others (RFC 7519 §4.1.3).
func (f *forge) audiences() []attempt {
	us, them := f.says.Audience[0], "https://"+marker+".example"
	with := func(aud any) string { return f.token(nil, object{"aud": aud}) }
	return []attempt{
		f.accepted("R7519-09: aud is an array with this server in it", with([]string{them, us}), func(t *middleware.Token) { t.Audience = []string{them, us} }),
		f.accepted("R7519-09: aud is an array of this server", with([]string{us})),
		f.accepted("R7519-10: aud is this server, with escapes", f.withPayload(strings.Replace(f.payload(nil), us, strings.ReplaceAll(us, "/", `\/`), 1))),
		refused("R7519-10: aud is another server", with(them)),
		refused("R7519-10: aud is an array of other servers", with([]string{them, f.issuer.URL})),
		refused("R7519-10: aud is the issuer", with(f.issuer.URL)),
		refused("R7519-10: aud is the client", with(f.says.ClientID)),
		refused("R7519-10: aud has a slash behind it", with(us+"/")),
		refused("R7519-10: aud has a path behind it", with(us+"/notes")),
		refused("R7519-10: aud is a part of this server's", with(us[:len(us)-1])),
		refused("R7519-10: aud is in capitals", with(strings.ToUpper(us))),
		refused("R7519-10: aud is two servers in one string", with(them+" "+us)),
		refused("R7519-10: aud is empty", with("")),
		refused("R7519-09: aud is an empty array", with([]string{})),
		refused("R7519-09: aud is a number", with(1)),
		refused("R7519-09: aud is null", with(raw("null"))),
		refused("R7519-09: aud is an object", with(object{us: us})),
		refused("R7519-09: aud is an array of more than strings", with([]any{us, 1})),
		refused("R7519-09: aud is an array in an array", with([]any{[]string{us}})),
	}
}

// dates are those that make a token bad (RFC 7519 §4.1.4 to §4.1.6), an hour or
// more away from any clock skew.
func (f *forge) dates() []attempt {
	now := f.says.IssuedAt
	ago, ahead := now.Add(-time.Hour), now.Add(2*time.Hour)
	half := func(t time.Time) raw { return raw(fmt.Sprintf("%d.5", t.Unix())) }
	attempts := []attempt{
		f.accepted("R7519-07: exp with a fraction", f.token(nil, object{"exp": half(ahead)}), func(t *middleware.Token) { t.Expiry = ahead }),
		f.accepted("R7519-07: exp with an exponent", f.token(nil, object{"exp": raw("4.1024448e9")}), func(t *middleware.Token) { t.Expiry = time.Unix(4102444800, 0) }),
		f.accepted("R7519-07: iat with a fraction", f.token(nil, object{"iat": half(ago)}), func(t *middleware.Token) { t.IssuedAt = ago }),
		f.accepted("nbf an hour ago", f.token(nil, object{"nbf": ago.Unix()}), func(t *middleware.Token) { t.NotBefore = ago }),
		refused("R7519-03: exp an hour ago", f.token(nil, object{"exp": ago.Unix()})),
		refused("R7519-03: exp an hour ago, with a fraction", f.token(nil, object{"exp": half(ago)})),
		refused("R7519-03: exp is zero", f.token(nil, object{"exp": 0})),
		refused("R7519-08: exp before 1970", f.token(nil, object{"exp": -1})),
		refused("R7519-08: exp is -1e30", f.token(nil, object{"exp": raw("-1e30")})),
		refused("R7519-05: nbf in two hours", f.token(nil, object{"nbf": ahead.Unix()})),
		refused("R7519-05: nbf in two hours, with a fraction", f.token(nil, object{"nbf": half(ahead)})),
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		for _, date := range []string{"1e30", "1e400", "9223372036854775808", "18446744073709551616"} {
			attempts = append(attempts, refused("R7519-08: "+name+" is "+date, f.token(nil, object{name: raw(date)})))
		}
		// nbf and iat would do, were they numbers.
		good := now.Unix()
		if name == "exp" {
			good = ahead.Unix()
		}
		for _, date := range []value{
			{"a string", fmt.Sprint(good)}, {"a date in words", "2099-01-01T00:00:00Z"},
			{"null", raw("null")}, {"true", true}, {"an array", []int64{good}}, {"an object", object{}},
		} {
			attempts = append(attempts, refused("R7519-06: "+name+" is "+date.what, f.token(nil, object{name: date.is})))
		}
	}
	return attempts
}

// required are tokens that lack a claim (RFC 9068 §2.2), or whose claim about
// somebody is no string.
func (f *forge) required() []attempt {
	var attempts []attempt
	for _, name := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} {
		attempts = append(attempts, refused("R9068-04: no "+name, f.token(nil, object{name: nil})))
	}
	for _, name := range []string{"sub", "client_id", "jti"} {
		row := "R7519-11"
		if name == "client_id" {
			row = "R8693-04"
		}
		for _, v := range []value{
			{"a number", 1}, {"null", raw("null")}, {"false", false}, {"an array", []string{marker}}, {"an object", object{"id": marker}},
		} {
			attempts = append(attempts, refused(row+": "+name+" is "+v.what, f.token(nil, object{name: v.is})))
		}
	}
	return attempts
}
