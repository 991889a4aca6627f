package strictjson_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/warder-go/warder/internal/strictjson"
)

// FuzzParse: what Parse accepts, encoding/json accepts and reads alike, member by member;
// no object in it has a name twice; and printing what was read gives a document that
// reads the same.
func FuzzParse(f *testing.F) {
	for _, doc := range []string{
		claims, `{}`, nested(16), nested(17), members(20), members(3000),
		`{"a":[1,{"b":null,"c":[[],{}]}],"d":"\ud83d\ude00\u0000\"","\u0061b":-1.5e-3}`,
		`{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":1}x`,
		" {\n\"a\" :\ttrue , \"b\":false}\r\n",
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		o, err := strictjson.Parse(doc)
		outer, outerErr := strictjson.ParseOuter(doc, strictjson.NoLimit)
		if err != nil {
			if o != nil {
				t.Fatal("members beside an error")
			}
			return
		}
		if len(o) > 256 != (outerErr != nil) || outerErr == nil && !reflect.DeepEqual(outer, o) {
			t.Fatalf("ParseOuter disagrees: %v", outerErr)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(doc), &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if len(want) != len(o) {
			t.Fatalf("%d members, encoding/json has %d", len(o), len(want))
		}
		checkNames(t, doc)
		var printed strings.Builder
		printed.WriteByte('{')
		for i, m := range o {
			raw, ok := want[m.Name]
			if !ok || string(raw) != string(m.Value) {
				t.Fatalf("member %q: %q, encoding/json has %q", m.Name, m.Value, raw)
			}
			checkValue(t, m.Value)
			if i > 0 {
				printed.WriteByte(',')
			}
			name, err := json.Marshal(m.Name)
			if err != nil {
				t.Fatal(err)
			}
			printed.Write(name)
			printed.WriteString(":" + string(m.Value))
		}
		printed.WriteByte('}')
		again, err := strictjson.Parse(printed.String())
		if err != nil || !reflect.DeepEqual(again, o) {
			t.Fatalf("printed and read again: %v, %v", again, err)
		}
	})
}

// checkValue compares what the methods of v say with encoding/json.
func checkValue(t *testing.T, v strictjson.Value) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(v)))
	decoder.UseNumber()
	var want any
	if err := decoder.Decode(&want); err != nil {
		t.Fatal(err)
	}
	text, isText := v.Text()
	if s, ok := want.(string); ok != isText || s != text || !utf8.ValidString(text) {
		t.Fatalf("Text of %q: %q, want %q", v, text, s)
	}
	number, isNumber := v.Number()
	if n, ok := want.(json.Number); ok {
		want, err := n.Float64()
		if (err == nil) != isNumber || isNumber && want != number {
			t.Fatalf("Number of %q: %v, want %v", v, number, want)
		}
	} else if isNumber {
		t.Fatalf("Number of %q: %v", v, number)
	}
	if date, ok := v.NumericDate(); ok {
		got := float64(date.Unix()) + float64(date.Nanosecond())/1e9
		if !isNumber || math.Abs(got-number) > 1e-4 || date.IsZero() || date.Year() < 1 || date.Year() > 9999 {
			t.Fatalf("NumericDate of %q: %v", v, date)
		}
	} else if isNumber && number > -62135596800 && number < 253402300799 {
		t.Fatalf("%q is no NumericDate", v)
	}
	elements, err := v.Elements(len(v))
	list, isList := want.([]any)
	if isList != (err == nil) || len(elements) != len(list) {
		t.Fatalf("Elements of %q: %q, %v", v, elements, err)
	}
	texts, isTexts := v.Texts()
	allText := isList
	for i, e := range elements {
		checkValue(t, e)
		want, ok := list[i].(string)
		allText = allText && ok
		if isTexts && (!ok || texts[i] != want) {
			t.Fatalf("Texts of %q: %q", v, texts)
		}
	}
	if isTexts != allText || isTexts && len(texts) != len(list) {
		t.Fatalf("Texts of %q: %q, %v", v, texts, isTexts)
	}
	o, err := v.Object()
	if object, ok := want.(map[string]any); ok != (err == nil) || len(o) != len(object) {
		t.Fatalf("Object of %q: %v", v, err)
	}
	for _, m := range o {
		checkValue(t, m.Value)
	}
}

// checkNames walks the tokens of doc and fails if an object has a name twice.
func checkNames(t *testing.T, doc string) {
	t.Helper()
	type level struct {
		names  map[string]bool // nil in an array
		isName bool            // the next token is a name
	}
	var stack []level
	decoder := json.NewDecoder(strings.NewReader(doc))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("encoding/json refuses a token: %v", err)
		}
		if len(stack) > 0 && stack[len(stack)-1].isName {
			if name, ok := token.(string); ok {
				top := &stack[len(stack)-1]
				if top.names[name] {
					t.Fatalf("name %q twice", name)
				}
				top.names[name] = true
				top.isName = false
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{names: map[string]bool{}, isName: true})
			continue
		case json.Delim('['):
			stack = append(stack, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if len(stack) > 0 && stack[len(stack)-1].names != nil {
			stack[len(stack)-1].isName = true
		}
	}
}

// FuzzBase64URL: what is accepted is the canonical spelling of what it decodes to.
func FuzzBase64URL(f *testing.F) {
	for _, s := range []string{"", "AA", "AB", "AAA", "-_-_", "AA==", "AA\nAA", "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		decoded, err := strictjson.Base64URL(s)
		if canonical := base64.RawURLEncoding.EncodeToString(decoded); err == nil && canonical != s {
			t.Fatalf("%q is accepted for %q", s, canonical)
		}
	})
}
