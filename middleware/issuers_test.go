package middleware_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// jwt has the form of a JWT; nothing here looks at signatures.
func jwt(header, claims string) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(claims)) + ".c2ln"
}

// marks is a Verifier that leaves its name.
func marks(name, iss string, chosen *string) middleware.Verifier {
	return middleware.VerifierFunc(func(_ context.Context, _ string, r *http.Request) (*middleware.Token, error) {
		*chosen = name
		return &middleware.Token{Issuer: iss}, nil
	})
}

func TestByIssuer(t *testing.T) {
	const header = `{"alg":"RS256"}`
	var chosen string
	issuers := map[string]middleware.Verifier{
		"https://a":    marks("a", "https://a", &chosen),
		"https://b":    marks("b", "https://b", &chosen),
		"https://liar": marks("liar", "https://a", &chosen),
		"https://nil": middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
			chosen = "nil"
			return nil, nil
		}),
		"https://down": middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
			chosen = "down"
			return &middleware.Token{Issuer: "https://other"}, context.DeadlineExceeded
		}),
	}
	v := middleware.ByIssuer(issuers)
	find := middleware.ByIssuerFunc(func(iss string) middleware.Verifier { return issuers[iss] })
	for _, row := range []struct {
		name, token, chosen string
		reason              middleware.Reason // of an *Error with InvalidToken
		err                 error
	}{
		{"R8725-03 the issuer's own verifier", jwt(header, `{"iss":"https://a"}`), "a", "", nil},
		{"and the other's", jwt(header, `{"iss":"https://b"}`), "b", "", nil},
		{"an escaped name of an issuer", jwt(header, `{"iss":"https:\/\/\u0061"}`), "a", "", nil},
		{"an unknown issuer: nobody is asked", jwt(header, `{"iss":"https://c"}`), "", middleware.ReasonUnknownIssuer, nil},
		{"an issuer with a slash more", jwt(header, `{"iss":"https://a/"}`), "", middleware.ReasonUnknownIssuer, nil},
		{"the empty issuer", jwt(header, `{"iss":""}`), "", middleware.ReasonUnknownIssuer, nil},
		{"no issuer", jwt(header, `{"sub":"alice"}`), "", middleware.ReasonMalformedToken, nil},
		{"an issuer in another case", jwt(header, `{"ISS":"https://a"}`), "", middleware.ReasonMalformedToken, nil},
		{"two issuers", jwt(header, `{"iss":"https://a","iss":"https://b"}`), "", middleware.ReasonMalformedToken, nil},
		{"an issuer that is no string", jwt(header, `{"iss":["https://a"]}`), "", middleware.ReasonMalformedToken, nil},
		{"claims that are no object", jwt(header, `["https://a"]`), "", middleware.ReasonMalformedToken, nil},
		{"something after the claims", jwt(header, `{"iss":"https://a"}{}`), "", middleware.ReasonMalformedToken, nil},
		{"a padded segment", strings.Replace(jwt(header, `{"iss":"https://a"}`), ".c2ln", "=.c2ln", 1), "", middleware.ReasonMalformedToken, nil},
		{"no JWT", "opaque", "", middleware.ReasonMalformedToken, nil},
		{"five segments", "a.b.c.d.e", "", middleware.ReasonMalformedToken, nil},
		{"two segments", "a.b", "", middleware.ReasonMalformedToken, nil},
		{"nothing", "", "", middleware.ReasonMalformedToken, nil},
		{"longer than any guard lets through", jwt(header, `{"iss":"https://a","x":"`+strings.Repeat("a", 16384)+`"}`), "", middleware.ReasonMalformedToken, nil},
		{"a verifier that returns a token of another issuer is overruled", jwt(header, `{"iss":"https://liar"}`), "liar", middleware.ReasonUnknownIssuer, nil},
		{"neither a token nor an error stays what it is", jwt(header, `{"iss":"https://nil"}`), "nil", "", nil},
		{"an error stays what it is", jwt(header, `{"iss":"https://down"}`), "down", "", context.DeadlineExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, v := range []middleware.Verifier{v, find} {
				chosen = ""
				token, err := v.Verify(t.Context(), row.token, nil)
				equal(t, chosen, row.chosen)
				switch {
				case row.err != nil:
					if !errors.Is(err, row.err) {
						t.Errorf("error %v, want %v", err, row.err)
					}
				case row.reason != "":
					e, _ := err.(*middleware.Error)
					if token != nil || e == nil || e.Reason != row.reason || e.Code != middleware.InvalidToken {
						t.Errorf("%v, %v, want reason %s", token, err, row.reason)
					}
				case err != nil:
					t.Error(err)
				case row.chosen != "nil" && (token == nil || token.Issuer != "https://"+row.chosen):
					t.Errorf("token %v", token)
				}
			}
		})
	}
	issuers["https://c"] = marks("c", "https://c", &chosen)
	if _, err := v.Verify(t.Context(), jwt(header, `{"iss":"https://c"}`), nil); err == nil {
		t.Error("a later change of the map changed the Verifier")
	}
}

func TestByFormat(t *testing.T) {
	var chosen string
	v := middleware.ByFormat(marks("jwt", "", &chosen), marks("opaque", "", &chosen))
	e := base64.RawURLEncoding.EncodeToString
	for _, row := range []struct{ name, token, want string }{
		{"three segments, the first an object with alg", jwt(`{"alg":"RS256"}`, `{}`), "jwt"},
		{"alg none goes where it is refused", jwt(`{"alg":"none"}`, `{}`), "jwt"},
		{"an empty signature too", e([]byte(`{"alg":"none"}`)) + ".e30.", "jwt"},
		{"claims that are no JSON are jwt's to refuse", jwt(`{"alg":"RS256"}`, `nonsense`), "jwt"},
		{"no alg", jwt(`{"typ":"at+jwt"}`, `{}`), "opaque"},
		{"ALG is not alg", jwt(`{"ALG":"RS256"}`, `{}`), "opaque"},
		{"two alg", jwt(`{"alg":"RS256","alg":"none"}`, `{}`), "opaque"},
		{"an array", jwt(`["alg"]`, `{}`), "opaque"},
		{"no JSON", "abc.def.ghi", "opaque"},
		{"a padded header", e([]byte(`{"alg":"RS256"}`)) + "=.e30.c2ln", "opaque"},
		{"a character of the standard alphabet", e([]byte(`{"alg":"RS256"}`)) + ".e3+.c2ln", "opaque"},
		{"two segments", e([]byte(`{"alg":"RS256"}`)) + ".e30", "opaque"},
		{"four segments", jwt(`{"alg":"RS256"}`, `{}`) + ".x", "opaque"},
		{"five segments (JWE)", jwt(`{"alg":"RSA-OAEP","enc":"A128GCM"}`, `{}`) + ".x.y", "opaque"},
		{"no dots", "2YotnFZFEjr1zCsicMWpAA", "opaque"},
		{"nothing", "", "opaque"},
	} {
		t.Run(row.name, func(t *testing.T) {
			chosen = ""
			if _, err := v.Verify(t.Context(), row.token, nil); err != nil {
				t.Fatal(err)
			}
			equal(t, chosen, row.want)
		})
	}
}

func TestByFormatDoesNotFallBack(t *testing.T) {
	no := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return nil, middleware.InvalidToken
	})
	var chosen string
	yes := marks("other", "", &chosen)
	for _, v := range []middleware.Verifier{middleware.ByFormat(no, yes), middleware.ByFormat(yes, no)} {
		for _, token := range []string{jwt(`{"alg":"RS256"}`, `{}`), "opaque"} {
			chosen = ""
			_, err := v.Verify(t.Context(), token, nil)
			if (err == nil) != (chosen == "other") || err != nil && !errors.Is(err, middleware.InvalidToken) {
				t.Errorf("error %v, chosen %q", err, chosen)
			}
		}
	}
}

// FuzzByFormat: whatever the token is, exactly one of the two verifiers judges
// it, that one alone decides, and no more than the known issuer gets through.
func FuzzByFormat(f *testing.F) {
	f.Add(jwt(`{"alg":"RS256"}`, `{"iss":"https://a"}`))
	f.Add("a.b.c")
	f.Add("..")
	f.Add(strings.Repeat(".", 20000))
	f.Add("e30.eyJpc3MiOiJodHRwczovL2EifQ.")
	f.Fuzz(func(t *testing.T, token string) {
		var issuer string
		calls := 0
		yes := func(context.Context, string, *http.Request) (*middleware.Token, error) {
			calls++
			return &middleware.Token{Issuer: "https://a"}, nil
		}
		byIssuer := middleware.ByIssuerFunc(func(iss string) middleware.Verifier {
			issuer = iss
			if iss != "https://a" {
				return nil
			}
			return middleware.VerifierFunc(yes)
		})
		no := middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
			calls++
			return nil, middleware.InvalidRequest
		})
		got, err := middleware.ByFormat(byIssuer, no).Verify(t.Context(), token, nil)
		switch {
		case (got == nil) == (err == nil):
			t.Fatalf("token %v beside error %v", got, err)
		case calls > 1:
			t.Fatalf("judged %d times", calls)
		case err == nil && (issuer != "https://a" || strings.Count(token, ".") != 2):
			t.Fatalf("accepted %q from %q", token, issuer)
		case err != nil && leaks(err.Error(), token):
			t.Fatalf("%v quotes %q", err, token)
		}
	})
}
