package claims_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/internal/strictjson"
	"github.com/warder-go/warder/middleware"
)

func read(t testing.TB, cfg claims.Config, doc string, typed bool) (*claims.Rules, *claims.Said) {
	t.Helper()
	o, err := strictjson.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	r := claims.NewRules(cfg)
	return r, r.Read(o, []byte(doc), typed)
}

// verdict is the Reason, or ok.
func verdict(err error) middleware.Reason {
	if err == nil {
		return middleware.ReasonOK
	}
	return err.(*middleware.Error).Reason
}

func list(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%q", fmt.Sprint("s", i))
	}
	return "[" + strings.Join(words, ",") + "]"
}

// However much fits is read: nothing but the length of a token bounds its lists.
func TestListsHaveNoLimits(t *testing.T) {
	words := func(n int) string { return `"` + strings.TrimSpace(strings.Repeat("s ", n)) + `"` }
	several := claims.Config{ScopeClaims: []string{"scp", "roles"}}
	for name, row := range map[string]struct {
		cfg               claims.Config
		doc               string
		audiences, scopes int
	}{
		"3000 audiences":                  {claims.Config{}, `{"aud":` + list(3000) + `}`, 3000, 0},
		"8000 scopes":                     {claims.Config{}, `{"scope":` + words(8000) + `}`, 0, 8000},
		"3000 scopes in a list":           {several, `{"scp":` + list(3000) + `}`, 0, 3000},
		"3000 scopes, a word and a list":  {several, `{"scp":"s","roles":` + list(2999) + `}`, 0, 3000},
		"16,000 words that are no scopes": {claims.Config{}, `{"scope":"` + strings.Repeat(" ", 16000) + `"}`, 0, 0},
	} {
		_, s := read(t, row.cfg, row.doc, false)
		if s.Unread() != nil || len(s.Token.Audience) != row.audiences || len(s.Token.Scopes) != row.scopes {
			t.Errorf("%s: %v, %d audiences, %d scopes", name, s.Unread(), len(s.Token.Audience), len(s.Token.Scopes))
		}
	}
}

// A scope that is spaces takes no memory for each.
func TestSpacesTakeNoMemory(t *testing.T) {
	_, s := read(t, claims.Config{}, `{"scope":"`+strings.Repeat(" ", 16000)+`a"}`, false)
	if cap(s.Token.Scopes) != 1 {
		t.Errorf("room for %d scopes", cap(s.Token.Scopes))
	}
}

// What is handed out can be appended to without touching what others see.
func TestSlicesAreClipped(t *testing.T) {
	for _, doc := range []string{
		`{"aud":"a","scope":"r w x"}`, `{"aud":["a","b","c"],"scope":"r \u0001 w"}`, `{"aud":[],"scope":""}`,
	} {
		r, s := read(t, claims.Config{Audience: []string{"a", "b"}, Answer: true}, doc, false)
		got := s.Token
		if cap(got.Audience) != len(got.Audience) || cap(got.Scopes) != len(got.Scopes) {
			t.Errorf("%s: %d of %d, %d of %d", doc, len(got.Audience), cap(got.Audience), len(got.Scopes), cap(got.Scopes))
		}
		if string(got.Raw) != doc {
			t.Errorf("Raw is %s", got.Raw)
		}
		if len(got.Audience) == 0 {
			continue
		}
		_ = append(got.Audience, "x")
		got.Audience[0] = "x" // a handler that must not
		again := `{"aud":"x"}`
		o, _ := strictjson.Parse(again)
		if v := verdict(r.Judge(r.Read(o, []byte(again), false), time.Now())); v != middleware.ReasonWrongAudience {
			t.Errorf("%s: a changed Token makes another's token ours: %s", doc, v)
		}
	}
}

// An empty aud and an empty cnf are there: they are no aud and no cnf for
// anybody, and not the absence of one.
func TestEmptyIsNotAbsent(t *testing.T) {
	if _, s := read(t, claims.Config{}, `{"aud":[],"cnf":{}}`, true); s.Token.Audience == nil || s.Token.Confirmation == nil {
		t.Errorf("%+v", s.Token)
	}
	if _, s := read(t, claims.Config{}, `{}`, true); s.Token.Audience != nil || s.Token.Confirmation != nil {
		t.Errorf("%+v", s.Token)
	}
}

// A member of cnf that is no text stands for something that nobody confirms.
func TestConfirmationKeepsWhatItCannotRead(t *testing.T) {
	_, s := read(t, claims.Config{}, `{"cnf":{"jkt":"a","jwk":{"kty":"EC"},"n":1,"z":null}}`, true)
	if cnf := s.Token.Confirmation; len(cnf) != 4 || cnf["jkt"] != "a" || cnf["jwk"] != `{"kty":"EC"}` {
		t.Errorf("%q", cnf)
	}
}

func TestClientClaim(t *testing.T) {
	for name, row := range map[string]struct{ claim, doc, want, fault string }{
		"by default":             {"", `{"client_id":"c","azp":"a"}`, "c", ""},
		"azp":                    {"azp", `{"client_id":"c","azp":"a"}`, "a", ""},
		"cid":                    {"cid", `{"cid":"a"}`, "a", ""},
		"azp alone is not asked": {"", `{"azp":"a"}`, "", ""},
		"azp is missing":         {"azp", `{"client_id":"c"}`, "", ""},
		"appid is a number":      {"appid", `{"appid":1}`, "", "appid is not a string"},
		"azp is a list":          {"azp", `{"azp":["a"]}`, "", "azp is not a string"},
	} {
		_, s := read(t, claims.Config{ClientClaim: row.claim}, row.doc, true)
		fault := ""
		if s.Unread() != nil {
			fault = s.Unread().Error()
		}
		if s.Token.ClientID != row.want || fault != row.fault {
			t.Errorf("%s: %q, %q", name, s.Token.ClientID, fault)
		}
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

// FuzzRead: every scope is a scope-token, no refusal quotes a value, what Judge says is
// the first that Each says, and nothing panics.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"aud":["a"],"scope":"a  b","scp":["x","y z"],"cnf":{"jkt":"x"},"exp":1e9}`,
		`{"act":{},"authorization_details":[{"type":"x"}],"amr":["a"],"auth_time":"x"}`,
		`{"iss":"i","aud":["a"],"exp":4102444800,"nonce":null,"typ":"ID","azp":"a","token_use":1,"events":{}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if _, err := strictjson.Parse(doc); err != nil {
			return
		}
		now := time.Unix(1_800_000_000, 0)
		for _, cfg := range []claims.Config{
			{},
			{Issuer: "i", Audience: []string{"a"}, PreRFC9068: true, MaxTokenAge: time.Hour},
			{Issuer: "i", Audience: []string{"a"}, ScopeClaims: []string{"scope", "scp"}, ClientClaim: "azp", AudienceClaim: "client_id"},
			{Issuer: "i", Audience: []string{"a"}, Answer: true, RequireTokenType: true},
		} {
			r, s := read(t, cfg, doc, false)
			if !json.Valid(s.Token.Raw) || slices.ContainsFunc(s.Token.Scopes, func(s string) bool { return !claims.IsScopeToken(s) }) {
				t.Errorf("%+v", s.Token)
			}
			var first error
			for _, refusal := range r.Each(s, now) {
				if refusal != nil && first == nil {
					first = refusal
				}
			}
			if err := r.Judge(s, now); err != first {
				t.Errorf("Judge says %v, Each %v", err, first)
			}
		}
	})
}

// Whatever a scope holds, it is read as its words, without those that are no
// scope-tokens.
func FuzzScope(f *testing.F) {
	for _, seed := range []string{"", " ", "a", "a b", "  a  b ", "a\tb c", `a"b c`, "\x00 a", "é a é", "a\\", " \" a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, scope string) {
		doc, err := json.Marshal(map[string]string{"scope": scope})
		if err != nil {
			t.Skip()
		}
		o, err := strictjson.Parse(string(doc))
		if err != nil {
			return // no text that I-JSON has
		}
		value, _ := o.Get("scope")
		text, _ := value.Text()
		want := slices.DeleteFunc(strings.Split(text, " "), func(s string) bool { return !claims.IsScopeToken(s) })
		if _, s := read(t, claims.Config{}, string(doc), true); !slices.Equal(s.Token.Scopes, want) {
			t.Errorf("%q: %q, want %q", text, s.Token.Scopes, want)
		}
	})
}
