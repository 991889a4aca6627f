package jwks_test

import (
	"crypto/elliptic"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
)

// signer is an issuer with its configuration of docs/providers.md, and the tokens that
// it signs.
type signer struct {
	name, dir string
	verifier  func(testing.TB, *fixture) middleware.Verifier
	audience  string // by which it goes
	id        string // the ID token
	insecure  bool   // it accepts ID tokens, and says so
	tokens    []shape
}

// shape is a kind of token of the issuer's, and what becomes of it.
type shape struct{ name, kind, scope, want string }

func moreIssuers() []signer {
	const api = "https://notes.example.com"
	const wrongType, wrongAudience, missing = "401-T wrong_type", "401-T wrong_audience", "401-T missing_claim"
	return []signer{
		{"Dex", "dex", building(dex), "notes-api", "id", true, []shape{
			{"of a client that asked for the API: nonce, at_hash, two audiences", "access", "", "OK"},
			{"of the API's own client: one audience, no azp", "access-own", "", "OK"},
			{"there are no scopes", "access", "notes:read", "403-S insufficient_scope"},
			{"the ID token beside it", "id-cross", "", "OK"},
			{"an ID token for another client", "id", "", wrongAudience},
		}},
		{"Duende IdentityServer", "duende", building(duende), api, "id", false, []shape{
			{"of a user: scope is an array", "access", "notes.read", "OK"},
			{"with the static audience beside ours", "access-static", "notes.read", "OK"},
			{"with scope as a string", "access-rfc9068", "notes.read", "OK"},
			{"of a service: no sub", "application", "notes.read", "OK"},
			{"of a service with a client claim sub", "application-sub", "notes.read", "OK"},
			{"a scope that was not granted", "access", "notes.write", "403-S insufficient_scope"},
			{"the ID token", "id", "", wrongAudience},
			{"the logout token", "logout", "", wrongType},
		}},
		{"node-oidc-provider", "node-oidc-provider", building(nodeOIDC), api, "id", false, []shape{
			{"of a user", "access", "notes:read", "OK"},
			{"with authorization_details and a claim of its own", "access-extra", "notes:write", "OK"},
			{"of a service: sub is the client", "application", "notes:read", "OK"},
			{"the ID token", "id", "", wrongType},
			{"the logout token", "logout", "", wrongType},
		}},
		{"Ory", "ory", building(ory), api, "id", false, []shape{
			{"of a user: scp is an array", "access", "notes:read", "OK"},
			{"scope beside scp, and claims at the top", "access-both", "notes:read", "OK"},
			{"scope in place of scp", "access-string", "notes:read", "OK"},
			{"of a service: sub is the client", "application", "notes:read", "OK"},
			{"of a client that asked for no audience: an empty array", "access-unasked", "", wrongAudience},
			{"the ID token", "id", "", wrongAudience},
			{"the logout token: no exp", "logout", "", missing},
		}},
		{"Spring Authorization Server, customized", "spring", building(spring), api, "id", false, []shape{
			{"of a user", "access", "notes.read", "OK"},
			{"of a service: sub is the client", "application", "notes.read", "OK"},
			{"as it comes", "access-plain", "", wrongType},
			{"the ID token", "id", "", wrongType},
			{"the ID token of a refresh: no nonce", "id-refreshed", "", wrongType},
		}},
		{"Spring Authorization Server, as it comes", "spring", building(springClients), "notes-web", "id", false, []shape{
			{"of a user: aud is the client", "access-plain", "notes.read", "OK"},
			{"before 1.2: no jti", "access-plain-old", "notes.read", "OK"},
			{"of a service: sub and aud are the client", "application-plain", "notes.read", "OK"},
			{"the customized one, for the API", "access", "", wrongAudience},
			{"the ID token: its client is its audience, and azp", "id", "", wrongType},
			{"the ID token of a refresh: no nonce", "id-refreshed", "", wrongType},
		}},
		{"Supabase", "supabase", building(supabase), "authenticated", "id", false, []shape{
			{"of a user: an empty phone, amr of objects", "access", "", "OK"},
			{"through an OAuth client: client_id, and scopes of OpenID Connect", "access-oauth", "email", "OK"},
			{"of an anonymous user", "access-anonymous", "", "OK"},
			{"by a hook: amr of strings, a claim of its own", "access-hook", "", "OK"},
			{"there are no scopes", "access", "notes:read", "403-S insufficient_scope"},
			{"the ID token", "id", "", wrongAudience},
		}},
		{"Zitadel", "zitadel", building(zitadel), "328859038097867422", "id", false, []shape{
			{"of a user: the project beside its clients, and the client is one of them", "access", "", "OK"},
			{"with roles, which are objects", "access-roles", "", "OK"},
			{"before client_id", "access-old", "", "OK"},
			{"of a service: client_id is its name", "application", "", "OK"},
			{"there are no scopes", "access", "notes:read", "403-S insufficient_scope"},
			{"the ID token, whose aud names the project too", "id", "", wrongType},
			{"the ID token of the implicit flow: no at_hash, and no nonce if none was sent", "id-implicit", "", wrongType},
		}},
	}
}

// What each issuer signs, under the configuration that the page shows.
func TestTokensOfMoreIssuers(t *testing.T) {
	ran := map[string]bool{}
	for _, row := range moreIssuers() {
		t.Run(row.name, func(t *testing.T) {
			f := publishedBy(row.dir)
			v := row.verifier(t, f)
			for _, s := range row.tokens {
				ran[row.dir+"/"+s.kind] = true
				t.Run(s.name, func(t *testing.T) {
					requiring(v, s.scope).wants(t, f.token(s.kind), s.want)
				})
			}
			good := row.tokens[0]
			requiring(v, good.scope).try(t, []attempt{
				{"for another API", f.changed(good.kind, nil, object{"aud": "https://other.example.com"}), "401-T wrong_audience"},
				{"for none", f.changed(good.kind, nil, object{"aud": nil}), "401-T missing_claim"},
				{"of another issuer", f.changed(good.kind, nil, object{"iss": "https://other.example.com"}), "401-T unknown_issuer"},
				{"of the issuer with a slash", f.changed(good.kind, nil, object{"iss": f.tokens[good.kind].Claims["iss"].(string) + "/"}), "401-T unknown_issuer"},
				{"signed by somebody else", f.signedBy(strangerOf(f, good.kind), good.kind, nil, nil), "401-T bad_signature"},
				{"expired", f.changed(good.kind, nil, object{"exp": 1767225600}), "401-T expired"},
			})
			t.Run("keys that are of no use do not cost the good ones", func(t *testing.T) {
				requiring(row.verifier(t, crowded(f)), good.scope).wants(t, f.token(good.kind), "OK")
			})
		})
	}
	for _, row := range moreIssuers() {
		files, err := filepath.Glob("testdata/providers/" + row.dir + "/*.json")
		must(err)
		for _, file := range files {
			kind := strings.TrimSuffix(filepath.Base(file), ".json")
			if kind != "metadata" && kind != "jwks" && !ran[row.dir+"/"+kind] {
				t.Errorf("no row for %s", file)
			}
		}
	}
}

// strangerOf returns a key that nobody publishes, for the algorithm of this kind.
func strangerOf(f *fixture, kind string) key {
	if f.tokens[kind].Header["alg"] == "ES256" {
		return strangerEC()
	}
	return newRSAOnce()
}

// strangerEC returns a key that no issuer here publishes.
var strangerEC = sync.OnceValue(func() key { return newEC("nobody", "ES256", elliptic.P256()) })

// What is no access token stays out of every configuration that does not say Insecure,
// with all that could make it pass: our audience, an access token's claims.
func TestOtherTokensOfMoreIssuers(t *testing.T) {
	logout := object{"http://schemas.openid.net/event/backchannel-logout": object{}}
	for _, row := range moreIssuers() {
		if row.insecure {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			f := publishedBy(row.dir)
			v := row.verifier(t, f)
			good := row.tokens[0].kind
			refused := requiring(v, "")
			for _, typ := range []string{
				"oauth-id-jag+jwt", "txntoken+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "refresh+jwt", "rt+jwt",
				"token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt", "entity-statement+jwt",
				"dc+sd-jwt", "vc+sd-jwt", "kb+jwt", "JOSE", "application/at", "at+jwt+x",
			} {
				t.Run("typ "+typ, func(t *testing.T) {
					refused.wants(t, f.changed(good, object{"typ": typ}, nil), "401-T wrong_type")
				})
			}
			// An ID token names its client wherever it names one.
			named := object{"aud": row.audience}
			for _, claim := range []string{"azp", "client_id"} {
				if f.tokens[row.id].Claims[claim] != nil {
					named[claim] = row.audience
				}
			}
			withoutNonce := maps.Clone(named)
			withoutNonce["nonce"] = nil
			refused.try(t, []attempt{
				{"an SD-JWT without disclosures", f.token(good) + "~", "401-T malformed_token"},
				{"an SD-JWT with one", f.token(good) + "~WyJzYWx0IiwibmFtZSIsIkFsaWNlIl0~", "401-T malformed_token"},
				{"the ID token for a client with the name of the API", f.changed(row.id, nil, named), "401-T wrong_type"},
				{"the same without a nonce, as after a refresh", f.changed(row.id, nil, withoutNonce), "401-T wrong_type"},
				{"the same with typ JWT", f.changed(row.id, object{"typ": "JWT"}, named), "401-T wrong_type"},
			})
			// at+jwt decides, and no issuer signs an ID token as that: the audience is what is left.
			if f.tokens[row.id].Claims["aud"] != row.audience {
				t.Run("the ID token with the type of an access token", func(t *testing.T) {
					refused.wants(t, f.changed(row.id, object{"typ": "at+jwt"}, nil), "401-T")
				})
			}
			untold := object{"typ": "JWT"} // as far as the header tells
			// By what it says of itself, where typ in the header may be JWT.
			for name, changes := range map[string]object{
				"a refresh token, by typ":                   {"typ": "Refresh"},
				"an offline token, by typ":                  {"typ": "Offline"},
				"a logout token, by typ":                    {"typ": "Logout"},
				"an ID token, by typ":                       {"typ": "ID"},
				"a refresh token, by token_use":             {"token_use": "refresh_token"},
				"an ID token, by token_use":                 {"token_use": "id"},
				"a refresh token, by token_type":            {"token_type": "refresh_token"},
				"a logout token, by events":                 {"events": logout, "scope": nil, "scp": nil},
				"an ID token, by nonce":                     {"nonce": "n", "scope": nil, "scp": nil},
				"an ID token, by at_hash":                   {"at_hash": "h", "scope": nil, "scp": nil},
				"an ID token for its own client, by azp":    {"azp": row.audience, "aud": row.audience, "scope": nil, "scp": nil},
				"an ID token for its own client, client_id": {"client_id": row.audience, "aud": row.audience, "scope": nil, "scp": nil},
			} {
				t.Run(name, func(t *testing.T) {
					refused.wants(t, f.changed(good, untold, changes), "401-T wrong_type")
				})
			}
		})
	}
}

// Dex: what InsecureAllowIDTokens lets in, and what it does not.
func TestOdditiesOfDex(t *testing.T) {
	f := publishedBy("dex")
	requiring(building(dex)(t, f), "").try(t, []attempt{
		{"whatever the client of the ID token", f.changed("id", nil, object{"aud": "notes-api"}), "OK"},
		{"a logout token", f.changed("id", nil, object{"aud": "notes-api", "nonce": nil, "events": object{}}), "401-T wrong_type"},
		{"a refresh token", f.changed("access", nil, object{"token_use": "refresh_token"}), "401-T wrong_type"},
		{"another kind of JWT", f.changed("access", object{"typ": "oauth-id-jag+jwt"}, nil), "401-T wrong_type"},
		{"an SD-JWT", f.token("access") + "~", "401-T malformed_token"},
	})
	// Without the option no token of Dex passes.
	v := verifier(t, func(c *jwks.Config) {
		*c = jwks.Config{Issuer: "https://dex.example.com", Audience: []string{"notes-api"}, HTTPClient: f.client(), PreRFC9068: true}
	})
	for _, kind := range []string{"access", "access-own", "id-cross"} {
		requiring(v, "").wants(t, f.token(kind), "401-T wrong_type")
	}
}

// Supabase: what its other keys sign stays out.
func TestOdditiesOfSupabase(t *testing.T) {
	f := publishedBy("supabase")
	const legacy = `{"alg":"HS256","typ":"JWT"}`
	requiring(building(supabase)(t, f), "").try(t, []attempt{
		{"the key service_role, signed with the shared secret", es().sign("HS256", legacy, `{"iss":"supabase","ref":"abcdefghijklmnopqrst","role":"service_role","iat":1767225600,"exp":2082585600}`), "401-T algorithm_not_allowed"},
		{"a publishable key", "sb_publishable_exampleexampleexample_example1", "401-T malformed_token"},
		{"a secret key", "sb_secret_exampleexampleexample_example1", "401-T malformed_token"},
		{"a user who is not signed in", f.changed("access", nil, object{"aud": "anon", "role": "anon"}), "401-T wrong_audience"},
	})
}

// Zitadel: nothing but the jti tells some of its tokens.
func TestOdditiesOfZitadel(t *testing.T) {
	f := publishedBy("zitadel")
	requiring(building(zitadel)(t, f), "").try(t, []attempt{
		{"a client of the project in place of the project", f.changed("access", nil, object{"aud": []string{"328859038248927902", "328859038232151180"}}), "401-T wrong_audience"},
		{"an ID token of the implicit flow", f.token("id-implicit"), "401-T wrong_type"},
		{"an opaque token", "VjVxyCZmRmWYqd3_F5db9Pb9mHR5fqzhnexample", "401-T malformed_token"},
		{"a logout token for a client", f.changed("id-implicit", object{"typ": "logout+jwt"}, object{"aud": []string{"328859038248927902"}, "jti": "1", "events": object{}}), "401-T wrong_type"},
	})
}
