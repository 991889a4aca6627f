package verifiertest_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/middleware/verifiertest"
)

const (
	good  = "R9068-02: a token as the issuer makes it"
	later = "a token signed with a key that was added later"
)

// broken is a good verifier with one thing broken.
type broken struct {
	name string
	v    middleware.Verifier
	says string   // what is said of it in each of
	fail []string // these subtests; that of the good token must pass if it is not here
}

func TestBrokenVerifiersFail(t *testing.T) {
	issuer := newIssuer(t)
	fresh := func() middleware.Verifier { return newVerifier(t, issuer) }
	rows := slices.Concat(
		brokenKeys(t, fresh, issuer), brokenAnswers(fresh), brokenMemories(fresh), brokenTokens(fresh), forgiving(fresh),
	)
	var verifiers []middleware.Verifier
	for _, row := range rows {
		verifiers = append(verifiers, row.v)
	}
	all := verifiertest.Results(t.Context(), issuer, verifiers...)
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			failures := map[string]string{}
			for _, r := range all[i] {
				if r.Err != nil {
					failures[r.Name] = r.Err.Error()
				}
			}
			for _, name := range row.fail {
				if got := failures[name]; got == "" || !strings.Contains(got, row.says) {
					t.Errorf("%q: got %q, want %q", name, got, row.says)
				}
			}
			if got := failures[good]; got != "" && !slices.Contains(row.fail, good) {
				t.Errorf("the good token: %q", got)
			}
		})
	}
}

// verify is the method of a Verifier.
type verify = func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error)

// around is v with something around it.
func around(v middleware.Verifier, f func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error)) middleware.Verifier {
	return middleware.VerifierFunc(func(ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		return f(v.Verify, ctx, token, r)
	})
}

// refusing is v, but answers otherwise where v refuses.
func refusing(v middleware.Verifier, answer func(token string) (*middleware.Token, error)) middleware.Verifier {
	return around(v, func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := next(ctx, token, r)
		if err != nil {
			return answer(token)
		}
		return t, nil
	})
}

// changing is v, but returns another Token.
func changing(v middleware.Verifier, change func(*middleware.Token)) middleware.Verifier {
	return around(v, func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
		t, err := next(ctx, token, r)
		if err != nil {
			return nil, err
		}
		other := *t
		change(&other)
		return &other, nil
	})
}

// forgiving are verifiers that accept what is bad for one reason.
func forgiving(fresh func() middleware.Verifier) []broken {
	var rows []broken
	for reason, fails := range map[middleware.Reason]string{
		middleware.ReasonExpired:             "R7519-03: exp an hour ago",
		middleware.ReasonNotYetValid:         "R7519-05: nbf in two hours",
		middleware.ReasonWrongAudience:       "R7519-10: aud is another server",
		middleware.ReasonUnknownIssuer:       "R9068-03: iss with a slash behind it",
		middleware.ReasonBadSignature:        "R9068-05: RS256, one bit of the signature flipped",
		middleware.ReasonAlgorithmNotAllowed: "R7517-04: PS256 by a key whose alg is RS256",
		middleware.ReasonWrongType:           "R9068-01: no typ",
		middleware.ReasonMissingClaim:        "R9068-04: no jti",
		middleware.ReasonInvalidClaim:        "R8693-04: scope is an array",
		middleware.ReasonMalformedToken:      "R7519-01: two exp claims, the first one past",
		middleware.ReasonCooldown:            "R9068-05: a token of another issuer that says to be of this one",
	} {
		v := around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			t, err := next(ctx, token, r)
			var refused *middleware.Error
			if errors.As(err, &refused) && refused.Reason == reason {
				return &middleware.Token{}, nil
			}
			return t, err
		})
		rows = append(rows, broken{"forgives " + string(reason), v, "accepted", []string{fails}})
	}
	return rows
}
