package verifiertest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/warder-go/warder/middleware"
)

// brokenAnswers refuse what is bad, but not as a Verifier has to.
func brokenAnswers(fresh func() middleware.Verifier) []broken {
	const noExp, oneSegment = "R9068-04: no exp", "R7515-01: one segment"
	var rows []broken
	row := func(name, says string, fail []string, answer func(token string) (*middleware.Token, error)) {
		rows = append(rows, broken{name, refusing(fresh(), answer), says, fail})
	}
	row("returns neither", "neither a Token nor an error", []string{noExp, oneSegment}, func(string) (*middleware.Token, error) {
		return nil, nil
	})
	row("returns both", "a Token beside an error", []string{noExp}, func(string) (*middleware.Token, error) {
		return &middleware.Token{}, middleware.InvalidToken
	})
	row("panics", "panic: runtime error", []string{noExp, oneSegment, "every token again, all at once"}, func(token string) (*middleware.Token, error) {
		return nil, errors.New(strings.Split(token, ".")[1<<20])
	})
	row("gives no Code", "an error without a Code", []string{noExp, "R7519-03: exp an hour ago"}, func(string) (*middleware.Token, error) {
		return nil, errors.New("bad")
	})
	row("hides the Code below an Error without one", "an error without a Code", []string{noExp}, func(string) (*middleware.Token, error) {
		return nil, &middleware.Error{Err: middleware.InvalidToken}
	})
	row("returns a nil Error", "an error without a Code", []string{noExp}, func(string) (*middleware.Token, error) {
		return nil, (*middleware.Error)(nil)
	})
	row("gives another Code", `the Code is "insufficient_scope"`, []string{noExp}, func(string) (*middleware.Token, error) {
		return nil, errors.Join(middleware.InsufficientScope, middleware.InvalidToken)
	})
	row("quotes the token", "the error quotes the token", []string{noExp, oneSegment}, func(token string) (*middleware.Token, error) {
		return nil, fmt.Errorf("%w: %.20s", middleware.InvalidToken, token)
	})
	row("quotes a claim", "the error quotes the token", []string{noExp}, func(token string) (*middleware.Token, error) {
		var claims struct{ Jti string }
		b, _ := base64.RawURLEncoding.DecodeString(strings.Split(token+"..", ".")[1])
		_ = json.Unmarshal(b, &claims)
		return nil, fmt.Errorf("%w: jti %s", middleware.InvalidToken, claims.Jti)
	})
	row("tells the client a part of the token", "the answer quotes the token", []string{noExp}, func(token string) (*middleware.Token, error) {
		return nil, &middleware.Error{Code: middleware.InvalidToken, Description: token[:min(len(token), 20)]}
	})
	return append(rows, broken{
		"panics without a request",
		around(fresh(), func(next verify, _ context.Context, token string, r *http.Request) (*middleware.Token, error) {
			return next(r.Context(), token, r)
		}),
		"without a request: panic", []string{good, noExp},
	})
}

// brokenMemories answer otherwise when they are asked again, or by many.
func brokenMemories(fresh func() middleware.Verifier) []broken {
	again := func(answer func() (*middleware.Token, error)) middleware.Verifier {
		var seen sync.Map
		return around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			if _, again := seen.LoadOrStore(token, true); again {
				return answer()
			}
			return next(ctx, token, r)
		})
	}
	var byID sync.Map
	var busy sync.Mutex
	return []broken{
		{"refuses the second time", again(func() (*middleware.Token, error) { return nil, middleware.InvalidToken }), "then in a request: refused", []string{good, later}},
		{"accepts the second time", again(func() (*middleware.Token, error) { return &middleware.Token{}, nil }), "then in a request", []string{"R9068-04: no exp", good}},
		{"remembers tokens by jti", around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			var claims struct{ Jti any }
			b, _ := base64.RawURLEncoding.DecodeString(strings.Split(token+"..", ".")[1])
			_ = json.Unmarshal(b, &claims)
			id := fmt.Sprint(claims.Jti)
			if t, ok := byID.Load(id); ok {
				return t.(*middleware.Token), nil
			}
			t, err := next(ctx, token, r)
			if err == nil {
				byID.Store(id, t)
			}
			return t, err
		}), "accepted", []string{"R7519-03: exp an hour ago", "R9068-05: RS256, one bit of the signature flipped"}},
		{"judges one token at a time", around(fresh(), func(next verify, ctx context.Context, token string, r *http.Request) (*middleware.Token, error) {
			if !busy.TryLock() {
				return nil, errors.New("busy")
			}
			defer busy.Unlock()
			for range 100 {
				runtime.Gosched() // let others in
			}
			return next(ctx, token, r)
		}), "an error without a Code", []string{"every token again, all at once"}},
	}
}

// brokenTokens return a Token that does not say what the token says.
func brokenTokens(fresh func() middleware.Verifier) []broken {
	var rows []broken
	row := func(name, says string, fail []string, change func(*middleware.Token)) {
		rows = append(rows, broken{name, changing(fresh(), change), says, fail})
	}
	row("loses cnf", "the Token's Confirmation", []string{"a token bound to a key", "an empty cnf", "cnf with a member that is no string"}, func(t *middleware.Token) {
		t.Confirmation = nil
	})
	row("splits scope at everything", "", []string{
		"a comma is no separator of scopes", "a tab is no separator of scopes", "a NUL is no separator of scopes",
		"a no-break space is no separator of scopes", "a quote is no separator of scopes",
	}, func(t *middleware.Token) {
		var scope string
		_, _ = t.Claim("scope", &scope)
		t.Scopes = slices.Clip(strings.FieldsFunc(scope, func(r rune) bool { return r < 'A' || r > 'z' }))
	})
	row("reads scopes in one case", "the Token's Scopes", []string{"scopes differ by case"}, func(t *middleware.Token) {
		t.Scopes = slices.Clip(strings.Fields(strings.ToLower(strings.Join(t.Scopes, " "))))
	})
	row("shares slices that can grow", "the Token's Audience is not clipped", []string{good}, func(t *middleware.Token) {
		t.Audience = append(make([]string, 0, 8), t.Audience...)
	})
	row("forgets the other audiences", "the Token's Audience", []string{"R7519-09: aud is an array with this server in it"}, func(t *middleware.Token) {
		t.Audience = slices.Clip(t.Audience[len(t.Audience)-1:])
	})
	row("confuses dates", "the Token's Expiry", []string{good}, func(t *middleware.Token) { t.Expiry = t.IssuedAt })
	row("invents dates", "the Token's NotBefore", []string{good}, func(t *middleware.Token) { t.NotBefore = t.IssuedAt })
	row("takes the client for the subject", "the Token's Subject", []string{good}, func(t *middleware.Token) { t.Subject = t.ClientID })
	row("rounds numbers in Raw", "the Token's Raw", []string{good}, func(t *middleware.Token) {
		var all map[string]any
		_ = t.Claims(&all)
		t.Raw, _ = json.Marshal(all)
	})
	row("keeps the claims of another token", "the Token's Raw", []string{good}, func(t *middleware.Token) {
		t.Raw = json.RawMessage(`{"note":9007199254740993,"sub":"another"}`)
	})
	row("reads claims in any case", "the Token's Subject", []string{"SUB behind sub"}, func(t *middleware.Token) {
		var claims struct{ Sub string }
		_ = json.Unmarshal(t.Raw, &claims)
		t.Subject = claims.Sub
	})
	return rows
}
