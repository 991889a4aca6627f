package introspect_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/introspect"
	"github.com/warder-go/warder/middleware"
)

// What the issuer states of an active token is judged here once more.
func TestJudgement(t *testing.T) {
	lenient := func(c *introspect.Config) { c.AllowMissingAudience = true }
	strict := func(c *introspect.Config) { c.ClockSkew = -1 }
	for name, row := range map[string]struct {
		changes object
		change  func(*introspect.Config)
		want    string
	}{
		"R7662-06: as it should be":                            {nil, nil, ok},
		"R7662-06: expired":                                    {object{"exp": in(-31 * time.Second)}, nil, "401-T expired"},
		"R7662-06: expired long ago":                           {object{"exp": 1}, nil, "401-T expired"},
		"R7662-06: expired within the clock skew":              {object{"exp": in(-20 * time.Second)}, nil, ok},
		"R7662-06: expired just now, without clock skew":       {object{"exp": in(-time.Second)}, strict, "401-T expired"},
		"R7662-06: without exp":                                {object{"exp": nil}, nil, ok},
		"R7662-06: not yet valid":                              {object{"nbf": in(40 * time.Second)}, nil, "401-T not_yet_valid"},
		"R7662-06: not yet valid within the clock skew":        {object{"nbf": in(20 * time.Second)}, nil, ok},
		"R7662-06: a foreign iss":                              {object{"iss": "https://other.example"}, nil, "401-T unknown_issuer"},
		"R7662-06: an iss with a slash too many":               {object{"iss": issuer + "/"}, nil, "401-T unknown_issuer"},
		"R7662-06: an empty iss":                               {object{"iss": ""}, nil, "401-T unknown_issuer"},
		"R7662-06: without iss":                                {object{"iss": nil}, nil, ok},
		"R7662-06: a foreign aud":                              {object{"aud": "https://other.example"}, nil, "401-T wrong_audience"},
		"R7662-06: an aud that only begins with ours":          {object{"aud": resource + "/"}, nil, "401-T wrong_audience"},
		"R7662-06: an aud in capitals":                         {object{"aud": strings.ToUpper(resource)}, nil, "401-T wrong_audience"},
		"R7662-06: an empty aud":                               {object{"aud": ""}, nil, "401-T wrong_audience"},
		"R7662-06: an empty list of aud":                       {object{"aud": []string{}}, nil, "401-T wrong_audience"},
		"R7662-06: many, ours among them":                      {object{"aud": []string{"x", resource}}, nil, ok},
		"R7662-06: many, ours not among them":                  {object{"aud": []string{"x", "y"}}, nil, "401-T wrong_audience"},
		"R7662-06: scope lacking":                              {object{"scope": "write"}, nil, "403-S insufficient_scope"},
		"R7662-06: no scope at all":                            {object{"scope": nil}, nil, "403-S insufficient_scope"},
		"R7662-06: a cnf that nobody here confirms":            {object{"cnf": object{"jkt": "x"}}, nil, "401-T unconfirmed_binding"},
		"R7662-06: a cnf that holds nothing":                   {object{"cnf": object{}}, nil, "401-T unconfirmed_binding"},
		"R7662-07: without aud":                                {object{"aud": nil}, nil, "401-T missing_claim"},
		"R7662-07: without aud, from an issuer that restricts": {object{"aud": nil}, lenient, ok},
		"R7662-07: an empty list, from such an issuer":         {object{"aud": []string{}}, lenient, "401-T wrong_audience"},
		"R7662-07: a foreign aud, from such an issuer":         {object{"aud": "x"}, lenient, "401-T wrong_audience"},
		"R9449-33: token_type DPoP without cnf":                {object{"token_type": "DPoP"}, nil, "401-T unconfirmed_binding"},
		"R9449-33: token_type dpop in small letters":           {object{"token_type": "dpop"}, nil, "401-T unconfirmed_binding"},
		"R9449-33: token_type DPoP, bound to a certificate":    {object{"token_type": "DPoP", "cnf": object{"x5t#S256": "x"}}, nil, "401-T unconfirmed_binding"},
		"token_type Bearer":                                    {object{"token_type": "Bearer"}, nil, ok},
		"token_type access_token":                              {object{"token_type": "access_token", "token_use": "access_token"}, nil, ok},
		"typ Bearer":                                           {object{"typ": "Bearer"}, nil, ok},
		"a refresh token, by token_type":                       {object{"token_type": "refresh_token"}, nil, "401-T wrong_type"},
		"a refresh token, by token_use":                        {object{"token_type": "Bearer", "token_use": "refresh_token"}, nil, "401-T wrong_type"},
		"an ID token, by token_use":                            {object{"token_use": "id"}, nil, "401-T wrong_type"},
		"a token_use that is no text":                          {object{"token_use": 1}, nil, "401-T wrong_type"},
		"a refresh token, by typ":                              {object{"typ": "Refresh"}, nil, "401-T wrong_type"},
		"an offline token, by typ":                             {object{"typ": "Offline"}, nil, "401-T wrong_type"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(says(active(row.changes)))
			a := guarding(t, s, row.change)
			a.get("x").is(t, row.want)
			a.get("x").is(t, row.want) // remembered or not
		})
	}
}

// R7662-06: a binding that is configured judges the cnf of an answer.
func TestConfirmation(t *testing.T) {
	a := newAPI(verifier(t, newServer(knows(map[string]string{
		"bound":   active(object{"cnf": object{"kid": "k1"}}),
		"other":   active(object{"cnf": object{"kid": "k2"}}),
		"unbound": active(nil),
	})), nil), middleware.Options{Bindings: []middleware.Binding{boundTo("k1")}, RequireBinding: true})
	for range 2 {
		a.get("bound").is(t, ok)
		a.get("other").is(t, "401-T unconfirmed_binding")
		a.get("unbound").is(t, "401-T unconfirmed_binding")
	}
}

// boundTo confirms the one key that its holder is taken to have.
type boundTo string

func (boundTo) Member() string                  { return "kid" }
func (boundTo) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: "Bearer"} }

func (b boundTo) Confirm(_ context.Context, _ string, _ *http.Request, t *middleware.Token) (http.Header, error) {
	if t.Confirmation["kid"] != string(b) {
		return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonUnconfirmedBinding}
	}
	return nil, nil
}

// A token that expires while the issuer is asked has expired.
func TestJudgedWhenAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(func(r *http.Request) (*http.Response, error) {
			doc := active(object{"exp": in(time.Second)})
			time.Sleep(1500 * time.Millisecond)
			return says(doc)(r)
		})
		a := guarding(t, s, func(c *introspect.Config) { c.ClockSkew = -1 })
		a.get("x").is(t, "401-T expired")
	})
}
