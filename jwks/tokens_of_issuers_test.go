package jwks_test

import (
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/jwks"
	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

// documented are the configurations of docs/providers.md, by the names of their
// functions, each with the folder of its issuer and a kind of token that it accepts.
var documented = map[string]struct {
	dir, kind string
	verifier  func(testing.TB, *fixture) middleware.Verifier
}{
	"adfs":             {"adfs", "access", building(adfs)},
	"auth0":            {"auth0", "access-rfc9068", building(auth0)},
	"auth0Permissions": {"auth0", "access", building(auth0Permissions)},
	"azureB2C":         {"azure-b2c", "access", building(azureB2C)},
	"clerk":            {"clerk", "access", building(clerk)},
	"clerkSession":     {"clerk", "access-session", building(clerkSession)},
	"cognito":          {"cognito", "access", building(cognito)},
	"cognitoResource":  {"cognito", "access-resource", building(cognitoResource)},
	"entra":            {"entra-v2", "access", building(entra)},
	"entraV1":          {"entra-v1", "access", building(entraV1)},
	"firebase":         {"firebase", "access", building(firebase)},
	"fusionAuth":       {"fusionauth", "access", building(fusionAuth)},
	"githubActions":    {"github-actions", "access", building(githubActions)},
	"gitlabJobs":       {"gitlab", "access", building(gitlabJobs)},
	"google":           {"google", "service", building(google)},
	"keycloak":         {"keycloak", "access", building(keycloak)},
	"keycloak 24":      {"keycloak-24", "access", building(keycloak)},
	"kubernetes":       {"kubernetes", "access", building(kubernetes)},
	"okta":             {"okta", "access", building(okta)},

	"dex":           {"dex", "access", building(dex)},
	"duende":        {"duende", "access", building(duende)},
	"nodeOIDC":      {"node-oidc-provider", "access", building(nodeOIDC)},
	"ory":           {"ory", "access", building(ory)},
	"spring":        {"spring", "access", building(spring)},
	"springClients": {"spring", "access-plain", building(springClients)},
	"supabase":      {"supabase", "access", building(supabase)},
	"zitadel":       {"zitadel", "access", building(zitadel)},
}

// Every configuration of the page is among the documented ones.
func TestEveryConfigurationIsTried(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range documented {
		tried[c.dir] = true
	}
	folders, err := filepath.Glob("testdata/providers/*/")
	must(err)
	for _, folder := range folders {
		if !tried[filepath.Base(folder)] {
			t.Errorf("no configuration for %s is tried", folder)
		}
	}
	constructors := regexp.MustCompile(`(?m)^func (\w+)\(client \*http\.Client\)`)
	for file, text := range textOf(t, "provider_*_test.go") {
		for _, m := range constructors.FindAllStringSubmatch(text, -1) {
			if _, ok := documented[m[1]]; !ok {
				t.Errorf("%s of %s is not tried", m[1], file)
			}
		}
	}
}

// The tokens that real issuers send, and what the documented configurations say to
// them. Each row is a shape of its own.
func TestRealTokens(t *testing.T) {
	const (
		ok            = "OK"
		noScope       = "403-S insufficient_scope"
		wrongType     = "401-T wrong_type"
		wrongAudience = "401-T wrong_audience"
		unknownIssuer = "401-T unknown_issuer"
		missing       = "401-T missing_claim"
		notKnown      = "401-T invalid_claim" // to the list of callers
		wrongAlg      = "401-T algorithm_not_allowed"
	)
	const oid = "0d6c1b8a-5e2f-47d9-8b34-a1f9c7e60d52"
	for _, row := range []struct {
		name, configuration, kind string
		header, claims            object // changes
		scope, want               string
	}{
		{"Entra ID v2.0: a user's", "entra", "access", nil, nil, "Notes.Read", ok},
		{"Entra ID v2.0: a user's with roles and groups", "entra", "access", nil, object{"roles": []string{"Notes.Admin"}, "groups": []string{oid}, "idtyp": "user"}, "Notes.Read", ok},
		{"Entra ID v2.0: an application's", "entra", "application", nil, nil, "Notes.Read.All", ok},
		{"Entra ID v2.0: an application's without a role", "entra", "application", nil, object{"roles": nil}, "Notes.Read.All", noScope},
		{"Entra ID v2.0: for Microsoft Graph, with a nonce in its header", "entra", "access", object{"nonce": "n"}, object{"aud": "00000003-0000-0000-c000-000000000000"}, "Notes.Read", wrongAudience},
		{"Entra ID v2.0: an ID token", "entra", "id", nil, nil, "", wrongAudience},
		{"Entra ID v1.0: a user's", "entraV1", "access", nil, nil, "Notes.Read", ok},
		{"Entra ID v1.0: an application's", "entraV1", "access", nil, object{"scp": nil, "roles": []string{"Notes.Read.All"}, "sub": oid, "oid": oid, "idtyp": "app", "upn": nil, "unique_name": nil}, "Notes.Read.All", ok},
		{"Entra ID v1.0: a v2.0 token", "entraV1", "access", nil, object{"iss": "https://login.microsoftonline.com/5a0f4a3e-6d52-4a4b-8f0e-1c7f3e2b9d10/v2.0"}, "Notes.Read", unknownIssuer},

		{"Auth0, RFC 9068 profile: a user's", "auth0", "access-rfc9068", nil, nil, "notes:read", ok},
		{"Auth0, RFC 9068 profile: an application's", "auth0", "access-rfc9068", nil, object{"sub": "Zr4tExampleClientOfAuth0aB7c9Dq2@clients", "aud": "https://notes.example.com", "scope": "notes:read"}, "notes:read", ok},
		{"Auth0, RFC 9068 profile: of an organization", "auth0", "access-rfc9068", nil, object{"org_id": "org_example"}, "notes:read", ok},
		{"Auth0, RFC 9068 profile: a token of its own profile", "auth0", "access", nil, nil, "notes:read", wrongType},
		{"Auth0, its own profile: a user's", "auth0Permissions", "access", nil, nil, "notes:read", ok},
		{"Auth0, its own profile: an application's", "auth0Permissions", "application", nil, nil, "notes:read", ok},
		{"Auth0, its own profile: without permissions", "auth0Permissions", "access", nil, object{"permissions": nil}, "notes:read", noScope},
		{"Auth0, its own profile: an ID token", "auth0Permissions", "id", nil, nil, "", wrongAudience},

		{"Okta: a user's", "okta", "access", nil, nil, "notes.read", ok},
		{"Okta: a service's", "okta", "access", nil, object{"sub": "0oaexampleclient0h7", "uid": nil, "scp": []string{"notes.read"}, "auth_time": nil}, "notes.read", ok},
		{"Okta: a user's with groups", "okta", "access", nil, object{"groups": []string{"Everyone", "editors"}}, "notes.read", ok},
		{"Okta: an ID token", "okta", "id", nil, nil, "", wrongAudience},

		{"Cognito: a user's", "cognito", "access", nil, nil, "https://notes.example.com/read", ok},
		{"Cognito: a user's after SRP, with a device", "cognito", "access", nil, object{"scope": "aws.cognito.signin.user.admin", "device_key": "eu-west-1_example", "version": nil}, "", ok},
		{"Cognito: an application's", "cognito", "application", nil, nil, "https://notes.example.com/read", ok},
		{"Cognito: bound to a resource", "cognitoResource", "access-resource", nil, nil, "https://notes.example.com/read", ok},
		{"Cognito: an ID token", "cognito", "id", nil, nil, "", missing},
		{"Cognito: an ID token where resources are bound", "cognitoResource", "id", nil, nil, "", wrongAudience},

		{"Keycloak: a user's", "keycloak", "access", nil, nil, "notes:read", ok},
		{"Keycloak: a service account's", "keycloak", "application", nil, nil, "notes:read", ok},
		{"Keycloak: at+jwt", "keycloak", "access-rfc9068", nil, nil, "notes:read", ok},
		{"Keycloak: at+jwt without client_id", "keycloak", "access", object{"typ": "at+jwt"}, nil, "notes:read", ok},
		{"Keycloak: lightweight", "keycloak", "access", nil, object{"sub": nil, "realm_access": nil, "resource_access": nil, "name": nil, "email": nil, "acr": nil}, "notes:read", ok},
		{"Keycloak: for DPoP, sent as Bearer", "keycloak", "access", nil, object{"typ": "DPoP", "cnf": object{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}, "notes:read", "401-T"},
		{"Keycloak: an ID token", "keycloak", "id", nil, nil, "", wrongAudience},
		{"Keycloak 24: a user's, with a nonce", "keycloak 24", "access", nil, nil, "notes:read", ok},
		{"Keycloak 24: a user's, with a nonce and no scopes", "keycloak 24", "access", nil, object{"scope": ""}, "", ok},
		{"Keycloak 24: a service account's", "keycloak 24", "application", nil, nil, "notes:read", ok},
		{"Keycloak 24: an ID token", "keycloak 24", "id", nil, nil, "", wrongAudience},
		{"Keycloak 24: an ID token for a client with the name of the API", "keycloak 24", "id", nil, object{"aud": "notes-api"}, "", wrongType},
		{"Keycloak 24: a refresh token", "keycloak 24", "refresh", nil, nil, "", wrongAlg},
		{"Keycloak 24: an offline token", "keycloak 24", "offline", nil, nil, "", wrongAlg},
		{"Keycloak 24: a logout token", "keycloak 24", "logout", nil, nil, "", wrongAudience},
		{"Keycloak 24: a logout token for a client with the name of the API", "keycloak 24", "logout", nil, object{"aud": "notes-api"}, "", wrongType},

		{"Google: a service account's", "google", "service", nil, nil, "", ok},
		{"Google: a virtual machine's", "google", "service", nil, object{"google": object{"compute_engine": object{"instance_id": "1", "project_id": "example", "zone": "europe-west1-b"}}}, "", ok},
		{"Google: a person's ID token", "google", "id", nil, nil, "", wrongAudience},

		{"AD FS: a user's", "adfs", "access", nil, nil, "notes.read", ok},
		{"AD FS: an ID token", "adfs", "id", nil, nil, "", unknownIssuer},

		{"Azure AD B2C: a user's, with a nonce", "azureB2C", "access", nil, nil, "notes.read", ok},
		{"Azure AD B2C: an application's", "azureB2C", "application", nil, nil, "notes.read.all", ok},
		{"Azure AD B2C: with acr and without a sub of its own, as it was", "azureB2C", "access", nil, object{"tfp": nil, "acr": "b2c_1_signin", "sub": "Not supported currently. Use oid claim."}, "notes.read", ok},
		{"Azure AD B2C: an issuer with the user flow in it", "azureB2C", "access", nil, object{"iss": "https://example.b2clogin.com/tfp/9d3c6f2e-4b71-4e0a-8c5d-2f1a7b6e0c94/b2c_1_signin/v2.0/"}, "notes.read", unknownIssuer},
		{"Azure AD B2C: that an API got for itself, by its client ID as scope", "azureB2C", "access", nil, object{"azp": "c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620"}, "", wrongType},
		{"Azure AD B2C: an ID token", "azureB2C", "id", nil, nil, "", wrongAudience},
		{"Azure AD B2C: an ID token of a shared registration", "azureB2C", "id", nil, object{"aud": "c3a7b1de-2f64-4c0a-9a55-7be0d1f4a620"}, "", wrongType},

		{"FusionAuth: a user's, with the lambda", "fusionAuth", "access", nil, nil, "notes:read", ok},
		{"FusionAuth: a user's, without the lambda", "fusionAuth", "access-plain", nil, nil, "", wrongAudience},
		{"FusionAuth before 1.50: no scope, gty in the header", "fusionAuth", "access-before-1.50", nil, object{"aud": "https://notes.example.com"}, "notes:read", noScope},
		{"FusionAuth: an entity's", "fusionAuth", "application", nil, nil, "notes:read", ok},
		{"FusionAuth: an ID token, with scopes", "fusionAuth", "id", nil, nil, "", wrongAudience},

		{"Clerk: of a template", "clerk", "access", nil, nil, "notes:read", ok},
		{"Clerk: of a session, where an audience is wanted", "clerk", "access-session", nil, nil, "", missing},
		{"Clerk: a machine's, for another machine", "clerk", "machine", nil, nil, "", wrongAudience},
		{"Clerk: of an OAuth client, without aud", "clerk", "oauth", nil, nil, "", missing},
		{"Clerk: an ID token", "clerk", "id", nil, nil, "", wrongAudience},
		{"Clerk: of a session", "clerkSession", "access-session", nil, nil, "", ok},
		{"Clerk: of a session, version 1", "clerkSession", "access-session-v1", nil, nil, "", ok},
		{"Clerk: of a session in a native app, without azp", "clerkSession", "access-session", nil, object{"azp": nil}, "", missing},
		{"Clerk: of a template for an API, by its aud", "clerkSession", "access", nil, nil, "", wrongAudience},
		{"Clerk: of a session of another page", "clerkSession", "access-session", nil, object{"azp": "https://mallory.example.net"}, "", wrongAudience},
		{"Clerk: an ID token where sessions count", "clerkSession", "id", nil, nil, "", missing},

		{"Firebase: of a user", "firebase", "access", nil, nil, "", ok},
		{"Firebase: of a user that nobody knows", "firebase", "access-anonymous", nil, nil, "", ok},
		{"Firebase: of a tenant, which shares issuer and audience", "firebase", "access-tenant", nil, nil, "", ok},
		{"Firebase: a session cookie", "firebase", "session-cookie", nil, nil, "", unknownIssuer},
		{"Firebase: a custom token", "firebase", "custom", nil, nil, "", unknownIssuer},
		{"Firebase: of another project", "firebase", "access", nil, object{"iss": "https://securetoken.google.com/other", "aud": "other"}, "", unknownIssuer},

		{"Kubernetes: projected", "kubernetes", "access", nil, nil, "", ok},
		{"Kubernetes before 1.29: no jti, no node", "kubernetes", "access-before-1.29", nil, nil, "", ok},
		{"Kubernetes: of every pod, for the API server", "kubernetes", "default", nil, nil, "", wrongAudience},
		{"Kubernetes: of a Secret", "kubernetes", "legacy", nil, nil, "", unknownIssuer},
		{"Kubernetes: of a Secret, where that issuer is accepted: it never expires", "kubernetes", "legacy", nil, object{"iss": "https://kubernetes.default.svc.cluster.local"}, "", missing},
		{"Kubernetes: of another account", "kubernetes", "access", nil, object{"sub": "system:serviceaccount:default:default"}, "", notKnown},

		{"GitHub Actions: of an environment", "githubActions", "access", nil, nil, "", ok},
		{"GitHub Actions: with IDs in its subject, where they are not listed", "githubActions", "access-with-ids", nil, nil, "", notKnown},
		{"GitHub Actions: of a pull request", "githubActions", "pull-request", nil, nil, "", notKnown},
		{"GitHub Actions: with the audience that it has by itself", "githubActions", "access", nil, object{"aud": "https://github.com/example"}, "", wrongAudience},
		{"GitLab: of a job", "gitlabJobs", "access", nil, nil, "", ok},
		{"GitLab: of another branch", "gitlabJobs", "access", nil, object{"sub": "project_path:example/notes:ref_type:branch:ref:feature", "ref": "feature"}, "", notKnown},
		{"GitLab: a person's ID token, of the same issuer", "gitlabJobs", "id", nil, nil, "", wrongAudience},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := documented[row.configuration]
			f := publishedBy(c.dir)
			requiring(c.verifier(t, f), row.scope).wants(t, f.changed(row.kind, row.header, row.claims), row.want)
		})
	}
}

// What is signed by the right key, for this API, and is no access token stays out of
// each configuration that accepts no ID tokens; of those that do, only ID tokens get in.
func TestWhatStaysOut(t *testing.T) {
	for name, c := range documented {
		t.Run(name, func(t *testing.T) {
			f := publishedBy(c.dir)
			a := requiring(c.verifier(t, f), "")
			good := f.token(c.kind)
			a.wants(t, good, "OK")
			idTokens := "401-T"
			if name == "firebase" || name == "dex" { // InsecureAllowIDTokens
				idTokens = "OK"
			}
			as := func(header, claims object) string { return f.changed(c.kind, header, claims) }
			bare := func(claims object) object { // with nothing that tells an access token
				maps.Copy(claims, object{"typ": nil, "token_use": nil, "tty": nil, "scope": nil, "scp": nil, "permissions": nil, "roles": nil})
				return claims
			}
			for name, row := range map[string]struct{ token, want string }{
				"an ID token, by its nonce":             {as(object{"typ": "JWT"}, bare(object{"nonce": "n"})), idTokens},
				"an ID token, by at_hash":               {as(object{"typ": "JWT"}, bare(object{"at_hash": "h"})), idTokens},
				"an ID token of a hybrid flow":          {as(object{"typ": "JWT"}, bare(object{"c_hash": "h", "s_hash": "h"})), idTokens},
				"an ID token, by typ in its claims":     {as(object{"typ": "JWT"}, object{"typ": "ID"}), idTokens},
				"an ID token, by token_use":             {as(object{"typ": "JWT"}, object{"token_use": "id"}), idTokens},
				"an ID token that a header calls one":   {as(object{"typ": "id_token+jwt"}, nil), "401-T wrong_type"},
				"a refresh token":                       {as(object{"typ": "JWT"}, object{"typ": "Refresh"}), "401-T"},
				"an offline token":                      {as(object{"typ": "JWT"}, object{"typ": "Offline"}), "401-T"},
				"a refresh token, by token_use":         {as(object{"typ": "JWT"}, object{"token_use": "refresh"}), "401-T"},
				"a refresh token signed with HS512":     {as(object{"typ": "JWT", "alg": "HS512"}, object{"typ": "Refresh"}), "401-T"},
				"a logout token, by its header":         {as(object{"typ": "logout+jwt"}, nil), "401-T wrong_type"},
				"a logout token, by its events":         {as(object{"typ": "JWT"}, bare(object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}})), "401-T"},
				"a logout token, by typ in its claims":  {as(object{"typ": "JWT"}, object{"typ": "Logout"}), "401-T"},
				"a security event":                      {as(object{"typ": "secevent+jwt"}, nil), "401-T wrong_type"},
				"an identity assertion grant":           {as(object{"typ": "oauth-id-jag+jwt"}, nil), "401-T wrong_type"},
				"a transaction token":                   {as(object{"typ": "txntoken+jwt"}, nil), "401-T wrong_type"},
				"an introspection answer":               {as(object{"typ": "token-introspection+jwt"}, nil), "401-T wrong_type"},
				"a client's assertion":                  {as(object{"typ": "client-authentication+jwt"}, nil), "401-T wrong_type"},
				"an authorization request":              {as(object{"typ": "oauth-authz-req+jwt"}, nil), "401-T wrong_type"},
				"a proof of DPoP":                       {as(object{"typ": "dpop+jwt"}, nil), "401-T wrong_type"},
				"a verifiable credential":               {as(object{"typ": "dc+sd-jwt"}, nil), "401-T wrong_type"},
				"an SD-JWT without disclosures":         {good + "~", "401-T"},
				"an SD-JWT":                             {good + "~WyJzIiwibmFtZSIsIkFsaWNlIl0~", "401-T"},
				"an SD-JWT with a key binding":          {good + "~WyJzIiwibmFtZSIsIkFsaWNlIl0~" + good, "401-T"},
				"an access token that has expired":      {as(nil, object{"exp": float64(time.Now().Add(-time.Hour).Unix())}), "401-T expired"},
				"an access token of the next API":       {as(nil, object{"aud": "https://other.example.com"}), "401-T"},
				"an access token of an issuer as alike": {as(nil, object{"iss": "https://mallory.example.net"}), "401-T unknown_issuer"},
			} {
				t.Run(name, func(t *testing.T) { a.wants(t, row.token, row.want) })
			}
			for kind := range f.tokens {
				if kind == "id" || kind == "refresh" || kind == "offline" || kind == "logout" {
					t.Run("its own "+kind+" token", func(t *testing.T) { a.wants(t, f.token(kind), "401-T") })
				}
			}
		})
	}
}

// Whose token it is, by sub and the client, and by what has to be asked for besides
// where a service has a sub of its own.
func TestUsersAndServicesOfIssuers(t *testing.T) {
	user, client := scopes.All().User(), scopes.All().Client()
	claim := func(name, value string) scopes.Requirement { return scopes.All().Claim(name, value) }
	for _, row := range []struct {
		name, configuration, kind string
		claims                    object
		requirement               scopes.Requirement
		want                      bool
	}{
		{"Entra ID: a user's is a user's", "entra", "access", nil, user, true},
		{"Entra ID: an application's passes for a user's", "entra", "application", nil, user, true},
		{"Entra ID: and never for a client's", "entra", "application", nil, client, false},
		{"Entra ID: idtyp tells a user", "entra", "access", object{"idtyp": "user"}, user.Claim("idtyp", "user"), true},
		{"Entra ID: idtyp tells an application", "entra", "application", nil, user.Claim("idtyp", "user"), false},
		{"Entra ID: idtyp asks for an application", "entra", "application", nil, claim("idtyp", "app"), true},
		{"Entra ID v1.0: a user's", "entraV1", "access", nil, user, true},

		{"Auth0: a user's", "auth0Permissions", "access", nil, user, true},
		{"Auth0: a service's passes for a user's", "auth0Permissions", "application", nil, user, true},
		{"Auth0: and never for a client's", "auth0Permissions", "application", nil, client, false},
		{"Auth0: gty asks for a service", "auth0Permissions", "application", nil, claim("gty", "client-credentials"), true},
		{"Auth0: a user's has no such gty", "auth0Permissions", "access", nil, claim("gty", "client-credentials"), false},
		{"Auth0: userinfo is an audience of users alone", "auth0Permissions", "access", nil, user.Claim("aud", "https://example.eu.auth0.com/userinfo"), true},
		{"Auth0: a service's has no such audience", "auth0Permissions", "application", nil, user.Claim("aud", "https://example.eu.auth0.com/userinfo"), false},

		{"Okta: a user's", "okta", "access", nil, user, true},
		{"Okta: a service's is a client's", "okta", "access", object{"sub": "0oaexampleclient0h7", "uid": nil}, client, true},
		{"Okta: and no user's", "okta", "access", object{"sub": "0oaexampleclient0h7", "uid": nil}, user, false},

		{"Cognito: a user's", "cognito", "access", nil, user, true},
		{"Cognito: an application's is a client's", "cognito", "application", nil, client, true},
		{"Cognito: and no user's", "cognito", "application", nil, user, false},

		{"Keycloak: a user's", "keycloak", "access", nil, user, true},
		{"Keycloak: a service account's passes for a user's", "keycloak", "application", nil, user, true},
		{"Keycloak: and never for a client's", "keycloak", "application", nil, client, false},
		{"Keycloak: a mapped role tells a user", "keycloak", "access", object{"roles": []string{"person"}}, user.Claim("roles", "person"), true},
		{"Keycloak: which a service account lacks", "keycloak", "application", nil, user.Claim("roles", "person"), false},

		{"Google: a service account's is a client's", "google", "service", nil, client, true},
		{"AD FS: a user's", "adfs", "access", nil, user, true},

		{"Azure AD B2C: a user's", "azureB2C", "access", nil, user, true},
		{"Azure AD B2C: an application's passes for a user's", "azureB2C", "application", nil, user, true},
		{"Azure AD B2C: and never for a client's", "azureB2C", "application", nil, client, false},
		{"Azure AD B2C: tfp tells a user", "azureB2C", "access", nil, user.Claim("tfp", "B2C_1_signin"), true},

		{"FusionAuth: a user's", "fusionAuth", "access", nil, user, true},
		{"FusionAuth: a user's who is not registered for the application", "fusionAuth", "access", object{"applicationId": nil}, user, false},
		{"FusionAuth: an entity's is no user's", "fusionAuth", "application", nil, user, false},
		{"FusionAuth: and no client's", "fusionAuth", "application", nil, client, false},

		{"Clerk: a template's is a user's", "clerk", "access", nil, user, true},
		{"Firebase: there are no clients", "firebase", "access", nil, user, false},
		{"Kubernetes: there are no clients", "kubernetes", "access", nil, client, false},
		{"GitHub Actions: there are no clients", "githubActions", "access", nil, client, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := documented[row.configuration]
			f := publishedBy(c.dir)
			r := httptest.NewRequest("GET", "https://notes.example.com/", nil)
			r.Header.Set("Authorization", "Bearer "+f.changed(row.kind, nil, row.claims))
			w := httptest.NewRecorder()
			middleware.New(c.verifier(t, f), nil).Handler(row.requirement.Handler(notes)).ServeHTTP(w, r)
			if (w.Code == http.StatusOK) != row.want {
				t.Errorf("%d %s", w.Code, w.Header().Get("WWW-Authenticate"))
			}
			if w.Code == http.StatusUnauthorized {
				t.Error("the token itself was refused")
			}
		})
	}
}

// Client IDs are where ClientClaim says.
func TestClientsOfIssuers(t *testing.T) {
	for configuration, want := range map[string]string{
		"adfs":             "e81d6f30-94b7-4d1c-b3c9-20a5c4d7f1b2",
		"auth0":            "Zr4tExampleClientOfAuth0aB7c9Dq2",
		"auth0Permissions": "Zr4tExampleClientOfAuth0aB7c9Dq2",
		"azureB2C":         "e81d6f30-94b7-4d1c-b3c9-20a5c4d7f1b2",
		"clerk":            "https://web.example.com",
		"cognito":          "1exampleclientofcognito23",
		"entra":            "e81d6f30-94b7-4d1c-b3c9-20a5c4d7f1b2",
		"entraV1":          "e81d6f30-94b7-4d1c-b3c9-20a5c4d7f1b2",
		"fusionAuth":       "3f1d9b70-62c4-4a8e-9d15-0b7e6a2c4f83",
		"google":           "104000000000000000001",
		"keycloak":         "notes-web",
		"okta":             "0oaexampleclient0h7",
	} {
		t.Run(configuration, func(t *testing.T) {
			c := documented[configuration]
			f := publishedBy(c.dir)
			token, err := c.verifier(t, f).Verify(t.Context(), f.token(c.kind), nil)
			if err != nil || token.ClientID != want {
				t.Errorf("%q, %v", token.ClientID, err)
			}
		})
	}
}

// The documents of the other user flows are of the same issuer.
func TestOdditiesOfAzureB2C(t *testing.T) {
	f := publishedBy("azure-b2c")
	t.Run("the metadata of the issuer's own address", func(t *testing.T) {
		keys, err := jwks.Discover("https://example.b2clogin.com/9d3c6f2e-4b71-4e0a-8c5d-2f1a7b6e0c94/v2.0/", &jwks.RemoteOptions{HTTPClient: f.client()})
		if err != nil {
			t.Fatal(err)
		}
		if keys.Refresh(t.Context()) == nil {
			t.Error("it is not there without a user flow")
		}
	})
}

// Machines and OAuth clients of Clerk, by the variations that the page names.
func TestOdditiesOfClerk(t *testing.T) {
	f := publishedBy("clerk")
	varied := func(change func(*jwks.Config)) api {
		return requiring(verifier(t, func(c *jwks.Config) {
			*c = jwks.Config{Issuer: "https://clerk.example.com", HTTPClient: f.client(), PreRFC9068: true}
			change(c)
		}), "")
	}
	machines := varied(func(c *jwks.Config) { c.Audience = []string{"mch_2exampleExampleExampleEx5"} })
	machines.wants(t, f.token("machine"), "OK")
	machines.wants(t, f.token("access"), "401-T wrong_audience")
	clients := varied(func(c *jwks.Config) { c.Audience, c.AudienceClaim = []string{"2exampleOAuthClnt"}, "client_id" })
	clients.wants(t, f.token("oauth"), "OK")
	clients.wants(t, f.token("id"), "401-T missing_claim")
	clients.wants(t, f.token("access-session"), "401-T missing_claim")
}

// The keys of a cluster may come from a file in place of the API server.
func TestKeysOfAClusterInAFile(t *testing.T) {
	f := publishedBy("kubernetes")
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, keySet(f.keys...), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := jwks.File(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	for issuer, want := range map[string]string{
		"https://kubernetes.default.svc.cluster.local": "OK",
		"http://cluster.example.com":                   "OK", // it is only compared
		"kubernetes/serviceaccount":                    "OK",
	} {
		v, err := jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{"https://notes.example.com"}, KeySet: keys, PreRFC9068: true})
		if err != nil && !strings.Contains(err.Error(), "another issuer") {
			t.Fatal(err)
		}
		if err != nil { // keys belong to one issuer: a file for each
			again, err := jwks.File(name, nil)
			if err != nil {
				t.Fatal(err)
			}
			v, err = jwks.NewVerifier(jwks.Config{Issuer: issuer, Audience: []string{"https://notes.example.com"}, KeySet: again, PreRFC9068: true})
			if err != nil {
				t.Fatal(err)
			}
		}
		requiring(v, "").wants(t, f.changed("access", nil, object{"iss": issuer}), want)
	}
}

// The pod's own token goes to the API server alone, and is read each time.
func TestClientInsideACluster(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := inCluster(folder); err == nil {
		t.Error("a folder without ca.crt")
	}
	write("ca.crt", "x")
	if _, err := inCluster(folder); err == nil {
		t.Error("a ca.crt without a certificate")
	}
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	client, err := inCluster(folder)
	if err != nil {
		t.Fatal(err)
	}
	f := publishedBy("kubernetes")
	var sent []string
	pod := client.Transport.(asPod)
	pod.next = roundTripper(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Header.Get("Authorization"))
		return f.RoundTrip(r)
	})
	client.Transport = pod
	v, err := kubernetes(client)
	if err != nil {
		t.Fatal(err)
	}
	requiring(v, "").wants(t, f.token("access"), "503-U keys_unavailable") // there is no token yet
	write("token", "first\n")
	v, err = kubernetes(client)
	if err != nil {
		t.Fatal(err)
	}
	requiring(v, "").wants(t, f.token("access"), "OK")
	write("token", "second\n")
	if v, err = kubernetes(client); err != nil {
		t.Fatal(err)
	}
	requiring(v, "").wants(t, f.token("access"), "OK")
	if want := []string{"Bearer first", "Bearer second"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q", sent)
	}
	if _, err := client.Get("https://mallory.example.net/"); err == nil || len(sent) != 2 {
		t.Error("the token went elsewhere")
	}
}
