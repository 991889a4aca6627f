package jwks_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// fixture is an issuer in the shape of a real one: testdata/providers says
// what it publishes and what its tokens say. It signs with keys of ours.
type fixture struct {
	*server
	jwksURI string
	keys    []object
	signers map[string]key // by kid
	tokens  map[string]sample
}

// sample is a token before it is signed.
type sample struct{ Header, Claims object }

// metadataAt is where each issuer serves its metadata, and nothing elsewhere. Those that
// are not here serve it under the name in it (OpenID Connect Discovery §4).
var metadataAt = map[string]string{
	"adfs":           "https://adfs.example.com/adfs/.well-known/openid-configuration",
	"auth0":          "https://example.eu.auth0.com/.well-known/openid-configuration",
	"azure-b2c":      "https://example.b2clogin.com/example.onmicrosoft.com/B2C_1_signin/v2.0/.well-known/openid-configuration",
	"clerk":          "https://clerk.example.com/.well-known/openid-configuration",
	"cognito":        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ExAmPlE01/.well-known/openid-configuration",
	"entra-v1":       "https://login.microsoftonline.com/5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10/.well-known/openid-configuration",
	"entra-v2":       "https://login.microsoftonline.com/5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10/v2.0/.well-known/openid-configuration",
	"firebase":       "https://securetoken.google.com/example-notes/.well-known/openid-configuration",
	"fusionauth":     "https://auth.example.com/.well-known/openid-configuration",
	"github-actions": "https://token.actions.githubusercontent.com/.well-known/openid-configuration",
	"gitlab":         "https://gitlab.example.com/.well-known/openid-configuration",
	"google":         "https://accounts.google.com/.well-known/openid-configuration",
	"keycloak":       "https://id.example.com/realms/notes/.well-known/openid-configuration",
	"keycloak-24":    "https://id.example.com/realms/notes/.well-known/openid-configuration",
	"kubernetes":     "https://kubernetes.default.svc/.well-known/openid-configuration",
	"okta":           "https://example.okta.com/oauth2/default/.well-known/openid-configuration",
}

// keysAt is where an issuer serves its keys, if its metadata names an address that
// not everybody reaches.
var keysAt = map[string]string{
	"kubernetes": "https://kubernetes.default.svc/openid/v1/jwks",
}

// The keys that stand in for the issuers' own: of access tokens, of ID tokens
// where those have another, and of Keycloak. Those that sign with ES256 have es.
var (
	providerKeys = []func() key{rs, other}
	rsa4096      = sync.OnceValue(func() key { return newRSA("rsa4096", 4096) })
)

// publishedBy returns the issuer of a folder of testdata/providers.
func publishedBy(name string) *fixture {
	f := &fixture{
		server:  &server{urls: map[string]http.HandlerFunc{}},
		signers: map[string]key{},
		tokens:  map[string]sample{},
	}
	files, err := filepath.Glob("testdata/providers/" + name + "/*.json")
	must(err)
	slices.Sort(files) // access tokens come before ID tokens
	for _, file := range files {
		doc, err := os.ReadFile(file)
		must(err)
		switch kind := strings.TrimSuffix(filepath.Base(file), ".json"); kind {
		case "metadata":
			var metadata struct {
				Issuer string
				URI    string `json:"jwks_uri"`
			}
			must(json.Unmarshal(doc, &metadata))
			f.jwksURI = cmp.Or(keysAt[name], metadata.URI)
			f.serve(cmp.Or(metadataAt[name], metadata.Issuer+"/.well-known/openid-configuration"), document(doc))
		case "jwks":
			f.keys = keysIn(doc)
		default:
			var s sample
			must(json.Unmarshal(doc, &s))
			f.tokens[kind] = s
			kid := s.Header["kid"].(string)
			if _, known := f.signers[kid]; known {
				continue
			}
			if name == "keycloak" {
				f.signers[kid] = rsa4096()
				continue
			}
			if s.Header["alg"] == "ES256" {
				f.signers[kid] = es()
				continue
			}
			f.signers[kid] = providerKeys[len(f.signers)]()
		}
	}
	// Nobody has the private keys of the committed sets any more: the numbers
	// of those that sign are replaced, and nothing else.
	for _, jwk := range f.keys {
		if signer, ok := f.signers[jwk["kid"].(string)]; ok {
			own := signer.jwk(nil)
			for _, number := range []string{"n", "e", "x", "y"} {
				if own[number] != nil {
					jwk[number] = own[number]
				}
			}
		}
	}
	f.publish(f.keys...)
	return f
}

func keysIn(doc []byte) []object {
	var set struct{ Keys []object }
	must(json.Unmarshal(doc, &set))
	return set.Keys
}

func (f *fixture) publish(jwks ...object) { f.serve(f.jwksURI, document(keySet(jwks...))) }

// token returns a token of this kind, issued now.
func (f *fixture) token(kind string) string { return f.changed(kind, nil, nil) }

// changed returns a token of this kind with changes to header and claims.
func (f *fixture) changed(kind string, header, claims object) string {
	signer := f.signers[f.tokens[kind].Header["kid"].(string)]
	return f.signedBy(signer, kind, header, claims)
}

func (f *fixture) signedBy(signer key, kind string, header, claims object) string {
	s := f.tokens[kind]
	h := changed(maps.Clone(s.Header), header)
	c := maps.Clone(s.Claims)
	since := float64(time.Now().Unix()) - c["iat"].(float64)
	for _, name := range []string{"iat", "nbf", "exp", "auth_time"} {
		if date, ok := c[name].(float64); ok { // AD FS writes auth_time as text
			c[name] = date + since
		}
	}
	alg, _ := h["alg"].(string)
	return signer.sign(alg, string(encode(h)), string(encode(changed(c, claims))))
}

// requiring returns an API whose one route needs this scope; "" needs none.
func requiring(v middleware.Verifier, scope string) api {
	requirement := scopes.All()
	if scope != "" {
		requirement = scopes.All(scope)
	}
	guard := middleware.New(v, &middleware.Options{Observe: func(ctx context.Context, e middleware.Event) {
		if told, ok := ctx.Value(reasonKey{}).(*reasons); ok {
			told.add(e)
		}
	}})
	return api{guard.Handler(requirement.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Ran", "yes")
	})))}
}

// notes is the API of the examples.
var notes = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "notes") })

// ask sends a token to the API of an example and prints the answer.
func ask(api http.Handler, token string) {
	r := httptest.NewRequest("GET", "https://notes.example.com/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("WWW-Authenticate"))))
}

// building turns the constructor of an example into one for all of them.
func building[V middleware.Verifier](construct func(*http.Client) (V, error)) func(testing.TB, *fixture) middleware.Verifier {
	return func(t testing.TB, f *fixture) middleware.Verifier {
		t.Helper()
		v, err := construct(f.client())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The configurations of the examples accept what the issuers sign for this
// API, and nothing else.
func TestIssuersInTheShapeOfRealOnes(t *testing.T) {
	const wrongType, wrongAudience, unknownIssuer = "401-T wrong_type", "401-T wrong_audience", "401-T unknown_issuer"
	const tenant = "0b7e1d52-93c4-4f6a-8d21-6a5f0c9e7b38" // another one
	for _, row := range []struct {
		name, dir, kind string
		verifier        func(testing.TB, *fixture) middleware.Verifier
		scope           string // that the token has; "" if its issuer knows none
		otherAPI        object // a token for another API
		otherTenant     object // the same for us, from another tenant
		idToken         string // what becomes of the ID token
		byDefault       string // and of the access token without PreRFC9068
	}{
		{"Entra ID v2.0: typ JWT, keys without alg, scp", "entra-v2", "access", building(entra), "Notes.Read",
			object{"aud": "00000003-0000-0000-c000-000000000000"},
			object{"iss": "https://login.microsoftonline.com/" + tenant + "/v2.0", "tid": tenant}, wrongAudience, wrongType},
		{"Entra ID v2.0, for an application: roles", "entra-v2", "application", building(entra), "Notes.Read.All",
			object{"aud": "api://c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620"}, // v2.0 tokens have no such audience
			object{"iss": "https://sts.windows.net/5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10/"}, wrongAudience, wrongType},
		{"Entra ID v1.0: another issuer, with a slash", "entra-v1", "access", building(entraV1), "Notes.Read",
			object{"aud": "https://graph.microsoft.com"},
			object{"iss": "https://sts.windows.net/" + tenant + "/", "tid": tenant}, wrongAudience, wrongType},
		{"Auth0, RFC 9068 profile: two audiences", "auth0", "access-rfc9068", building(auth0), "notes:read",
			object{"aud": []string{"https://other.example.com", "https://example.eu.auth0.com/userinfo"}},
			object{"iss": "https://other.eu.auth0.com/"}, wrongType, "OK"},
		{"Auth0, its own profile: permissions", "auth0", "access", building(auth0Permissions), "notes:write",
			object{"aud": "https://example.eu.auth0.com/userinfo"},
			object{"iss": "https://example.eu.auth0.com"}, wrongAudience, wrongType}, // without the slash
		{"Auth0, its own profile, for an application: one audience", "auth0", "application", building(auth0Permissions), "notes:read",
			object{"aud": "https://other.example.com"},
			object{"iss": "https://other.eu.auth0.com/"}, wrongAudience, wrongType},
		{"Okta: no typ, scp is an array", "okta", "access", building(okta), "notes.read",
			object{"aud": "api://default"},
			object{"iss": "https://example.okta.com/oauth2/ausexample"}, wrongAudience, wrongType},
		{"Cognito: no typ, no aud", "cognito", "access", building(cognito), "https://notes.example.com/read",
			object{"client_id": "2anotherclientofthepool4"},
			object{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_OtHeRpOoL"}, "401-T missing_claim", wrongType},
		{"Cognito, for an application", "cognito", "application", building(cognito), "https://notes.example.com/read",
			object{"client_id": "2anotherclientofthepool4"},
			object{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_OtHeRpOoL"}, "401-T missing_claim", wrongType},
		{"Cognito, bound to a resource: aud", "cognito", "access-resource", building(cognitoResource), "https://notes.example.com/read",
			object{"aud": "https://other.example.com"},
			object{"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_OtHeRpOoL"}, wrongAudience, wrongType},
		{"Keycloak: RSA 4096 beside keys for encryption and of type AKP", "keycloak", "access", building(keycloak), "notes:read",
			object{"aud": "account"},
			object{"iss": "https://id.example.com/realms/other"}, wrongAudience, wrongType},
		{"Keycloak, for an application", "keycloak", "application", building(keycloak), "notes:read",
			object{"aud": "other-api"},
			object{"iss": "http://id.example.com/realms/notes"}, wrongAudience, wrongType},
		{"Keycloak, at+jwt and a client_id mapper", "keycloak", "access-rfc9068", building(keycloak), "notes:read",
			object{"aud": []string{"other-api", "account"}},
			object{"iss": "https://id.example.com/realms/notes/"}, wrongAudience, "OK"},
		{"Google, for a service account: no scopes", "google", "service", building(google), "",
			object{"aud": "https://other.example.com"},
			object{"iss": "accounts.google.com"}, wrongAudience, wrongType},
		{"AD FS: an http issuer, auth_time as text", "adfs", "access", building(adfs), "notes.read",
			object{"aud": "https://other.example.com"},
			object{"iss": "http://sts.example.net/adfs/services/trust"}, unknownIssuer, wrongType},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := publishedBy(row.dir)
			v := row.verifier(t, f)
			good := f.token(row.kind)
			retyped := row.idToken // by what it says, whatever its header says
			if row.byDefault == "OK" && row.idToken == wrongType {
				retyped = "401-T missing_claim"
			}
			requiring(v, row.scope).try(t, []attempt{
				{"the access token", good, "OK"},
				{"a token for another API", f.changed(row.kind, nil, row.otherAPI), wrongAudience},
				{"a token of another tenant, signed with the same keys", f.changed(row.kind, nil, row.otherTenant), unknownIssuer},
				{"the ID token", f.token("id"), row.idToken},
				{"the ID token with the type of an access token", f.changed("id", object{"typ": "at+jwt"}, nil), retyped},
				{"a token signed by somebody else", f.signedBy(newRSAOnce(), row.kind, nil, nil), "401-T bad_signature"},
				{"R8725-09: a token signed by the same key with PS256", f.changed(row.kind, object{"alg": "PS256"}, nil), "401-T algorithm_not_allowed"},
				{"an expired token", f.changed(row.kind, nil, object{"exp": 1767225600}), "401-T expired"},
			})
			t.Run("a scope that the token lacks", func(t *testing.T) {
				requiring(v, "notes:delete").wants(t, good, "403-S insufficient_scope")
			})
			t.Run("the access token by default", func(t *testing.T) {
				requiring(strict(t, f, row.kind), "").wants(t, good, row.byDefault)
			})
			t.Run("R7517-02: keys that are of no use do not cost the good ones", func(t *testing.T) {
				requiring(row.verifier(t, crowded(f)), row.scope).wants(t, good, "OK")
			})
		})
	}
}

// newRSAOnce returns a key that no issuer here publishes.
var newRSAOnce = sync.OnceValue(func() key { return newRSA("nobody", 2048) })

// strict returns a Verifier of what RFC 9068 defines and nothing else.
func strict(t *testing.T, f *fixture, kind string) *jwks.Verifier {
	t.Helper()
	claims := f.tokens[kind].Claims
	cfg := jwks.Config{Issuer: claims["iss"].(string)}
	switch aud := claims["aud"].(type) {
	case string:
		cfg.Audience = []string{aud}
	case []any:
		cfg.Audience = []string{aud[0].(string)}
	default: // with an audience configured the token is refused all the same
		cfg.Audience = []string{"https://notes.example.com"}
	}
	keys, err := jwks.Remote(f.jwksURI, &jwks.RemoteOptions{HTTPClient: f.client(), InsecureAllowHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	cfg.KeySet = keys
	v, err := jwks.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// crowded makes f publish keys that nobody can use around its own.
func crowded(f *fixture) *fixture {
	doc, err := os.ReadFile("testdata/providers/neighbours.json")
	must(err)
	bad := keysIn(doc)
	f.publish(slices.Concat(bad, f.keys, bad)...)
	return f
}

// None of the keys that stand around the good ones is of use to anybody.
func TestNeighboursAreUnusable(t *testing.T) {
	doc, err := os.ReadFile("testdata/providers/neighbours.json")
	must(err)
	for _, jwk := range keysIn(doc) {
		if _, err := jwks.Parse(keySet(jwk)); err == nil {
			t.Errorf("%v is usable", jwk["kid"])
		}
	}
	var kinds []string
	for _, jwk := range keysIn(doc) {
		kinds = append(kinds, jwk["kty"].(string))
	}
	for _, kty := range []string{"AKP", "FOO", "RSA", "EC", "OKP", "oct"} {
		if !slices.Contains(kinds, kty) {
			t.Errorf("no key of type %s", kty)
		}
	}
}

// A key of the set that is not for signatures is not there for tokens.
func TestEncryptionKeyOfKeycloak(t *testing.T) {
	f := publishedBy("keycloak")
	for _, jwk := range f.keys {
		if jwk["use"] == "enc" || jwk["kty"] == "AKP" {
			token := f.changed("access", object{"kid": jwk["kid"]}, nil)
			requiring(building(keycloak)(t, publishedBy("keycloak")), "notes:read").wants(t, token, "401-T unknown_key")
		}
	}
}

func TestOdditiesOfEntraID(t *testing.T) {
	const apiID, clientID = "c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620", "e81d6f30-94b7-4d1c-b3c9-20a5c4d7f1b2"
	f := publishedBy("entra-v2")
	requiring(building(entra)(t, f), "Notes.Read").try(t, []attempt{
		// One registration for client and API: its ID tokens have the
		// audience of its access tokens.
		{"an ID token of a shared registration", f.changed("id", nil, object{"aud": apiID}), "401-T wrong_type"},
		{"an ID token of a shared registration, of a user with a role", f.changed("id", nil, object{"aud": apiID, "roles": []string{"Notes.Read"}}), "401-T wrong_type"},
		{"one without a nonce has no scopes", f.changed("id", nil, object{"aud": apiID, "nonce": nil}), "403-S insufficient_scope"},
		{"a token that a registration got for itself", f.changed("access", nil, object{"azp": apiID}), "401-T wrong_type"},
		{"the same, for an application", f.changed("application", nil, object{"azp": apiID}), "401-T wrong_type"},
		{"a token for the client, not for the API", f.changed("access", nil, object{"aud": clientID}), "401-T wrong_audience"},
		{"a v1.0 token at an API that expects v2.0", f.changed("access", nil, object{"iss": "https://sts.windows.net/5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10/", "ver": "1.0"}), "401-T unknown_issuer"},
		{"neither scp nor roles", f.changed("access", nil, object{"scp": nil}), "403-S insufficient_scope"},
		{"scp that is a number", f.changed("access", nil, object{"scp": 1}), "401-T invalid_claim"},
		{"no kid, two keys", f.changed("access", object{"kid": nil}, nil), "OK"},
	})

	// The documents for many tenants are of an issuer that nobody is.
	t.Run("the metadata of all tenants", func(t *testing.T) {
		f := publishedBy("entra-v2")
		f.serve(metadataAt["entra-v2"], document(encode(object{
			"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0", "jwks_uri": f.jwksURI,
		})))
		requiring(building(entra)(t, f), "Notes.Read").wants(t, f.token("access"), "503-U keys_unavailable")
	})
}

func TestOdditiesOfAuth0(t *testing.T) {
	f := publishedBy("auth0")
	// The user may write; this client was not allowed to by the user.
	requiring(building(auth0)(t, f), "notes:write").try(t, []attempt{
		{"permissions are no scopes unless listed", f.token("access-rfc9068"), "403-S insufficient_scope"},
		{"a scope that the client was granted", f.changed("access-rfc9068", nil, object{"scope": "notes:write"}), "OK"},
	})
	requiring(building(auth0Permissions)(t, f), "notes:read").try(t, []attempt{
		{"both profiles while an API changes from one to the other", f.token("access-rfc9068"), "OK"},
		{"no permissions", f.changed("access", nil, object{"permissions": []string{}}), "403-S insufficient_scope"},
		{"a token for userinfo, which is no JWT of ours", "dir..header.iv.text", "401-T malformed_token"},
	})
}

func TestOdditiesOfOkta(t *testing.T) {
	f := publishedBy("okta")
	requiring(building(okta)(t, f), "notes.read").try(t, []attempt{
		{"a token of the org authorization server", f.changed("access", object{"typ": "application/okta-internal-at+jwt"}, object{"iss": "https://example.okta.com", "aud": "https://example.okta.com"}), "401-T wrong_type"},
		{"its type alone", f.changed("access", object{"typ": "application/okta-internal-at+jwt"}, nil), "401-T wrong_type"},
		{"an ID token for a client with the name of the API", f.changed("id", nil, object{"aud": "https://notes.example.com"}), "401-T wrong_type"},
		{"scp that is a string", f.changed("access", nil, object{"scp": "openid notes.read"}), "OK"},
	})
}

func TestOdditiesOfCognito(t *testing.T) {
	f := publishedBy("cognito")
	requiring(building(cognito)(t, f), "https://notes.example.com/read").try(t, []attempt{
		{"our client, bound to another API", f.changed("access-resource", nil, object{"aud": "https://other.example.com"}), "401-T wrong_audience"},
		{"our client, for another API of the pool", f.changed("access", nil, object{"scope": "https://other.example.com/read"}), "403-S insufficient_scope"},
		{"a token that no OAuth client asked for", f.changed("access", nil, object{"scope": "aws.cognito.signin.user.admin"}), "403-S insufficient_scope"},
	})
	requiring(building(cognitoResource)(t, f), "https://notes.example.com/read").try(t, []attempt{
		{"a token that is bound to nothing", f.token("access"), "401-T missing_claim"},
	})
}

func TestOdditiesOfKeycloak(t *testing.T) {
	f := publishedBy("keycloak")
	requiring(building(keycloak)(t, f), "notes:read").try(t, []attempt{
		{"no audience mapper: no aud", f.changed("access", nil, object{"aud": nil}), "401-T missing_claim"},
		{"no audience mapper: account", f.changed("access", nil, object{"aud": "account"}), "401-T wrong_audience"},
		{"at+jwt without a client_id mapper", f.changed("access", object{"typ": "at+jwt"}, nil), "OK"},
		{"a lightweight access token: no sub", f.changed("access", nil, object{"sub": nil}), "OK"},
		{"an API that is its own client, and typ Bearer", f.changed("access", nil, object{"azp": "notes-api"}), "OK"},
		{"an API that is its own client, and nothing that says what this is", f.changed("access", nil, object{"azp": "notes-api", "typ": nil}), "401-T wrong_type"},
		{"an ID token for a client with the name of the API", f.changed("id", nil, object{"aud": "notes-api"}), "401-T wrong_type"},
	})
}

func TestOdditiesOfGoogle(t *testing.T) {
	f := publishedBy("google")
	requiring(building(google)(t, f), "").try(t, []attempt{
		// Whoever has an account can have Google sign a token for any audience.
		{"somebody else's service account", f.changed("service", nil, object{"sub": "104000000000000000009", "azp": "104000000000000000009"}), "401-T invalid_claim"},
		{"an access token, which is opaque", "ya29.a0AfExample_not-a-JWT", "401-T malformed_token"},
		{"a user's ID token for our audience", f.changed("id", nil, object{"aud": "https://notes.example.com"}), "401-T wrong_type"},
	})
}

func TestOdditiesOfADFS(t *testing.T) {
	f := publishedBy("adfs")
	requiring(building(adfs)(t, f), "notes.read").try(t, []attempt{
		// It is text, where OpenID Connect Core §2 has a number.
		{"auth_time that is neither number nor text", f.changed("access", nil, object{"auth_time": []int{1}}), "401-T invalid_claim"},
		{"R9068-09: auth_time that is text, in a token that claims to be of RFC 9068", f.changed("access", object{"typ": "at+jwt"}, nil), "401-T invalid_claim"},
		{"without kid, which older ones do not write", f.changed("access", object{"kid": nil}, nil), "OK"},
		{"for its own endpoint", f.changed("access", nil, object{"aud": "urn:microsoft:userinfo"}), "401-T wrong_audience"},
		{"of the issuer that the metadata names", f.changed("access", nil, object{"iss": "https://adfs.example.com/adfs"}), "401-T unknown_issuer"},
	})

	// Its metadata is of another issuer than its access tokens are.
	t.Run("R8414-02: discovery under the name in the access tokens", func(t *testing.T) {
		const issuer = "http://adfs.example.com/adfs/services/trust"
		keys, err := jwks.Discover(issuer, &jwks.RemoteOptions{MetadataURL: metadataAt["adfs"], InsecureAllowHTTP: true, HTTPClient: f.client()})
		if err != nil {
			t.Fatal(err)
		}
		v := verifier(t, func(c *jwks.Config) {
			*c = jwks.Config{Issuer: issuer, Audience: []string{"https://notes.example.com"}, KeySet: keys, PreRFC9068: true}
		})
		requiring(v, "").wants(t, f.token("access"), "503-U keys_unavailable")
	})
}

// docs/providers.md shows the configurations that these tests have run: each block of
// Go is a file provider_*_test.go, here or in introspect, but for the package clause, and
// each such file is there.
func TestProvidersPageIsCompiled(t *testing.T) {
	page, err := os.ReadFile("../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	configurations := map[string]string{} // names by code
	for _, pattern := range []string{"provider_*_test.go", "../introspect/provider_*_test.go"} {
		for name, text := range textOf(t, pattern) {
			_, code, _ := strings.Cut(text, "\n") // after the package clause
			configurations["package guard\n"+code] = name
		}
	}
	for i, block := range strings.Split("\n"+string(page), "\n```go\n") {
		if i == 0 {
			continue // before the first
		}
		code, _, closed := strings.Cut(block, "\n```\n")
		if !closed {
			t.Fatal("a block has no end")
		}
		if configurations[code+"\n"] == "" {
			t.Errorf("no provider_*_test.go has this, or two blocks do:\n%s", code)
		}
		delete(configurations, code+"\n")
	}
	for _, name := range configurations {
		t.Errorf("the page does not show %s", name)
	}

	folders, err := filepath.Glob("testdata/providers/*/")
	if err != nil {
		t.Fatal(err)
	}
	examples := textOf(t, "example_*_test.go")
	for _, folder := range folders {
		used := false
		for _, text := range examples {
			used = used || strings.Contains(text, fmt.Sprintf("publishedBy(%q)", filepath.Base(folder)))
		}
		if !used {
			t.Errorf("no example is of %s", folder)
		}
	}
}

// textOf returns the files of this pattern.
func textOf(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Clean(file)] = string(text)
	}
	return texts
}
