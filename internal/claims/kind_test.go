package claims_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/middleware"
)

// What makes an access token, where its header does not say so. One rule for JWTs and
// for introspection answers.
func TestWhatIsAnAccessToken(t *testing.T) {
	const ok, wrong = middleware.ReasonOK, middleware.ReasonWrongType
	for _, row := range []struct {
		name, members     string
		want, withOption  middleware.Reason // withOption: under InsecureAllowIDTokens
		scopeClaims, auds string
	}{
		{"nothing but what all tokens have", ``, ok, ok, "", ""},

		// What the issuer says outright.
		{"typ Bearer", `"typ":"Bearer"`, ok, ok, "", ""},
		{"a nonce beside typ Bearer", `"typ":"Bearer","nonce":"n"`, ok, ok, "", ""},
		{"at_hash and the client as audience beside typ Bearer", `"typ":"Bearer","at_hash":"h","azp":"api"`, ok, ok, "", ""},
		{"typ DPoP, bound", `"typ":"DPoP","nonce":"n","cnf":{"jkt":"k"}`, ok, ok, "", ""},
		{"typ at+jwt in the claims", `"typ":"at+jwt","nonce":"n"`, ok, ok, "", ""},
		{"typ application/at+jwt in the claims", `"typ":"application/AT+JWT","nonce":"n"`, ok, ok, "", ""},
		{"typ JWT says nothing", `"typ":"JWT"`, ok, ok, "", ""},
		{"typ JWT says nothing of a nonce", `"typ":"JWT","nonce":"n"`, wrong, ok, "", ""},
		{"typ ID alone", `"typ":"ID"`, wrong, ok, "", ""},
		{"typ ID beside scopes", `"typ":"ID","scope":"read"`, wrong, ok, "", ""},
		{"typ id in small letters", `"typ":"id"`, wrong, ok, "", ""},
		{"typ Refresh", `"typ":"Refresh"`, wrong, wrong, "", ""},
		{"typ Refresh beside scopes", `"typ":"Refresh","scope":"read"`, wrong, wrong, "", ""},
		{"typ Offline", `"typ":"Offline","scope":"offline_access"`, wrong, wrong, "", ""},
		{"typ Logout", `"typ":"Logout"`, wrong, wrong, "", ""},
		{"typ Initial", `"typ":"InitialAccessToken"`, wrong, wrong, "", ""},
		{"typ RegistrationAccessToken", `"typ":"RegistrationAccessToken"`, wrong, wrong, "", ""},
		{"typ that nobody knows", `"typ":"x","scope":"read"`, wrong, wrong, "", ""},
		{"typ that is no text", `"typ":1,"scope":"read"`, wrong, wrong, "", ""},
		{"typ that is null", `"typ":null`, ok, ok, "", ""},
		{"token_use access", `"token_use":"access","nonce":"n"`, ok, ok, "", ""},
		{"token_use access_token", `"token_use":"access_token","at_hash":"h"`, ok, ok, "", ""},
		{"token_use id", `"token_use":"id"`, wrong, ok, "", ""},
		{"token_use id beside scopes", `"token_use":"id","scope":"read"`, wrong, ok, "", ""},
		{"token_use refresh", `"token_use":"refresh","scope":"read"`, wrong, wrong, "", ""},
		{"token_use that nobody knows", `"token_use":"x","scope":"read"`, wrong, wrong, "", ""},
		{"typ Bearer and token_use id: the refusal wins", `"typ":"Bearer","token_use":"id"`, wrong, ok, "", ""},
		{"typ ID and token_use access: the refusal wins", `"typ":"ID","token_use":"access"`, wrong, ok, "", ""},
		{"token_type refresh_token", `"token_type":"refresh_token","scope":"read"`, wrong, wrong, "", ""},
		{"token_type Refresh, as Keycloak answers", `"token_type":"Refresh"`, wrong, wrong, "", ""},
		{"token_type by its URN", `"token_type":"urn:ietf:params:oauth:token-type:refresh_token"`, wrong, wrong, "", ""},
		{"token_type id_token", `"token_type":"id_token","scope":"read"`, wrong, ok, "", ""},
		{"token_type Bearer does not clear a nonce", `"token_type":"Bearer","nonce":"n"`, wrong, ok, "", ""},

		// Claims that only ID and logout tokens have.
		{"a nonce", `"nonce":"n"`, wrong, ok, "", ""},
		{"an empty nonce", `"nonce":""`, wrong, ok, "", ""},
		{"a nonce that is null", `"nonce":null`, ok, ok, "", ""},
		{"at_hash", `"at_hash":"h"`, wrong, ok, "", ""},
		{"c_hash", `"c_hash":"h"`, wrong, ok, "", ""},
		{"s_hash", `"s_hash":"h"`, wrong, ok, "", ""},
		{"events", `"events":{"http://schemas.openid.net/event/backchannel-logout":{}}`, wrong, wrong, "", ""},
		{"events and a session", `"events":{},"sid":"s"`, wrong, wrong, "", ""},
		{"a nonce beside scope", `"nonce":"n","scope":"read"`, ok, ok, "", ""},
		{"a nonce beside an empty scope", `"nonce":"n","scope":""`, wrong, ok, "", ""},
		{"a nonce beside a scope that grants nothing", `"nonce":"n","scope":"\" \u0001"`, wrong, ok, "", ""},
		{"a nonce beside scp, and another azp", `"nonce":"n","scp":"read","azp":"app"`, ok, ok, "", ""},
		{"a nonce beside scp in a list", `"nonce":"n","scp":["read"]`, ok, ok, "", ""},
		{"a nonce beside an empty list", `"nonce":"n","scp":[]`, wrong, ok, "", ""},
		{"at_hash beside permissions that nobody named", `"at_hash":"h","permissions":["read"]`, wrong, ok, "", ""},
		{"at_hash beside permissions that are ScopeClaims", `"at_hash":"h","permissions":["read"]`, ok, ok, "permissions", ""},
		{"a nonce beside roles that are ScopeClaims: users have these", `"nonce":"n","roles":["read"]`, wrong, ok, "roles", ""},
		{"a nonce beside groups that are ScopeClaims", `"nonce":"n","groups":["read"]`, wrong, ok, "groups", ""},
		{"events beside groups that are ScopeClaims", `"events":{},"groups":["read"]`, wrong, wrong, "groups", ""},
		{"roles that are ScopeClaims, and nothing of an ID token", `"roles":["read"]`, ok, ok, "roles", ""},
		{"events beside scope", `"events":{},"scope":"read"`, ok, ok, "", ""},

		// A client as the audience.
		{"azp is the audience", `"azp":"api"`, wrong, ok, "", ""},
		{"azp is the audience, beside scopes", `"azp":"api","scope":"read"`, wrong, ok, "", ""},
		{"client_id is the audience", `"client_id":"api"`, wrong, ok, "", ""},
		{"appid, the ClientClaim, is the audience", `"appid":"api"`, wrong, ok, "", ""},
		{"azp is somebody else", `"azp":"app"`, ok, ok, "", ""},
		{"the client beside us in aud", `"client_id":"client"`, ok, ok, "", `["api","client"]`},
		{"the client before us in aud, by azp", `"azp":"client"`, ok, ok, "", `["client","api"]`},
		{"the client is one of our two names", `"azp":"api2"`, ok, ok, "", `["api","api2"]`},
		{"the client is the one of our names in aud", `"azp":"api2"`, wrong, ok, "", `["other","api2"]`},
		{"azp is no text", `"azp":1`, wrong, ok, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			aud := `"api"`
			if row.auds != "" {
				aud = row.auds
			}
			doc := fmt.Sprintf(`{"iss":"i","aud":%s,"exp":4102444800`, aud)
			if row.members != "" {
				doc += "," + row.members
			}
			doc += "}"
			cfg := claims.Config{Issuer: "i", Audience: []string{"api", "api2"}, PreRFC9068: true}
			if strings.Contains(row.members, "appid") {
				cfg.ClientClaim = "appid"
			}
			if row.scopeClaims != "" {
				cfg.ScopeClaims = []string{row.scopeClaims}
			}
			for _, of := range []struct {
				how    string
				change func(*claims.Config)
				want   middleware.Reason
			}{
				{"a JWT", func(*claims.Config) {}, row.want},
				{"an answer", func(c *claims.Config) { c.Answer, c.PreRFC9068 = true, false }, row.want},
				{"a JWT where ID tokens are allowed", func(c *claims.Config) { c.InsecureAllowIDTokens = true }, row.withOption},
			} {
				changed := cfg
				of.change(&changed)
				r, s := read(t, changed, doc, false)
				if got := verdict(r.Judge(s, time.Now())); got != of.want {
					t.Errorf("%s: %s, want %s", of.how, got, of.want)
				}
			}
			if r, s := read(t, cfg, doc, true); verdict(r.Judge(s, time.Now())) != ok {
				t.Error("at+jwt in the header decides, whatever else there is")
			}
		})
	}
}

// token_type is how an access token is used (RFC 7662 §2.2): an answer that has one is
// about an access token as far as its audience may be its client.
func TestTokenTypeOfAnswers(t *testing.T) {
	const itself = `{"aud":"api","client_id":"api","token_type":"Bearer"}`
	for name, row := range map[string]struct {
		cfg  claims.Config
		doc  string
		want middleware.Reason
	}{
		"the client itself, of type Bearer":     {claims.Config{Answer: true}, itself, middleware.ReasonOK},
		"the client itself, of no type":         {claims.Config{Answer: true}, `{"aud":"api","client_id":"api"}`, middleware.ReasonWrongType},
		"the same in a JWT":                     {claims.Config{PreRFC9068: true}, `{"iss":"i","exp":4102444800,` + itself[1:], middleware.ReasonWrongType},
		"a type is required and there":          {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":"bearer"}`, middleware.ReasonOK},
		"a type is required and missing":        {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api"}`, middleware.ReasonWrongType},
		"a type is required and empty":          {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":""}`, middleware.ReasonWrongType},
		"a type is required, and N_A":           {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":"N_A"}`, middleware.ReasonWrongType},
		"a type is required, and a code's":      {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":"code"}`, middleware.ReasonWrongType},
		"a type is required, and DPoP":          {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":"DPoP","cnf":{"jkt":"k"}}`, middleware.ReasonOK},
		"a type is required, and access_token":  {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":"access_token"}`, middleware.ReasonOK},
		"a type is required and null":           {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","token_type":null}`, middleware.ReasonWrongType},
		"a type is required, whatever typ says": {claims.Config{Answer: true, RequireTokenType: true}, `{"aud":"api","typ":"Bearer"}`, middleware.ReasonWrongType},
		"bound by DPoP, not said to which key":  {claims.Config{Answer: true}, `{"aud":"api","token_type":"DPoP"}`, middleware.ReasonUnconfirmedBinding},
	} {
		row.cfg.Issuer, row.cfg.Audience = "i", []string{"api"}
		r, s := read(t, row.cfg, row.doc, false)
		if got := verdict(r.Judge(s, time.Now())); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
