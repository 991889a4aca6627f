package verifiertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"

	"github.com/warder-go/warder/issuertest"
	"github.com/warder-go/warder/middleware"
)

// attempt is one token and what must come of it.
type attempt struct {
	name  string // a sentence, after the row of the ledger that it shows
	token string

	// right judges the Token of one that is accepted; nil: it must not be.
	right     func(*middleware.Token) error
	mayRefuse bool // accepting is a choice
	mayWait   bool // no key has its kid: whether there is one may not be known yet
}

// refused is a token that nobody may accept.
func refused(name, token string) attempt { return attempt{name: name, token: token} }

// unknown is a token that nobody may accept, whose kid no key has.
func unknown(name, token string) attempt {
	return attempt{name: name, token: token, mayWait: true}
}

// judge asks v about the token twice: without a request and in one. What was
// remembered in between must not change the answer.
func (a attempt) judge(ctx context.Context, v middleware.Verifier) error {
	var errs []error
	if err := a.ask(ctx, v, nil); err != nil {
		errs = append(errs, fmt.Errorf("without a request: %w", err))
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, issuertest.Audience, nil)
	r.Header["Authorization"] = []string{"Bearer " + a.token} // not all of them could be sent
	if err := a.ask(ctx, v, r); err != nil {
		errs = append(errs, fmt.Errorf("then in a request: %w", err))
	}
	return errors.Join(errs...)
}

func (a attempt) ask(ctx context.Context, v middleware.Verifier, r *http.Request) (wrong error) {
	defer func() {
		if p := recover(); p != nil {
			wrong = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	t, err := v.Verify(ctx, a.token, r)
	switch {
	case t == nil && err == nil:
		return errors.New("neither a Token nor an error")
	case t != nil && err != nil:
		return fmt.Errorf("a Token beside an error: %w", err)
	case err != nil && a.right != nil && !a.mayRefuse:
		return fmt.Errorf("refused: %w", err)
	case err != nil:
		return a.refusal(err)
	case a.right == nil:
		return errors.New("accepted")
	}
	return a.right(t)
}

// refusal returns what is wrong with err as the answer to a bad token.
func (a attempt) refusal(err error) error {
	token := a.token
	// A guard decides what err means, and what the client is told.
	guard := middleware.New(middleware.VerifierFunc(func(context.Context, string, *http.Request) (*middleware.Token, error) {
		return nil, err
	}), nil)
	r := httptest.NewRequest(http.MethodGet, issuertest.Audience, nil)
	r.Header.Set("Authorization", "Bearer any")
	_, denied := guard.Authenticate(r)
	w := httptest.NewRecorder()
	guard.Deny(w, r, denied)
	var decided *middleware.Error
	errors.As(denied, &decided)

	var wrong []error
	switch {
	case a.mayWait && decided != nil && decided.Code == "" && decided.Reason == middleware.ReasonCooldown:
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			wrong = append(wrong, fmt.Errorf("answered %d, with Retry-After %q, where the key is looked for later", w.Code, w.Header().Get("Retry-After")))
		}
	case decided == nil || decided.Code == "":
		wrong = append(wrong, fmt.Errorf("an error without a Code, as if nothing could be decided: %w", err))
	case decided.Code != middleware.InvalidToken:
		wrong = append(wrong, fmt.Errorf("the Code is %q, not %q", string(decided.Code), string(middleware.InvalidToken)))
	}
	if leaks(err.Error(), token) {
		wrong = append(wrong, fmt.Errorf("the error quotes the token: %w", err))
	}
	if told := fmt.Sprint(w.Header(), w.Body); leaks(told, token) {
		wrong = append(wrong, fmt.Errorf("the answer quotes the token: %s", told))
	}
	return errors.Join(wrong...)
}

// leaks reports whether text holds what only the token can have told: 12 bytes
// of it in a row, or of the marker in its values. Of the longest tokens, the
// beginning has to do.
func leaks(text, token string) bool {
	const size, enough = 12, 4 << 10
	token = token[:min(len(token), enough)]
	for word := range strings.FieldsSeq(text) { // there is no space in base64url
		for i := range max(0, len(word)-size+1) {
			if piece := word[i : i+size]; strings.Contains(token, piece) || strings.Contains(marker, piece) {
				return true
			}
		}
	}
	return false
}
