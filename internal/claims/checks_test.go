package claims_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/middleware"
)

var now = time.Unix(1_800_000_000, 0)

// The order of judgement is contract: of several faults, the first here is the Reason.
func TestOrderOfChecks(t *testing.T) {
	// Each row mends what the one before was refused for.
	for _, row := range []struct {
		doc  string
		want middleware.Reason
	}{
		{`{"sub":1,"iss":"x","exp":1,"nbf":1900000000,"iat":1,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonInvalidClaim},
		{`{"iss":"x","exp":1,"nbf":1900000000,"iat":1,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonUnknownIssuer},
		{`{"iss":"i","exp":1,"nbf":1900000000,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonMissingClaim}, // iat
		{`{"iss":"i","exp":1,"nbf":1900000000,"iat":1,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonExpired},
		{`{"iss":"i","exp":1900000000,"nbf":1900000000,"iat":1,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonNotYetValid},
		{`{"iss":"i","exp":1900000000,"iat":1,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonTooOld},
		{`{"iss":"i","exp":1900000000,"iat":1800000000,"aud":"x","nonce":"n","token_type":"DPoP"}`, middleware.ReasonWrongAudience},
		{`{"iss":"i","exp":1900000000,"iat":1800000000,"aud":"api","nonce":"n","token_type":"DPoP"}`, middleware.ReasonWrongType},
		{`{"iss":"i","exp":1900000000,"iat":1800000000,"aud":"api","token_type":"DPoP"}`, middleware.ReasonUnconfirmedBinding},
		{`{"iss":"i","exp":1900000000,"iat":1800000000,"aud":"api"}`, middleware.ReasonOK},
	} {
		cfg := claims.Config{Issuer: "i", Audience: []string{"api"}, PreRFC9068: true, MaxTokenAge: time.Hour}
		r, s := read(t, cfg, row.doc, false)
		if got := verdict(r.Judge(s, now)); got != row.want {
			t.Errorf("%s: %s, want %s", row.doc, got, row.want)
		}
	}
}

// Every check is made, whatever came out before, and each says what it judges.
func TestEachCheckIsMade(t *testing.T) {
	r, s := read(t, claims.Config{Issuer: "i", Audience: []string{"api"}, PreRFC9068: true}, `{"sub":1,"iss":"x","exp":1,"nonce":"n"}`, false)
	var names []string
	var refused []middleware.Reason
	for check, refusal := range r.Each(s, now) {
		names = append(names, check.Name)
		if refusal != nil {
			refused = append(refused, refusal.Reason)
		}
	}
	if want := []string{"claims", "iss", "required claims", "exp", "nbf", "iat", "aud", "type", "cnf"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if want := []middleware.Reason{
		middleware.ReasonInvalidClaim, middleware.ReasonUnknownIssuer, middleware.ReasonExpired,
		middleware.ReasonMissingClaim, middleware.ReasonWrongType,
	}; !slices.Equal(refused, want) {
		t.Errorf("%q", refused)
	}
}

// A refusal names the claim and the option to look at, and no value of the token's.
func TestRefusalsNameTheClaim(t *testing.T) {
	const secret = "do-not-quote"
	profile := claims.Config{Issuer: "https://as.example", Audience: []string{"https://rs.example"}}
	before := profile
	before.PreRFC9068 = true
	byClient := before
	byClient.AudienceClaim = "client_id"
	answer := profile
	answer.Answer = true
	listed := before
	listed.ScopeClaims = []string{"roles"}
	aged := before
	aged.MaxTokenAge = time.Hour
	good := `"iss":"https://as.example","aud":"https://rs.example","exp":1900000000`
	for _, row := range []struct {
		cfg   claims.Config
		typed bool
		doc   string
		want  []string
	}{
		{profile, true, `{}`, []string{"iss is missing"}},
		{profile, true, `{"iss":"` + secret + `"}`, []string{`iss is not the Issuer "https://as.example"`, "byte for byte"}},
		{profile, true, `{"iss":"https://as.example"}`, []string{"exp is missing"}},
		{profile, true, `{` + good + `}`, []string{"sub is missing", "PreRFC9068"}},
		{profile, true, `{` + good + `,"sub":"s"}`, []string{"client_id is missing", "PreRFC9068", "ClientClaim"}},
		{profile, true, `{` + good + `,"sub":"s","client_id":"c"}`, []string{"jti is missing"}},
		{profile, true, `{` + good + `,"sub":"s","client_id":"c","jti":"j"}`, []string{"iat is missing"}},
		{profile, true, `{` + good + `,"sub":null}`, []string{"sub is null", "PreRFC9068"}},
		{profile, true, `{` + good + `,"sub":["` + secret + `"]}`, []string{"sub is not a string"}},
		{profile, true, `{` + good + `,"scope":["` + secret + `"]}`, []string{"scope is not a string", "ScopeClaims"}},
		{profile, true, `{` + good + `,"nbf":"` + secret + `"}`, []string{"nbf is not a number of seconds"}},
		{profile, true, `{` + good + `,"cnf":null}`, []string{"cnf is null"}},
		{before, false, `{"iss":"https://as.example","aud":"https://rs.example","exp":null}`, []string{"exp is null", "missing"}},
		{before, false, `{"iss":"https://as.example","exp":1900000000}`, []string{"aud is missing", "AudienceClaim"}},
		{before, false, `{"iss":"https://as.example","exp":1900000000,"aud":"` + secret + `"}`, []string{`aud names none of the Audience ["https://rs.example"]`}},
		{byClient, false, `{"iss":"https://as.example","exp":1900000000}`, []string{"client_id is missing", "AudienceClaim"}},
		{byClient, false, `{"iss":"https://as.example","exp":1900000000,"client_id":"` + secret + `"}`, []string{"client_id, the AudienceClaim, names none of the Audience"}},
		{aged, false, `{` + good + `}`, []string{"iat is missing", "MaxTokenAge"}},
		{aged, false, `{` + good + `,"iat":1}`, []string{"iat", "MaxTokenAge"}},
		{before, false, `{"iss":"https://as.example","exp":1}`, []string{"exp has passed"}},
		{before, false, `{` + good + `,"nbf":1850000000}`, []string{"nbf is in the future", "clocks"}},
		{before, false, `{` + good + `,"nonce":"` + secret + `"}`, []string{"nonce is there", "no scope", "ScopeClaims", "InsecureAllowIDTokens"}},
		{before, false, `{` + good + `,"at_hash":"` + secret + `"}`, []string{"at_hash is there"}},
		{before, false, `{` + good + `,"events":{}}`, []string{"events is there", "logout"}},
		{before, false, `{` + good + `,"typ":"ID"}`, []string{"typ in the claims", "ID token", "InsecureAllowIDTokens"}},
		{before, false, `{` + good + `,"typ":"` + secret + `"}`, []string{"typ in the claims", "another token"}},
		{before, false, `{` + good + `,"azp":"https://rs.example"}`, []string{"azp is the very name in aud"}},
		{listed, false, `{` + good + `,"roles":{"x":"` + secret + `"}}`, []string{"roles is not a string or an array of strings"}},
		{answer, false, `{}`, []string{"aud is missing", "AllowMissingAudience"}},
		{answer, false, `{"aud":"https://rs.example","nonce":"` + secret + `"}`, []string{"nonce is there"}},
	} {
		r, s := read(t, row.cfg, row.doc, row.typed)
		err := r.Judge(s, now)
		if err == nil {
			t.Errorf("%s: accepted", row.doc)
			continue
		}
		text := err.(*middleware.Error).Err.Error()
		for _, want := range row.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", row.doc, text, want)
			}
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.(*middleware.Error).Description, secret) {
			t.Errorf("%s: a value is quoted: %v", row.doc, err)
		}
		if row.cfg.Answer && strings.Contains(text, "InsecureAllowIDTokens") {
			t.Errorf("%q names an option that answers do not have", text)
		}
	}
}

// Refusals are made before the first token.
func TestRefusalsCostNoAllocation(t *testing.T) {
	cfg := claims.Config{Issuer: "i", Audience: []string{"api"}, PreRFC9068: true}
	r, s := read(t, cfg, `{"iss":"i","aud":"x","exp":1900000000}`, false)
	if n := testing.AllocsPerRun(100, func() { r.Judge(s, now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
