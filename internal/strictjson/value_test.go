package strictjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/warder-go/warder/internal/strictjson"
)

// value returns text as Parse hands it out.
func value(t testing.TB, text string) strictjson.Value {
	t.Helper()
	o, err := strictjson.Parse(`{"v": ` + text + ` }`)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := o.Get("v")
	if string(v) != text {
		t.Fatalf("value %q of %q", v, text)
	}
	return v
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		json, want string
		ok         bool
	}{
		{`""`, "", true},
		{`"plain"`, "plain", true},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", true},
		{`"\u0061\u00e9\u65E5\u0000"`, "a\u00e9\u65e5\x00", true},
		{`"x\ud83d\ude00y"`, "x\U0001F600y", true},
		{`"\ufffd"`, "\uFFFD", true},
		{`"\u005cu0061"`, `\u0061`, true},
		{`"日本"`, "日本", true},
		{`1`, "", false},
		{`null`, "", false},
		{`true`, "", false},
		{`["a"]`, "", false},
		{`{"a":"b"}`, "", false},
	} {
		got, ok := value(t, tt.json).Text()
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: %q, %v; want %q, %v", tt.json, got, ok, tt.want, tt.ok)
		}
	}
}

func TestTextWithoutEscapesDoesNotAllocate(t *testing.T) {
	v := value(t, `"notes:read notes:write"`)
	if n := testing.AllocsPerRun(100, func() { v.Text() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTexts(t *testing.T) {
	for _, tt := range []struct {
		json string
		want []string
		ok   bool
	}{
		{`[]`, []string{}, true},
		{`[ ]`, []string{}, true},
		{`["a"]`, []string{"a"}, true},
		{`[ "a" , "b,]" ,"\u0063" ]`, []string{"a", "b,]", "c"}, true},
		{`["a",1]`, nil, false},
		{`["a",null]`, nil, false},
		{`["a",["b"]]`, nil, false},
		{`[{"a":"b"}]`, nil, false},
		{`"a"`, nil, false},
		{`null`, nil, false},
		{`{"0":"a"}`, nil, false},
	} {
		got, ok := value(t, tt.json).Texts()
		if diff := cmp.Diff(tt.want, got); ok != tt.ok || diff != "" {
			t.Errorf("%s: %v\n%s", tt.json, ok, diff)
		}
	}
}

func TestTextsAllocatesOnce(t *testing.T) {
	v := value(t, `["https://api.example","https://reports.example"]`)
	if n := testing.AllocsPerRun(100, func() { v.Texts() }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestElements(t *testing.T) {
	for _, tt := range []struct {
		json  string
		limit int
		want  []strictjson.Value
		ok    bool
	}{
		{`[]`, 0, []strictjson.Value{}, true},
		{`[1]`, 0, nil, false},
		{`[1,2]`, 2, []strictjson.Value{"1", "2"}, true},
		{`[1,2,3]`, 2, nil, false},
		{`[ {"a":[1,2]} , "x,y" , [[]] , null ]`, 9, []strictjson.Value{`{"a":[1,2]}`, `"x,y"`, `[[]]`, `null`}, true},
		{`{}`, 9, nil, false},
		{`"[]"`, 9, nil, false},
		{`null`, 9, nil, false},
	} {
		got, err := value(t, tt.json).Elements(tt.limit)
		if diff := cmp.Diff(tt.want, got); (err == nil) != tt.ok || diff != "" {
			t.Errorf("%s: %v\n%s", tt.json, err, diff)
		}
	}
}

func TestNestedObject(t *testing.T) {
	o, err := strictjson.ParseOuter(`{"a":{"jkt":"x"},"b":{"c":1,"c":2},"d":[]}`, 10)
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"a": true, "b": false, "d": false, "missing": false} {
		v, _ := o.Get(name)
		if _, err := v.Object(); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		json string
		want float64
		ok   bool
	}{
		{`0`, 0, true},
		{`-1.5e3`, -1500, true},
		{`1e-400`, 0, true},
		{`1e400`, 0, false},
		{`-1e400`, 0, false},
		{`"1"`, 0, false},
		{`true`, 0, false},
		{`null`, 0, false},
		{`[1]`, 0, false},
	} {
		got, ok := value(t, tt.json).Number()
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %v, %v", tt.json, got, ok)
		}
	}
}

// Values that no parser has judged find nothing, and never panic.
func TestMadeUpValues(t *testing.T) {
	for _, v := range []strictjson.Value{"", `"`, `"\"`, `"\u"`, "[", "[1", `["`, `["a"`, "[,", "{", "-", "-Inf", "0x1p4", "1_0", "1.", "1.x", "1e", " 1", "-.5", "nan"} {
		v.Text()
		v.Texts()
		v.Elements(9)
		if _, err := v.Object(); err == nil {
			t.Errorf("%q is an object", v)
		}
		if _, ok := v.Number(); ok {
			t.Errorf("%q is a number", v)
		}
		if _, ok := v.NumericDate(); ok {
			t.Errorf("%q is a date", v)
		}
	}
}
