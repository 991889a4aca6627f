package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/warder-go/warder/middleware"
)

// What a Verifier may return, and how it is answered. The outermost Error or
// Code decides.
func TestErrorsOfVerifiers(t *testing.T) {
	coded := &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired}
	for _, row := range []struct {
		name   string
		err    error
		status int
		reason middleware.Reason
		code   string // in the challenge
	}{
		{"an error without a Code", errors.New("x"), 503, middleware.ReasonVerifierFault, ""},
		{"ErrNoToken is a fault, as no Source says it", middleware.ErrNoToken, 503, middleware.ReasonVerifierFault, ""},
		{"an Error that reasons with no token is a fault", &middleware.Error{Reason: middleware.ReasonNoToken}, 503, middleware.ReasonVerifierFault, ""},
		{"an Error that reasons with no policy is a fault", &middleware.Error{Reason: middleware.ReasonNoPolicy}, 503, middleware.ReasonVerifierFault, ""},
		{"an Error that reasons with csrf is a fault", &middleware.Error{Reason: middleware.ReasonCSRF}, 503, middleware.ReasonVerifierFault, ""},
		{"an Error that reasons with ok, which is no refusal", &middleware.Error{Reason: middleware.ReasonOK}, 503, middleware.ReasonVerifierFault, ""},
		{"a Code beside the reason ok", &middleware.Error{Code: middleware.InvalidRequest, Reason: middleware.ReasonOK}, 400, middleware.ReasonMalformedRequest, "invalid_request"},
		{"the zero Error", &middleware.Error{}, 503, middleware.ReasonVerifierFault, ""},
		{"an Error with an empty Code keeps its reason", &middleware.Error{Reason: middleware.ReasonKeysUnavailable}, 503, middleware.ReasonKeysUnavailable, ""},
		{"an Error with an empty Code around one with a Code", &middleware.Error{Err: coded}, 503, middleware.ReasonVerifierFault, ""},
		{"a nil *Error that became an error", (*middleware.Error)(nil), 503, middleware.ReasonVerifierFault, ""},
		{"a nil *Error in a wrapper", fmt.Errorf("x: %w", error((*middleware.Error)(nil))), 503, middleware.ReasonVerifierFault, ""},
		{"an empty Code", middleware.Code(""), 503, middleware.ReasonVerifierFault, ""},
		{"a bare Code", middleware.InvalidToken, 401, middleware.ReasonOther, "invalid_token"},
		{"a Code in a wrapper", fmt.Errorf("x: %w", middleware.InvalidToken), 401, middleware.ReasonOther, "invalid_token"},
		{"a Code in a wrapper in a wrapper", fmt.Errorf("y: %w", fmt.Errorf("x: %w", middleware.InvalidToken)), 401, middleware.ReasonOther, "invalid_token"},
		{"a Code joined behind another error", errors.Join(errors.New("x"), middleware.InvalidToken), 401, middleware.ReasonOther, "invalid_token"},
		{"the first of two joined Codes", errors.Join(middleware.InvalidRequest, middleware.InvalidToken), 400, middleware.ReasonMalformedRequest, "invalid_request"},
		{"an Error in a wrapper", fmt.Errorf("x: %w", coded), 401, middleware.ReasonExpired, "invalid_token"},
		{"an Error around another: the outer one", &middleware.Error{Code: middleware.InvalidRequest, Err: coded}, 400, middleware.ReasonMalformedRequest, "invalid_request"},
		{"a Code that cannot be decided behind a wrapper of ErrNoToken", fmt.Errorf("%w: %w", middleware.ErrNoToken, coded), 401, middleware.ReasonExpired, "invalid_token"},
		{"InsufficientScope", middleware.InsufficientScope, 403, middleware.ReasonInsufficientScope, "insufficient_scope"},
		{"InvalidRequest", middleware.InvalidRequest, 400, middleware.ReasonMalformedRequest, "invalid_request"},
		{"InsufficientUserAuthentication", middleware.InsufficientUserAuthentication, 401, middleware.ReasonInsufficientAuthentication, "insufficient_user_authentication"},
		{"InvalidDPoPProof", middleware.InvalidDPoPProof, 401, middleware.ReasonProofInvalid, "invalid_dpop_proof"},
		{"UseDPoPNonce", middleware.UseDPoPNonce, 401, middleware.ReasonNonceRequired, "use_dpop_nonce"},
		{"a Code of the program's own", middleware.Code("quota_exceeded"), 401, middleware.ReasonOther, "quota_exceeded"},
		{"a deadline that passed", context.DeadlineExceeded, 503, middleware.ReasonVerifierFault, ""},
		{"a cancelled context of the Verifier's own", context.Canceled, 503, middleware.ReasonVerifierFault, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := newRecorder()
			g := newGuard(&middleware.Options{Observe: seen.observe}, func() (*middleware.Token, error) { return nil, row.err })
			w := httptest.NewRecorder()
			g.Handler(unreachable(t)).ServeHTTP(w, bearer("a"))
			if w.Code != row.status {
				t.Errorf("status %d, want %d", w.Code, row.status)
			}
			if e := seen.authenticated(t); e.Reason != row.reason {
				t.Errorf("reason %q, want %q", e.Reason, row.reason)
			}
			challenge := w.Header().Get("WWW-Authenticate")
			if got := strings.Contains(challenge, `error="`+row.code+`"`); got != (row.code != "") {
				t.Errorf("challenge %q, want error %q", challenge, row.code)
			}
			if retry := w.Header().Get("Retry-After"); (retry != "") != (row.status == 503) {
				t.Errorf("Retry-After %q beside %d", retry, row.status)
			}

			_, err := g.Authenticate(bearer("a"))
			if _, ok := err.(*middleware.Error); !ok {
				t.Fatalf("Authenticate returned a %T, want an *Error", err)
			}
			if errors.Is(err, middleware.ErrNoToken) {
				t.Error("the error of a token is one that callers take for no token")
			}
			if want := middleware.Code(row.code); row.code != "" && !errors.Is(err, want) {
				t.Errorf("the error is not %s", want)
			}
			for _, other := range []middleware.Code{
				middleware.InvalidRequest, middleware.InvalidToken, middleware.InsufficientScope, middleware.InvalidDPoPProof,
			} {
				if errors.Is(err, other) && row.code != string(other) {
					t.Errorf("the error is %s, which has not decided", other)
				}
			}
		})
	}
}

func TestATokenBesideAnErrorIsRefused(t *testing.T) {
	g := newGuard(nil, func() (*middleware.Token, error) { return new(middleware.Token), middleware.InvalidToken })
	w := httptest.NewRecorder()
	g.Handler(unreachable(t)).ServeHTTP(w, bearer("a"))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("status %d", w.Code)
	}
}

// Below the Error that decides, errors.Is finds no Code and errors.As no
// Error; all else is found.
func TestACodeThatDoesNotDecideIsNotFound(t *testing.T) {
	coded := &middleware.Error{Code: middleware.InvalidToken}
	cause := errors.Join(context.DeadlineExceeded, &net.OpError{Op: "dial", Err: io.EOF}, fmt.Errorf("x: %w", coded))
	g := newGuard(nil, func() (*middleware.Token, error) {
		return nil, fmt.Errorf("y: %w", &middleware.Error{Reason: middleware.ReasonKeysUnavailable, Err: cause})
	})
	_, err := g.Authenticate(bearer("a"))
	var code middleware.Code
	if errors.Is(err, middleware.InvalidToken) || errors.As(err, &code) {
		t.Errorf("%v is invalid_token, and answered 503", err)
	}
	inner := errors.Unwrap(err)
	var e *middleware.Error
	if inner == nil || errors.As(inner, &e) || errors.Is(inner, middleware.InvalidToken) {
		t.Errorf("its cause holds %v", e)
	}
	var op *net.OpError
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, io.EOF) || !errors.As(err, &op) {
		t.Errorf("%v lost its cause", err)
	}
	if got := inner.Error(); got != cause.Error() {
		t.Errorf("text %q", got)
	}
	// Whoever passes the cause alone on has no verdict either.
	w := httptest.NewRecorder()
	g.Deny(w, bearer("a"), inner)
	equal(t, w.Code, 503)
}

func TestErrorIsItsCodeAndItsCause(t *testing.T) {
	cause := errors.New("cause")
	err := error(&middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonExpired, Err: cause})
	for _, row := range []struct {
		name   string
		err    error
		target error
		is     bool
	}{
		{"its Code", err, middleware.InvalidToken, true},
		{"its Code in a wrapper", fmt.Errorf("x: %w", err), middleware.InvalidToken, true},
		{"its cause", err, cause, true},
		{"another Code", err, middleware.InvalidRequest, false},
		{"the empty Code is nobody's", &middleware.Error{}, middleware.Code(""), false},
		{"a nil *Error is nothing", (*middleware.Error)(nil), middleware.InvalidToken, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if errors.Is(row.err, row.target) != row.is {
				t.Errorf("errors.Is is %t", !row.is)
			}
		})
	}
	if text := err.Error(); text != "invalid_token: expired: cause" {
		t.Errorf("text %q", text)
	}
	if text := new(middleware.Error).Error(); text != "middleware: could not decide" {
		t.Errorf("text of the zero Error %q", text)
	}
}
