package verifiertest

import "strings"

// payloads are those that are not one JSON object (RFC 7519 §7.2), signed as
// they are.
func (f *forge) payloads() []attempt {
	good := f.payload(nil)
	open := strings.TrimSuffix(good, "}")
	return []attempt{
		refused("R7519-01: the payload is an array", f.withPayload("["+good+"]")),
		refused("R7519-01: the payload is a string", f.withPayload(`"x"`)),
		refused("R7519-01: the payload is a number", f.withPayload("1")),
		refused("R7519-01: the payload is null", f.withPayload("null")),
		refused("R7519-01: the payload is an empty object", f.withPayload("{}")),
		refused("R7519-01: a byte behind the payload's object", f.withPayload(good+"x")),
		refused("R7519-01: a NUL behind the payload's object", f.withPayload(good+"\x00")),
		refused("R7519-01: a second object behind the payload's", f.withPayload(good+good)),
		refused("R7519-01: a byte order mark in the payload", f.withPayload("\xef\xbb\xbf"+good)),
		refused("R7519-01: invalid UTF-8 in a claim", f.withPayload(open+",\"x\":\"\xc3\x28\"}")),
		refused("R7519-01: invalid UTF-8 in sub", f.withPayload(strings.Replace(good, f.says.Subject, f.says.Subject+"\xff", 1))),
		refused("R7519-01: a comma too many in the payload", f.withPayload(open+",}")),
		refused("R7519-01: a comment in the payload", f.withPayload(open+"/**/}")),
		refused("R7519-01: half a payload", f.withPayload(good[:len(good)/2])),
		f.accepted("white space around and in the payload", f.withPayload(" \t\r\n{ "+good[1:]+"\n")),
		f.accepted("R7519-12: a claim that nobody knows", f.token(nil, object{"foo": []any{1, object{"bar": nil}}})),
	}
}

// names are claims that are there twice, or in another case. Names are
// case-sensitive (RFC 7519 §4); encoding/json does not think so.
func (f *forge) names() []attempt {
	first := func(member string) string { return f.withPayload("{" + member + "," + f.payload(nil)[1:]) }
	last := func(claims object, member string) string {
		return f.withPayload(strings.TrimSuffix(f.payload(claims), "}") + "," + member + "}")
	}
	return []attempt{
		refused("R7519-01: two exp claims, the first one past", first(`"exp":1`)),
		refused("R7519-01: two exp claims, the last one past", last(nil, `"exp":1`)),
		refused("R7519-01: two exp claims, one of them with an escape", first(`"\u0065xp":1`)),
		refused("R7519-01: two aud claims", first(`"aud":"`+marker+`"`)),
		refused("R7519-01: two sub claims", last(nil, `"sub":"`+marker+`"`)),
		refused("R7519-01: two equal sub claims", last(nil, `"sub":"`+f.says.Subject+`"`)),
		refused("R7519-01: two scope claims", last(nil, `"scope":"rule"`)),
		refused("two equal names inside cnf", last(nil, `"cnf":{"jkt":"a","jkt":"b"}`)),

		refused("R7519-02: EXP instead of exp", last(object{"exp": nil}, `"EXP":4102444800`)),
		refused("R7519-02: EXP in the future behind an exp in the past", last(object{"exp": 1}, `"EXP":4102444800`)),
		refused("R7519-02: ISS behind another iss", last(object{"iss": "https://" + marker}, `"ISS":"`+f.says.Issuer+`"`)),
		refused("R7519-02: iss with a long s behind another iss", last(object{"iss": "https://" + marker}, `"i\u017fs":"`+f.says.Issuer+`"`)),
		refused("R7519-02: AUD behind another aud", last(object{"aud": "https://" + marker}, `"AUD":"`+f.says.Audience[0]+`"`)),
		refused("R7519-02: Sub instead of sub", last(object{"sub": nil}, `"Sub":"`+f.says.Subject+`"`)),
		f.either("SUB behind sub", last(nil, `"SUB":"`+marker+`"`)),
		f.either("SCOPE behind scope", last(nil, `"SCOPE":"rule"`)),
	}
}

// sizes are tokens that are too much for anybody. All are signed: so far
// nothing else is wrong with them. No guard takes a token beyond 16 KiB, nor
// can a handler read claims that are nested a hundred times.
func (f *forge) sizes() []attempt {
	const megabyte = 1 << 20
	nested := func(open, inner, end string, depth int) raw {
		return raw(strings.Repeat(open, depth) + inner + strings.Repeat(end, depth))
	}
	return []attempt{
		refused("a hundred levels of nesting in a claim", f.token(nil, object{"x": nested("[", "", "]", 100)})),
		refused("ten thousand levels of nesting in a claim", f.withPayload(strings.TrimSuffix(f.payload(nil), "}")+`,"x":`+string(nested("[", "", "]", 10_000))+"}")),
		refused("ten thousand levels of nesting that do not end", f.withPayload(strings.Repeat("[", 10_000))),
		refused("a hundred levels of nesting in the header", f.token(object{"x": nested("[", "", "]", 100)}, nil)),
		refused("R8693-03: a hundred actors", f.token(nil, object{"act": nested(`{"sub":"s","act":`, `{"sub":"s"}`, "}", 100)})),
		refused("a claim of one megabyte", f.token(nil, object{"x": strings.Repeat("x", megabyte)})),
		refused("a header of one megabyte", f.token(object{"x": strings.Repeat("x", megabyte)}, nil)),
		refused("fifty thousand audiences", f.token(nil, object{"aud": many(50_000, f.says.Audience[0])})),
		refused("a megabyte of one letter", strings.Repeat("A", megabyte)),
		refused("a megabyte of dots", strings.Repeat(".", megabyte)),
	}
}

// many is n strings, the last of them s.
func many(n int, s string) []string {
	list := make([]string, n)
	list[n-1] = s
	return list
}
