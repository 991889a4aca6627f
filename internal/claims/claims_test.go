package claims_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

func read(t testing.TB, r claims.Reader, doc string) (*middleware.Token, bool) {
	t.Helper()
	o, err := strictjson.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(o, []byte(doc), false)
}

func list(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%q", fmt.Sprint("s", i))
	}
	return "[" + strings.Join(words, ",") + "]"
}

// Lists are bounded, over all claims that scopes are read from.
func TestLimits(t *testing.T) {
	words := func(n int) string { return `"` + strings.TrimSpace(strings.Repeat("s ", n)) + `"` }
	several := claims.Reader{Scopes: []string{"scp", "roles"}}
	for name, row := range map[string]struct {
		claims.Reader
		doc string
		ok  bool
	}{
		"64 audiences":                  {claims.Reader{}, `{"aud":` + list(64) + `}`, true},
		"65 audiences":                  {claims.Reader{}, `{"aud":` + list(65) + `}`, false},
		"256 scopes":                    {claims.Reader{}, `{"scope":` + words(256) + `}`, true},
		"257 scopes":                    {claims.Reader{}, `{"scope":` + words(257) + `}`, false},
		"257 words that are no scopes":  {claims.Reader{}, `{"scope":"` + strings.Repeat(" ", 256) + `"}`, true},
		"256 scopes in a list":          {several, `{"scp":` + list(256) + `}`, true},
		"257 scopes in a list":          {several, `{"scp":` + list(257) + `}`, false},
		"256 scopes in two lists":       {several, `{"scp":` + list(128) + `,"roles":` + list(128) + `}`, true},
		"257 scopes in two lists":       {several, `{"scp":` + list(128) + `,"roles":` + list(129) + `}`, false},
		"257 scopes, a word and a list": {several, `{"scp":"s","roles":` + list(256) + `}`, false},
	} {
		if got, ok := read(t, row.Reader, row.doc); ok != row.ok || ok != (got != nil) {
			t.Errorf("%s: %t", name, ok)
		}
	}
}

// What is handed out can be appended to without touching what others see.
func TestSlicesAreClipped(t *testing.T) {
	for _, doc := range []string{
		`{"aud":"a","scope":"r w x"}`, `{"aud":["a","b","c"],"scope":"r \u0001 w"}`, `{"aud":[],"scope":""}`,
	} {
		r := claims.Reader{Audience: []string{"a", "b"}}
		got, ok := read(t, r, doc)
		if !ok || cap(got.Audience) != len(got.Audience) || cap(got.Scopes) != len(got.Scopes) {
			t.Errorf("%s: %d of %d, %d of %d", doc, len(got.Audience), cap(got.Audience), len(got.Scopes), cap(got.Scopes))
		}
		if string(got.Raw) != doc {
			t.Errorf("Raw is %s", got.Raw)
		}
		if _ = append(got.Audience, "x"); r.Audience[1] != "b" {
			t.Error("the Reader's audience has changed")
		}
	}
}

// An empty aud and an empty cnf are there: they are no aud and no cnf for
// anybody, and not the absence of one.
func TestEmptyIsNotAbsent(t *testing.T) {
	if got, ok := read(t, claims.Reader{}, `{"aud":[],"cnf":{}}`); !ok || got.Audience == nil || got.Confirmation == nil {
		t.Errorf("%+v", got)
	}
	if got, ok := read(t, claims.Reader{}, `{}`); !ok || got.Audience != nil || got.Confirmation != nil {
		t.Errorf("%+v", got)
	}
}

// A member of cnf that is no text stands for something that nobody confirms.
func TestConfirmationKeepsWhatItCannotRead(t *testing.T) {
	got, ok := read(t, claims.Reader{}, `{"cnf":{"jkt":"a","jwk":{"kty":"EC"},"n":1,"z":null}}`)
	if !ok || len(got.Confirmation) != 4 || got.Confirmation["jkt"] != "a" || got.Confirmation["jwk"] != `{"kty":"EC"}` {
		t.Errorf("%q", got.Confirmation)
	}
}

func TestIsScopeToken(t *testing.T) {
	for ch := range 256 {
		// RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E
		want := ch == 0x21 || ch >= 0x23 && ch <= 0x5b || ch >= 0x5d && ch <= 0x7e
		if got := claims.IsScopeToken("a" + string([]byte{byte(ch)})); got != want {
			t.Errorf("%#x: %t", ch, got)
		}
	}
	if claims.IsScopeToken("") {
		t.Error("nothing is a scope-token")
	}
}

// FuzzRead: what is read keeps its bounds, every scope is a scope-token, and
// nothing panics.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"aud":["a"],"scope":"a  b","scp":["x","y z"],"cnf":{"jkt":"x"},"exp":1e9}`,
		`{"act":{},"authorization_details":[{"type":"x"}],"amr":["a"],"auth_time":"x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if _, err := strictjson.Parse(doc); err != nil {
			return
		}
		for _, r := range []claims.Reader{{}, {Scopes: []string{"scope", "scp"}, Audience: []string{"a"}}} {
			got, ok := read(t, r, doc)
			if !ok {
				continue
			}
			if len(got.Audience) > 64 || len(got.Scopes) > 256 || !json.Valid(got.Raw) ||
				slices.ContainsFunc(got.Scopes, func(s string) bool { return !claims.IsScopeToken(s) }) {
				t.Errorf("%+v", got)
			}
		}
	})
}
