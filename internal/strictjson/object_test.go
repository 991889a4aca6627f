package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/warder-go/warder/internal/strictjson"
)

func nested(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

// members returns an object of n distinct members.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":0`, i)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// R7515-05, R7515-06, R7519-01: one object in valid UTF-8, no duplicate names, nothing after it.
func TestParseRefuses(t *testing.T) {
	const (
		syntax    = "strictjson: not valid JSON"
		notObject = "strictjson: not a JSON object"
		trailing  = "strictjson: bytes after the value"
		text      = "strictjson: a string is not valid Unicode text"
		duplicate = "strictjson: duplicate member name"
		depth     = "strictjson: nested more than 16 deep"
	)
	for _, tt := range []struct{ name, doc, want string }{
		{"nothing", ``, notObject},
		{"only whitespace", " \n", notObject},
		{"an array", `[]`, notObject},
		{"a string", `"x"`, notObject},
		{"null", `null`, notObject},
		{"a number", `1`, notObject},
		{"a byte order mark before the object", "\uFEFF{}", notObject},
		{"a no-break space before the object", "\u00A0{}", notObject},
		{"a form feed before the object", "\f{}", notObject},
		{"a letter after the object", `{}x`, trailing},
		{"a second object", `{}{}`, trailing},
		{"a comma after the object", `{},`, trailing},
		{"a zero byte after the object", "{}\x00", trailing},
		{"an object that is not closed", `{`, syntax},
		{"an object cut after a name", `{"a"`, syntax},
		{"an object cut after a colon", `{"a":`, syntax},
		{"an object cut after a value", `{"a":1`, syntax},
		{"an object cut after a comma", `{"a":1,`, syntax},
		{"a comma before the closing brace", `{"alg":"RS256",}`, syntax},
		{"a comma alone", `{,}`, syntax},
		{"two commas", `{"a":1,,"b":2}`, syntax},
		{"no comma", `{"a":1 "b":2}`, syntax},
		{"no colon", `{"a" 1}`, syntax},
		{"an equals sign for a colon", `{"a"=1}`, syntax},
		{"a name without quotes", `{a:1}`, syntax},
		{"a name in single quotes", `{'a':1}`, syntax},
		{"a number for a name", `{1:1}`, syntax},
		{"a comment", `{/**/}`, syntax},
		{"a value that is missing", `{"a":}`, syntax},
		{"an array that is not closed", `{"a":[1`, syntax},
		{"an array cut after a comma", `{"a":[1,`, syntax},
		{"an array closed by a brace", `{"a":[1}`, syntax},
		{"an array with a comma before its bracket", `{"a":[1,]}`, syntax},
		{"an array that starts with a comma", `{"a":[,1]}`, syntax},
		{"an array without a comma", `{"a":[1 2]}`, syntax},
		{"a literal in another case", `{"a":True}`, syntax},
		{"a literal cut short", `{"a":tru}`, syntax},
		{"a literal with more letters", `{"a":nullx}`, syntax},
		{"NaN", `{"a":NaN}`, syntax},
		{"Infinity", `{"a":Infinity}`, syntax},
		{"a minus alone", `{"a":-}`, syntax},
		{"a plus sign", `{"a":+1}`, syntax},
		{"a leading zero", `{"a":01}`, syntax},
		{"a negative leading zero", `{"a":-01}`, syntax},
		{"a point without digits after it", `{"a":1.}`, syntax},
		{"a point without digits before it", `{"a":.5}`, syntax},
		{"an exponent without digits", `{"a":1e}`, syntax},
		{"an exponent with a sign alone", `{"a":1e+}`, syntax},
		{"a hexadecimal number", `{"a":0x1}`, syntax},
		{"an underscore in a number", `{"a":1_0}`, syntax},
		{"a string that is not closed", `{"a":"x`, syntax},
		{"a string that ends in a backslash", `{"a":"x\`, syntax},
		{"a string closed by an escaped quote", `{"a":"x\"}`, syntax},
		{"a line break in a string", "{\"a\":\"x\ny\"}", syntax},
		{"a zero byte in a string", "{\"a\":\"x\x00y\"}", syntax},
		{"an escape JSON does not have", `{"a":"\x41"}`, syntax},
		{"an escape in the wrong case", `{"a":"\U0041"}`, syntax},
		{"an escape of three digits", `{"a":"\u041"}`, syntax},
		{"an escape with a digit that is none", `{"a":"\u00g1"}`, syntax},
		{"an escape cut by the end", `{"a":"\u00`, syntax},
		{"a Latin-1 byte", "{\"a\":\"\xe9\"}", text},
		{"an overlong slash", "{\"a\":\"\xc0\xaf\"}", text},
		{"a UTF-8 sequence cut short", "{\"a\":\"\xe2\x82\"}", text},
		{"a surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", text},
		{"a code point past U+10FFFF", "{\"a\":\"\xf4\x90\x80\x80\"}", text},
		{"invalid UTF-8 in a name", "{\"\xff\":1}", text},
		{"invalid UTF-8 far below", "{\"a\":[{\"b\":[\"\xff\"]}]}", text},
		{"a high surrogate alone", `{"a":"\ud83d"}`, text},
		{"a low surrogate alone", `{"a":"\ude00"}`, text},
		{"surrogates in the wrong order", `{"a":"\ude00\ud83d"}`, text},
		{"a high surrogate before another escape", `{"a":"\ud83d\n"}`, text},
		{"a high surrogate before a letter", `{"a":"\ud83dx"}`, text},
		{"a lone surrogate in a name", `{"\ud83d":1}`, text},
		{"a noncharacter", "{\"a\":\"\uFFFE\"}", text},
		{"a noncharacter as an escape", `{"a":"\uffff"}`, text},
		{"a noncharacter of the Arabic block", "{\"a\":\"\uFDD0\"}", text},
		{"a noncharacter of another plane as escapes", `{"a":"\ud83f\udffe"}`, text},
		{"two equal names", `{"sub":"a","sub":"b"}`, duplicate},
		{"two equal names with equal values", `{"alg":"RS256","typ":"at+jwt","alg":"RS256"}`, duplicate},
		{"two equal names, one of them escaped", `{"alg":"RS256","\u0061lg":"none"}`, duplicate},
		{"two names escaped differently", `{"\u0061lg":"RS256","a\u006cg":"none"}`, duplicate},
		{"two empty names", `{"":1,"":2}`, duplicate},
		{"two equal names in a nested object", `{"cnf":{"jkt":"a","jkt":"b"}}`, duplicate},
		{"two equal names in an object in an array", `{"a":[1,{"b":1,"b":2}]}`, duplicate},
		{"two equal names at the limit of depth", strings.Replace(nested(16), "{}", `{"b":1,"b":2}`, 1), duplicate},
		{"two equal names after a nested object", `{"a":1,"b":{"c":1},"a":2}`, duplicate},
		{"two equal names among forty", `{"m7":1,` + members(40)[1:], duplicate},
		{"two equal names among forty in a nested object", `{"a":{"m39":1,` + members(40)[1:] + `}`, duplicate},
		{"objects seventeen deep", nested(17), depth},
		{"arrays seventeen deep", `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, depth},
		{"arrays ten thousand deep and not closed", `{"a":` + strings.Repeat("[", 10000), depth},
		{"objects ten thousand deep and not closed", strings.Repeat(`{"a":`, 10000), depth},
		{"two equal names among two thousand", `{"m1999":1,` + members(2000)[1:], duplicate},
		{"two equal names among two thousand, one of them escaped", `{"\u006d7":1,` + members(2000)[1:], duplicate},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := strictjson.Parse(tt.doc)
			if err == nil {
				t.Fatalf("accepted: %v", o)
			}
			if err.Error() != tt.want {
				t.Errorf("error %q, want %q", err, tt.want)
			}
			if o != nil {
				t.Errorf("members beside an error: %v", o)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, doc string
		want      strictjson.Object
	}{
		{"an empty object", `{}`, strictjson.Object{}},
		{"whitespace wherever it may be", " \t\r\n{ \"a\" : 1 , \"b\" :\n[ 1 , 2 ] } \n", strictjson.Object{{"a", "1"}, {"b", "[ 1 , 2 ]"}}},
		{"members in their order", `{"z":1,"a":2}`, strictjson.Object{{"z", "1"}, {"a", "2"}}},
		{"names that differ in case (R7519-02)", `{"exp":1,"EXP":2,"Exp":3}`, strictjson.Object{{"exp", "1"}, {"EXP", "2"}, {"Exp", "3"}}},
		{"an escaped name (R7515-12)", `{"\u0061lg":"RS256"}`, strictjson.Object{{"alg", `"RS256"`}}},
		{"an empty name", `{"":1}`, strictjson.Object{{"", "1"}}},
		{"one name at several depths", `{"a":{"a":{"a":1}},"b":{"a":[{"a":2},{"a":3}]}}`,
			strictjson.Object{{"a", `{"a":{"a":1}}`}, {"b", `{"a":[{"a":2},{"a":3}]}`}}},
		{"names with equal ends", `{"aba":1,"aca":2,"ab":3,"a":4}`, strictjson.Object{{"aba", "1"}, {"aca", "2"}, {"ab", "3"}, {"a", "4"}}},
		{"an empty array and object", `{"a":[],"b":{},"c":[ ]}`, strictjson.Object{{"a", "[]"}, {"b", "{}"}, {"c", "[ ]"}}},
		{"literals", `{"a":true,"b":false,"c":null}`, strictjson.Object{{"a", "true"}, {"b", "false"}, {"c", "null"}}},
		{"numbers of every form", `{"a":0,"b":-0,"c":-1.50,"d":1e400,"e":1E-2,"f":0.5e+7}`,
			strictjson.Object{{"a", "0"}, {"b", "-0"}, {"c", "-1.50"}, {"d", "1e400"}, {"e", "1E-2"}, {"f", "0.5e+7"}}},
		{"braces, quotes and commas in strings", `{"a":"}\",{","b":"]"}`, strictjson.Object{{"a", `"}\",{"`}, {"b", `"]"`}}},
		{"text beyond ASCII", `{"ключ":"日本 😀"}`, strictjson.Object{{"ключ", `"日本 😀"`}}},
		{"the replacement character itself", "{\"a\":\"\uFFFD\"}", strictjson.Object{{"a", "\"\uFFFD\""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := strictjson.Parse(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, o); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseAtTheLimits(t *testing.T) {
	for name, doc := range map[string]string{
		"objects sixteen deep":                      nested(16),
		"arrays sixteen deep":                       `{"a":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`,
		"ten thousand members":                      members(10000),
		"ten thousand members, deeper":              `{"a":` + members(5000) + `,"b":` + members(5000) + `}`,
		"more array elements than members":          `{"a":[0` + strings.Repeat(",0", 1000) + `]}`,
		"depth that comes and goes":                 `{"a":` + nested(15) + `,"b":` + nested(15) + `}`,
		"forty members, one of them twice, deeper":  `{"m7":` + members(40) + `,"m8":1}`,
		"two hundred members, every second escaped": strings.ReplaceAll(members(200), `"m1`, `"\u006d1`),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := strictjson.Parse(doc); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseOuter(t *testing.T) {
	for _, tt := range []struct {
		name, doc string
		limit     int
		ok        bool
	}{
		{"duplicates below are left to whoever looks there (R7517-02)", `{"keys":[{"kty":"EC","kty":"RSA"}]}`, 100, true},
		{"duplicates of its own are refused", `{"keys":[],"keys":[]}`, 100, false},
		{"many members below", `{"a":` + members(300) + `}`, 301, true},
		{"one member more than the limit", `{"a":` + members(300) + `}`, 300, false},
		{"256 members of its own", members(256), 1000, true},
		{"257 members of its own", members(257), 1000, false},
		{"bad grammar below", `{"keys":[{"a":1,}]}`, 100, false},
		{"bad text below", "{\"keys\":[{\"a\":\"\xff\"}]}", 100, false},
		{"depth below", nested(17), 100, false},
		{"an array", `[]`, 100, false},
		{"bytes after it", `{}[]`, 100, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := strictjson.ParseOuter(tt.doc, tt.limit); (err == nil) != tt.ok {
				t.Errorf("accepted %v, error %v", err == nil, err)
			}
		})
	}
}

func TestGet(t *testing.T) {
	o, err := strictjson.Parse(`{"Exp":1,"exp":2}`)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := o.Get("exp"); !ok || v != "2" {
		t.Errorf("exp: %q, %v", v, ok)
	}
	if v, ok := o.Get("EXP"); ok || v != "" {
		t.Errorf("EXP: %q, %v", v, ok)
	}
	if _, ok := strictjson.Object(nil).Get(""); ok {
		t.Error("the nil Object has a member")
	}
}

func TestParseAllocatesTheObjectAlone(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { strictjson.Parse(claims) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
