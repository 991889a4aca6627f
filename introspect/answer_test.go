package introspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

// Whatever the reason, what is not active is refused in one way.
func TestInactiveTokens(t *testing.T) {
	// What some issuers add, though they should not (RFC 7662 §2.2).
	docs := map[string]string{
		"expired":                inactive,
		"revoked":                `{"active":false,"error":"revoked","exp":1}`,
		"unknown":                `{ "active" : false }`,
		"foreign":                `{"active":false,"aud":"https://other.example","iss":"https://other.example"}`,
		"good-but-for-one-thing": active(object{"active": false}),
		"of-the-wrong-types":     `{"active":false,"exp":"tomorrow","aud":7}`,
	}
	s := newServer(knows(docs))
	a := guarding(t, s, nil)
	want := a.get("never-heard-of")
	want.is(t, notActive)
	for token := range docs {
		t.Run("R7662-04: "+token, func(t *testing.T) {
			got := a.get(token)
			got.is(t, notActive)
			if diff := cmp.Diff(want.Header, got.Header) + cmp.Diff(want.body, got.body); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := want.Header.Values("WWW-Authenticate"); !slices.Equal(got, []string{
		`Bearer realm="api", error="invalid_token", error_description="The access token is not active"`,
	}) {
		t.Errorf("%q", got)
	}
}

// Only the JSON boolean true means active, and whatever else an answer may be
// is the issuer's fault.
func TestMalformedAnswers(t *testing.T) {
	good := active(nil)
	with := func(changes object) reply { return says(active(changes)) }
	add := func(member string) reply { return says(strings.TrimSuffix(good, "}") + "," + member + "}") }
	deep := strings.Repeat("[", 20) + strings.Repeat("]", 20)
	rows := map[string]reply{
		"R7662-05: active is text":               with(object{"active": "true"}),
		"R7662-05: active is 1":                  with(object{"active": 1}),
		"R7662-05: active is null":               says(strings.Replace(good, "true", "null", 1)),
		"R7662-05: active is missing":            with(object{"active": nil}),
		"R7662-05: active is a list":             with(object{"active": []bool{true}}),
		"R7662-05: active is an object":          with(object{"active": object{"active": true}}),
		"R7662-05: active is False in capitals":  says(`{"active":False}`),
		"R7662-05: Active in capitals":           with(object{"active": nil, "Active": true}),
		"R7662-11: active twice":                 add(`"active":false`),
		"R7662-11: active twice, once escaped":   add(`"\u0061ctive":true`),
		"R7662-11: aud twice":                    add(`"aud":"` + resource + `"`),
		"R7662-11: a member twice, deep inside":  add(`"x":{"y":1,"y":2}`),
		"R7662-11: nothing":                      says(""),
		"R7662-11: not JSON":                     says("active=true"),
		"R7662-11: null":                         says("null"),
		"R7662-11: true":                         says("true"),
		"R7662-11: a list":                       says("[" + good + "]"),
		"R7662-11: half an answer":               says(good[:len(good)/2]),
		"R7662-11: bytes behind the answer":      says(good + "{}"),
		"R7662-11: a NUL behind the answer":      says(good + "\x00"),
		"R7662-11: a byte order mark":            says("\ufeff" + good),
		"R7662-11: not UTF-8":                    add("\"x\":\"\xff\""),
		"R7662-11: half a surrogate pair":        add(`"x":"\ud800"`),
		"R7662-11: nested too deeply":            add(`"x":` + deep),
		"R7662-11: an HTML page":                 typed("text/html", "<!DOCTYPE html><title>Sign in</title>"),
		"R7662-11: JSON that says it is HTML":    typed("text/html", good),
		"R7662-11: JSON that says it is text":    typed("text/plain; charset=utf-8", good),
		"R7662-11: JSON without a type":          typed("", good),
		"R7662-11: a signed answer unasked":      typed("application/token-introspection+jwt", good),
		"R7662-11: JSON of another kind":         typed("application/problem+json", good),
		"R7662-11: a type that is none":          typed("application/json; charset", good),
		"R7662-11: 64 KiB and a byte":            says(good + strings.Repeat(" ", 64<<10+1-len(good))),
		"R7662-11: a megabyte":                   add(`"x":"` + strings.Repeat("x", 1<<20) + `"`),
		"R7662-11: status 201":                   coded(201, good),
		"R7662-11: status 203":                   coded(203, good),
		"R7662-11: status 204":                   status(204),
		"R7662-11: status 206":                   coded(206, good),
		"R7662-11: status 304":                   status(304),
		"R7662-11: status 400":                   coded(400, good),
		"R7662-11: status 400, and inactive":     coded(400, inactive),
		"R7662-11: status 404":                   coded(404, good),
		"R7662-11: status 500":                   coded(500, good),
		"R7662-11: status 503":                   coded(503, good),
		"R7662-11: a redirect to itself":         status(307, "Location", endpoint),
		"R7662-11: a redirect elsewhere":         status(308, "Location", "https://as.example/elsewhere"),
		"R7662-11: a redirect without the form":  status(303, "Location", "https://as.example/elsewhere"),
		"R7662-11: a redirect to another scheme": status(302, "Location", "http://as.example/introspect"),
		"R7662-11: a redirect to nowhere":        status(302),
		"R7662-11: a connection that breaks":     broken,
		"R7662-11: a connection refused":         refused,
	}
	for member, values := range map[string][]any{
		"exp":                   {"1", "tomorrow", true, []int{1}},
		"nbf":                   {"1", false},
		"iat":                   {"1", object{}},
		"auth_time":             {"1"},
		"iss":                   {1, []string{issuer}},
		"sub":                   {1, object{}},
		"client_id":             {1},
		"jti":                   {1},
		"acr":                   {2, []string{"x"}},
		"act":                   {"alice"},
		"token_type":            {1, object{}},
		"scope":                 {1, []string{"read"}, object{"read": true}},
		"aud":                   {1, []any{resource, 1}, object{resource: true}},
		"cnf":                   {"jkt", []string{"jkt"}, 1, rawNull},
		"authorization_details": {object{}, []any{object{}}},
	} {
		for _, value := range values {
			doc := active(object{member: value})
			rows["R7662-11: "+member+" is "+encode(value)[:min(20, len(encode(value)))]] = says(doc)
		}
	}
	for name, answer := range rows {
		t.Run(name, func(t *testing.T) {
			s := newServer(answer)
			s.serve("https://as.example/elsewhere", says(good))
			a := guarding(t, s, nil)
			for range 2 { // it is not remembered either
				got := a.get("x")
				got.is(t, unavailable)
				if got.body != "Service Unavailable\n" {
					t.Errorf("the body is %q", got.body)
				}
			}
			if n := len(s.seen("https://as.example/elsewhere")); n != 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}

// rawNull is a member that is there and null.
var rawNull = json.RawMessage("null")

// What an answer may hold beside what is read, and as much of it as fits.
func TestUnusualAnswers(t *testing.T) {
	names := make([]string, 3000)
	all := object{}
	for i := range names {
		names[i] = fmt.Sprint("group-", i)
		all[names[i]] = i
	}
	far := func(c *introspect.Config) { c.AllowMissingAudience = true }
	for name, row := range map[string]struct {
		changes object
		change  func(*introspect.Config)
		want    string
	}{
		"amr is text":             {object{"amr": "pwd"}, nil, ok},
		"username is a number":    {object{"username": 1}, nil, ok},
		"3000 members":            {object{"x": all}, nil, ok},
		"3000 scopes":             {object{"scope": "read " + strings.Join(names, " ")}, nil, ok},
		"3000 groups":             {object{"groups": names}, nil, ok},
		"3000 audiences":          {object{"aud": append(names, resource)}, nil, ok},
		"exp that no clock holds": {object{"exp": 1e30}, nil, ok},
		"exp in milliseconds":     {object{"exp": 1783000000000}, nil, ok},
		"exp before all time":     {object{"exp": -1e30}, nil, "401-T expired"},
		"nbf that no clock holds": {object{"nbf": 1e30}, nil, "401-T not_yet_valid"},
		"nbf before all time":     {object{"nbf": -1e30}, nil, ok},
		"every claim that may be absent is null": {object{
			"exp": rawNull, "nbf": rawNull, "iat": rawNull, "auth_time": rawNull, "iss": rawNull, "sub": rawNull, "client_id": rawNull,
			"username": rawNull, "jti": rawNull, "acr": rawNull, "act": rawNull, "token_type": rawNull, "authorization_details": rawNull,
			"nonce": rawNull, "typ": rawNull, "token_use": rawNull,
		}, nil, ok},
		"scope is null":                  {object{"scope": rawNull}, nil, "403-S insufficient_scope"},
		"aud is null":                    {object{"aud": rawNull}, nil, "401-T missing_claim"},
		"aud is null, and may be absent": {object{"aud": rawNull}, far, ok},
	} {
		t.Run(name, func(t *testing.T) {
			a := guarding(t, newServer(says(active(row.changes))), row.change)
			a.get("x").is(t, row.want)
			a.get("x").is(t, row.want)
		})
	}
}

func coded(code int, body string) reply {
	return by(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		io.WriteString(w, body)
	})
}

// Our own credentials being refused is our fault, and not the client's: it is
// not told 401 or 403.
func TestRefusedCredentials(t *testing.T) {
	for name, answer := range map[string]reply{
		"status 401":                     status(401, "WWW-Authenticate", `Basic realm="as"`),
		"status 401, of a token":         status(401, "WWW-Authenticate", `Bearer error="invalid_token"`),
		"status 401 and an active token": coded(401, active(nil)),
		"status 403":                     status(403),
	} {
		t.Run("R7662-11: "+name, func(t *testing.T) {
			got := guarding(t, newServer(answer), nil).get("x")
			got.is(t, "503-U issuer_refused_us")
			if len(got.Header.Values("WWW-Authenticate")) != 0 || got.body != "Service Unavailable\n" {
				t.Errorf("%v %q", got.Header, got.body)
			}
		})
	}
}

// An issuer that answers too late, or never.
func TestTimeout(t *testing.T) {
	slowly := func(r *http.Request) (*http.Response, error) {
		resp, err := says(active(nil))(r)
		resp.Body = &slowBody{r.Context(), resp.Body}
		return resp, err
	}
	for name, row := range map[string]struct {
		reply
		timeout, want time.Duration
	}{
		"no answer":                        {hang, 0, 2 * time.Second},
		"no answer, and a timeout of ours": {hang, 7 * time.Second, 7 * time.Second},
		"no end of the answer":             {slowly, 0, 2 * time.Second},
	} {
		t.Run("R7662-11: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := guarding(t, newServer(row.reply), func(c *introspect.Config) { c.Timeout = row.timeout })
				began := time.Now()
				a.get("x").is(t, unavailable)
				if took := time.Since(began); took != row.want {
					t.Errorf("answered after %v", took)
				}
			})
		})
	}
}

// slowBody ends when the client gives up.
type slowBody struct {
	ctx context.Context
	io.ReadCloser
}

func (b *slowBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

// The Token that a handler sees.
func TestToken(t *testing.T) {
	doc := active(object{
		"jti": "1", "nbf": in(-time.Hour), "auth_time": in(-time.Minute), "acr": "gold", "aud": []string{resource, "x"},
		"scope": "read write", "username": "Alice", "token_type": "Bearer", "extra": object{"n": 1},
		"cnf": nil, "amr": []string{"pwd"},
	})
	got, err := verifier(t, newServer(says(doc)), nil).Verify(t.Context(), "x", nil)
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) time.Time { return time.Unix(in(d), 0) }
	want := &middleware.Token{
		Issuer: issuer, Subject: "alice", ClientID: "app", ID: "1", ACR: "gold",
		Audience: []string{resource, "x"}, Scopes: []string{"read", "write"},
		IssuedAt: at(0), NotBefore: at(-time.Hour), Expiry: at(time.Hour), AuthTime: at(-time.Minute),
	}
	near := cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() <= time.Second })
	raw := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Raw" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, near, raw); diff != "" {
		t.Error(diff)
	}
	var extra struct{ N int }
	if said, err := got.Claim("extra", &extra); !said || err != nil || extra.N != 1 {
		t.Errorf("extra is %v, %v, %v", extra, said, err)
	}
	all := map[string]any{}
	if err := got.Claims(&all); err != nil || !slices.Contains(slices.Collect(maps.Keys(all)), "username") {
		t.Errorf("%v, %v", all, err)
	}
}
