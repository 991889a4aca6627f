package verifiertest

import "strings"

// types are tokens whose typ is that of an access token (RFC 9068 §2.1), or of
// something else that the same keys sign (RFC 8725 §3.11).
func (f *forge) types() []attempt {
	var attempts []attempt
	for _, typ := range []string{"at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"} {
		attempts = append(attempts, f.accepted("R9068-01: typ is "+typ, f.token(object{"typ": typ}, nil)))
	}
	for _, typ := range []string{
		"JWT", "JOSE", "", "at", "jwt+at", "at+jwt2", "at+jwt ", "at+jwt; charset=utf-8", "text/at+jwt", "application/application/at+jwt",
	} {
		attempts = append(attempts, refused(`R9068-01: typ is "`+typ+`"`, f.token(object{"typ": typ}, nil)))
	}
	for _, typ := range []string{"logout+jwt", "dpop+jwt", "secevent+jwt", "statuslist+jwt", "token-introspection+jwt"} {
		attempts = append(attempts, refused("R8725-05: typ is "+typ, f.token(object{"typ": typ}, nil)))
	}
	idToken := object{"aud": f.says.ClientID, "nonce": marker, "azp": f.says.ClientID, "client_id": nil, "jti": nil, "scope": nil}
	return append(attempts,
		refused("R9068-01: no typ", f.token(object{"typ": nil}, nil)),
		refused("R9068-01: typ is null", f.token(object{"typ": raw("null")}, nil)),
		refused("R9068-01: typ is an array", f.token(object{"typ": []string{"at+jwt"}}, nil)),
		refused("R9068-01: TYP instead of typ", f.token(object{"typ": nil, "TYP": "at+jwt"}, nil)),
		refused("R8725-05: an ID token", f.token(object{"typ": "JWT"}, idToken)),
		refused("R8725-05: an ID token without typ", f.token(object{"typ": nil}, idToken)),
		refused("R8725-05: an ID token for the audience", f.token(object{"typ": "JWT"}, object{"nonce": marker})),
	)
}

// extensions are headers that demand what no verifier of access tokens does
// (RFC 7515 §4.1.11, RFC 7797), and members that demand nothing.
func (f *forge) extensions() []attempt {
	var attempts []attempt
	for _, crit := range []struct{ row, is string }{
		{"R7515-08", `["x"]`}, {"R7515-09", `["x","x"]`}, {"R7515-09", `["y"]`}, {"R7515-09", `["alg"]`},
		{"R7515-09", `[]`}, {"R7515-09", `{}`}, {"R7515-09", `"x"`}, {"R7515-09", `[1]`}, {"R7515-09", `null`},
	} {
		attempts = append(attempts, refused(crit.row+": crit is "+crit.is, f.token(object{"crit": raw(crit.is), "x": 1}, nil)))
	}
	return append(attempts,
		refused("R7797-01: b64 is false and critical", f.token(object{"b64": false, "crit": []string{"b64"}}, nil)),
		refused("R7797-01: b64 is false and not critical", f.token(object{"b64": false}, nil)),
		f.accepted("R7515-10: a header member that nobody knows", f.token(object{"foo": 1}, nil)),
	)
}

// headers are those that are not one JSON object with an alg (RFC 7515 §4).
func (f *forge) headers() []attempt {
	good := f.header(nil)
	kid := f.issuer.KeyID("RS256")
	spaced := `{ "kid" :  "` + kid + `",  "\u0061lg":"RS256" , "typ":"at+jwt"  }`
	return []attempt{
		f.accepted("R7515-12: white space, another order and an escape in the header", f.withHeader(spaced)),
		refused("R7515-05: the header is an array", f.withHeader("["+good+"]")),
		refused("R7515-05: the header is a string", f.withHeader(`"x"`)),
		refused("R7515-05: the header is null", f.withHeader("null")),
		refused("R7515-05: a byte behind the header's object", f.withHeader(good+"x")),
		refused("R7515-05: a second object behind the header's", f.withHeader(good+good)),
		refused("R7515-05: a comma too many in the header", f.withHeader(strings.TrimSuffix(good, "}")+",}")),
		refused("R7515-05: a byte order mark in the header", f.withHeader("\xef\xbb\xbf"+good)),
		refused("R7515-05: invalid UTF-8 in the header", f.withHeader(strings.TrimSuffix(good, "}")+",\"x\":\"\xff\"}")),
		refused("R7515-06: two alg members", f.withHeader(`{"alg":"none",`+good[1:])),
		refused("R7515-06: two equal alg members", f.withHeader(`{"alg":"RS256",`+good[1:])),
		refused("R7515-06: two alg members, one of them with an escape", f.withHeader(`{"\u0061lg":"RS256",`+good[1:])),
		refused("R7515-06: two kid members", f.withHeader(`{"kid":"`+f.earlier+`",`+good[1:])),
		refused("R7515-06: two typ members", f.withHeader(`{"typ":"JWT",`+good[1:])),
	}
}
