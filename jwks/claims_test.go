package jwks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// configured returns an API with the fixture's keys and a changed Config.
func configured(t testing.TB, change func(*jwks.Config)) api {
	t.Helper()
	return newAPI(verifier(t, func(c *jwks.Config) {
		c.KeySet = parsed(t, all()...)
		change(c)
	}))
}

func TestToken(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	got, err := v.Verify(t.Context(), rs().token(object{
		"jti": "7", "iat": 1700000000.5, "nbf": 1700000001, "exp": 4102444800, "auth_time": 1600000000, "acr": "phr",
		"scope": `read re"ad write`, "aud": []string{"https://a", resource}, "cnf": object{"jkt": "k", "x5t#S256": "x", "jwk": object{}},
		"may_act": object{"sub": "m"}, "amr": []string{"pwd"}, "azp": "z",
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	is := fmt.Sprint(got.Issuer, got.Subject, got.ClientID, got.ID, got.Audience, got.Scopes, got.IssuedAt.UnixMilli(),
		got.NotBefore.Unix(), got.Expiry.Unix(), got.AuthTime.Unix(), got.ACR, len(got.Confirmation),
		got.Confirmation["jkt"], got.Confirmation["x5t#S256"], got.Confirmation["jwk"])
	want := fmt.Sprint(issuer, "alice", "app", "7", []string{"https://a", resource}, []string{"read", "write"}, int64(1700000000500),
		int64(1700000001), int64(4102444800), int64(1600000000), "phr", 3, "k", "x", "{}")
	if is != want {
		t.Errorf("got\n%s, want\n%s", is, want)
	}
	if cap(got.Scopes) != len(got.Scopes) || cap(got.Audience) != len(got.Audience) {
		t.Error("a slice that append would share")
	}
	var raw map[string]any
	if err := json.Unmarshal(got.Raw, &raw); err != nil || len(raw) != 15 {
		t.Errorf("Raw: %v, %v", err, raw)
	}
	var actor struct{ Sub string }
	if found, _ := got.Claim("act", &actor); found {
		t.Error("R8693-03: may_act without act: an actor is reported")
	}
}

func TestScopes(t *testing.T) {
	scope := func(s any) string { return rs().token(object{"scope": s}) }
	a := configured(t, func(*jwks.Config) {})
	for _, path := range []string{"GET /api/r", "POST /api/w"} {
		method, path, _ := strings.Cut(path, " ")
		t.Run("R6749-03: repeated spaces, "+method, func(t *testing.T) {
			if got := a.ask(method, path, "Bearer "+scope("read  write")); got != "OK" {
				t.Error(got)
			}
		})
	}
	many := func(n int) string { return strings.Repeat("s ", n-1) + "read" }
	a.try(t, []attempt{
		{"300 scopes", scope(many(300)), "OK"},
		{"as many scopes as fit", scope(many(5700)), "OK"},
		{"300 audiences", rs().token(object{"aud": append(make([]string, 299), resource)}), "OK"},
		{"300 groups", rs().token(object{"groups": names(300)}), "OK"},
		{"140 clients in resource_access", rs().token(object{"resource_access": clients(140)}), "OK"},
		{"300 actions in a detail", rs().token(object{"authorization_details": []object{{"type": "x", "actions": names(300)}}}), "OK"},
		{"300 details", rs().token(object{"authorization_details": slices.Repeat([]object{{"type": "x"}}, 300)}), "OK"},
		{"300 members of cnf, none of them confirmed", rs().token(object{"cnf": clients(100)}), "401-T unconfirmed_binding"},
		{"R8693-03: a hundred nested actors", rs().token(object{"act": nested(100)}), "401-T malformed_token"},
		{"R8693-03: ten nested actors", rs().token(object{"act": nested(10)}), "OK"},
	})
}

// names are n strings, such as those of groups or permissions.
func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("group-", i)
	}
	return list
}

// clients are n objects with three members each, as Keycloak has in resource_access.
func clients(n int) object {
	all := object{}
	for _, name := range names(n) {
		all[name] = object{"roles": []string{"view", "manage"}}
	}
	return all
}

// rawNull is a claim that is there and null.
var rawNull = json.RawMessage("null")

func nested(n int) object {
	act := object{"sub": "s"}
	for range n - 1 {
		act = object{"sub": "s", "act": act}
	}
	return act
}

func TestScopeClaims(t *testing.T) {
	a := configured(t, func(c *jwks.Config) { c.ScopeClaims = []string{"scp", "roles"} })
	claim := func(changes object) string {
		c := object{"scope": nil}
		maps.Copy(c, changes)
		return rs().token(c)
	}
	a.try(t, []attempt{
		{"scp is a string", claim(object{"scp": "write read"}), "OK"},
		{"scp is an array", claim(object{"scp": []string{"write", "read"}}), "OK"},
		{"R8693-04: an array where arrays are configured", claim(object{"scp": []string{"read"}}), "OK"},
		{"the second claim grants too", claim(object{"scp": "write", "roles": []string{"read"}}), "OK"},
		{"scope is not listed, so it grants nothing", claim(object{"scope": "read"}), "403-S insufficient_scope"},
		{"scope is not listed, so its type does not matter", claim(object{"scope": 1, "scp": "read"}), "OK"},
		{"a space inside an element", claim(object{"scp": []string{"write read"}}), "403-S insufficient_scope"},
		{"neither claim", claim(nil), "403-S insufficient_scope"},
		{"scp is a number", claim(object{"scp": 1}), "401-T invalid_claim"},
		{"scp is an object", claim(object{"scp": object{"read": true}}), "401-T invalid_claim"},
		{"scp is an array of numbers", claim(object{"scp": []any{"read", 1}}), "401-T invalid_claim"},
		{"scp is null", claim(object{"scp": json.RawMessage("null")}), "401-T invalid_claim"},
		{"200 scopes in each", claim(object{"scp": strings.Repeat("s ", 199) + "read", "roles": strings.Repeat("s ", 200)}), "OK"},
		{"300 permissions", claim(object{"scp": append(names(300), "read")}), "OK"},
	})
	v := verifier(t, func(c *jwks.Config) {
		c.ScopeClaims, c.KeySet = []string{"scope", "scp"}, parsed(t, all()...)
	})
	got, err := v.Verify(t.Context(), rs().token(object{"scp": []string{"b", `"`, "c"}, "scope": "a"}), nil)
	if err != nil || fmt.Sprint(got.Scopes) != "[a b c]" || cap(got.Scopes) != 3 {
		t.Errorf("scope and scp united: %v, %v", got, err)
	}
}

func TestAudience(t *testing.T) {
	aud := func(aud any) string { return rs().token(object{"aud": aud}) }
	two := configured(t, func(c *jwks.Config) { c.Audience = []string{resource, "https://other.example/api"} })
	two.try(t, []attempt{
		{"R8707-01: the first of two identifiers", aud(resource), "OK"},
		{"R8707-01: the second", aud("https://other.example/api"), "OK"},
		{"R8707-01: neither", aud("https://third.example/api"), "401-T wrong_audience"},
	})
	careless := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	got, err := careless.Verify(t.Context(), rs().token(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Audience[0] = "https://third.example/api" // a handler that must not
	newAPI(careless).try(t, []attempt{
		{"a changed Token does not make others' tokens ours", aud("https://third.example/api"), "401-T wrong_audience"},
	})
	tenantB := configured(t, func(c *jwks.Config) { c.Audience = []string{"https://rs.example/tenantB"} })
	tenantB.try(t, []attempt{
		{"R8707-02: the tenant itself", aud("https://rs.example/tenantB"), "OK"},
		{"R8707-02: another tenant", aud("https://rs.example/tenantA"), "401-T wrong_audience"},
		{"R8707-02: the host alone", aud("https://rs.example"), "401-T wrong_audience"},
	})
}

// The issuer of a large cloud sends no aud, but client_id.
func TestAudienceClaim(t *testing.T) {
	a := configured(t, func(c *jwks.Config) {
		c.Audience, c.AudienceClaim, c.PreRFC9068 = []string{"app"}, "client_id", true
	})
	old := func(changes object) string { return rs().tokenAs(object{"typ": nil}, changes) }
	a.try(t, []attempt{
		{"client_id instead of aud", old(object{"aud": nil, "token_use": "access"}), "OK"},
		{"another client", old(object{"aud": nil, "client_id": "another"}), "401-T wrong_audience"},
		{"neither", old(object{"aud": nil, "client_id": nil}), "401-T missing_claim"},
		{"an aud that is somebody else", old(object{"aud": resource}), "401-T wrong_audience"},
		{"an ID token of that issuer", old(object{"aud": "app", "client_id": nil, "token_use": "id"}), "401-T missing_claim"},
		{"a client as aud", old(object{"aud": "app"}), "401-T wrong_type"},
		{"client_id is an array", old(object{"aud": nil, "client_id": []string{"app"}}), "401-T invalid_claim"},
	})
	custom := configured(t, func(c *jwks.Config) { c.AudienceClaim = "resource" })
	custom.try(t, []attempt{
		{"another claim, an array", rs().token(object{"aud": nil, "resource": []string{"x", resource}}), "OK"},
		{"another claim, beside a good aud", rs().token(object{"resource": resource}), "OK"},
		{"another claim, beside a foreign aud", rs().token(object{"aud": "x", "resource": resource}), "401-T wrong_audience"},
		{"aud alone", rs().token(nil), "401-T missing_claim"},
		{"another claim of a wrong type", rs().token(object{"resource": object{}}), "401-T invalid_claim"},
	})
}

func TestPreRFC9068(t *testing.T) {
	a := configured(t, func(c *jwks.Config) { c.PreRFC9068 = true })
	jwt := func(changes object) string { return rs().tokenAs(object{"typ": "JWT"}, changes) }
	a.try(t, []attempt{
		{"the profile still", rs().token(nil), "OK"},
		{"at+jwt without the claims that clients' own tokens lack", rs().token(object{"sub": nil, "client_id": nil, "jti": nil, "iat": nil}), "OK"},
		{"at+jwt without aud", rs().token(object{"aud": nil}), "401-T missing_claim"},
		{"at+jwt without exp", rs().token(object{"exp": nil}), "401-T missing_claim"},
		{"typ JWT, iss, aud and exp", jwt(object{"sub": nil, "client_id": nil, "jti": nil, "iat": nil}), "OK"},
		{"typ jwt", rs().tokenAs(object{"typ": "jwt"}, nil), "OK"},
		{"no typ", rs().tokenAs(object{"typ": nil}, nil), "OK"},
		{"another typ", rs().tokenAs(object{"typ": "dpop+jwt"}, nil), "401-T wrong_type"},
		{"no exp", jwt(object{"exp": nil}), "401-T missing_claim"},
		{"no aud", jwt(object{"aud": nil}), "401-T missing_claim"},
		{"no iss", jwt(object{"iss": nil}), "401-T missing_claim"},
		{"a nonce and no scope", jwt(object{"nonce": "n", "scope": nil}), "401-T wrong_type"},
		{"at_hash and no scope", jwt(object{"at_hash": "h", "scope": nil}), "401-T wrong_type"},
		{"c_hash and an empty scope", rs().tokenAs(object{"typ": nil}, object{"c_hash": "h", "scope": ""}), "401-T wrong_type"},
		{"a nonce beside scopes", jwt(object{"nonce": "n"}), "OK"},
		{"aud is the client", jwt(object{"client_id": resource}), "401-T wrong_type"},
		{"aud holds azp beside us", jwt(object{"azp": "z", "aud": []string{resource, "z"}}), "OK"},
		{"null for claims that may be absent", jwt(object{"sub": rawNull, "nonce": rawNull, "azp": rawNull, "act": rawNull, "nbf": rawNull}), "OK"},
		{"null for exp", jwt(object{"exp": rawNull}), "401-T missing_claim"},
		{"null for aud", jwt(object{"aud": rawNull}), "401-T missing_claim"},
		{"null for iss", jwt(object{"iss": rawNull}), "401-T missing_claim"},
		{"null for cnf", jwt(object{"cnf": rawNull}), "401-T invalid_claim"},
		{"null for scope", jwt(object{"scope": rawNull}), "403-S insufficient_scope"},
		{"azp is no string", jwt(object{"azp": 1}), "401-T wrong_type"},
		{"azp is somebody else", jwt(object{"azp": "z"}), "OK"},
		{"a claim of the wrong type", jwt(object{"sub": 1}), "401-T invalid_claim"},
		{"a cnf that nobody confirms", jwt(object{"cnf": object{"jkt": "k"}}), "401-T unconfirmed_binding"},
	})
}

// Subjects mean something only together with their issuer, and so do keys.
func TestTwoIssuers(t *testing.T) {
	const issuerB = "https://as.example/t2"
	keyA, keyB := rs(), other()
	keyA.kid, keyB.kid = "1", "1"
	a := newAPI(middleware.ByIssuer(map[string]middleware.Verifier{
		issuer:  verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, keyA.jwk(nil)) }),
		issuerB: verifier(t, func(c *jwks.Config) { c.Issuer, c.KeySet = issuerB, parsed(t, keyB.jwk(nil)) }),
	}))
	b := object{"iss": issuerB}
	a.try(t, []attempt{
		{"R8725-02: A's token by A's key", keyA.token(nil), "OK"},
		{"R8725-02: B's token by B's key", keyB.token(b), "OK"},
		{"R8725-02: A's token by B's key of the same kid", keyB.token(nil), "401-T bad_signature"},
		{"R8725-02: B's token by A's key of the same kid", keyA.token(b), "401-T bad_signature"},
		{"R8725-02: nobody's token", keyA.token(object{"iss": "https://as.example/t3"}), "401-T unknown_issuer"},
	})
	seen := map[string]bool{}
	for _, token := range []string{keyA.token(nil), keyB.token(b)} {
		r := httptest.NewRequest("GET", "/api/r", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, answer := a.do(r)
		body, _ := io.ReadAll(answer.Body)
		seen[string(body)] = true
	}
	if len(seen) != 2 {
		t.Errorf("R8725-03: the same sub from two issuers: the handler saw %v", seen)
	}
}

// jkt is a Binding that confirms cnf.jkt, whatever the request says.
type jkt struct{}

func (jkt) Member() string                  { return "jkt" }
func (jkt) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: "Bearer"} }

func (jkt) Confirm(context.Context, string, *http.Request, *middleware.Token) (http.Header, error) {
	return nil, nil
}

func TestConfirmation(t *testing.T) {
	v := verifier(t, func(c *jwks.Config) { c.KeySet = parsed(t, all()...) })
	both := rs().token(object{"cnf": object{"jkt": "k", "x5t#S256": "x"}})
	one := rs().token(object{"cnf": object{"jkt": "k"}})
	newAPI(v, middleware.Options{Bindings: []middleware.Binding{jkt{}}}).try(t, []attempt{
		{"R7800-02: one method, which is confirmed", one, "OK"},
		{"R7800-02: two methods, of which one is confirmed", both, "401-T unconfirmed_binding"},
	})
	newAPI(v).try(t, []attempt{
		{"R7800-01: a method of a standard, and no binding", one, "401-T unconfirmed_binding"},
	})
}
