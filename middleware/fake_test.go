package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/warder-go/warder/middleware"
)

// Tokens of the fake verifier. The suffix makes them long enough for a search
// of 12-byte pieces to mean something.
const tokenSuffix = "-Zm9vYmFyYmF6cXV4"

const issuer = "https://as.example/t1"

// fakeVerifier answers each token as its name says, and counts its calls.
type fakeVerifier struct {
	calls   atomic.Int64
	seen    atomic.Pointer[string] // the last token
	entered chan struct{}          // a value for each token "wait"
}

func newFakeVerifier() *fakeVerifier {
	return &fakeVerifier{entered: make(chan struct{}, 1)}
}

func (f *fakeVerifier) Verify(ctx context.Context, token string, _ *http.Request) (*middleware.Token, error) {
	f.calls.Add(1)
	f.seen.Store(&token)
	name, _ := strings.CutSuffix(token, tokenSuffix)
	t, err := f.verdict(ctx, name)
	e := middleware.Event{Op: middleware.OpVerify, Issuer: issuer, Via: middleware.ViaSignature, Reason: middleware.ReasonOK, Err: err}
	if err != nil {
		e.Reason = middleware.ReasonOther
	}
	middleware.Observe(ctx, e)
	return t, err
}

func (f *fakeVerifier) verdict(ctx context.Context, name string) (*middleware.Token, error) {
	t := &middleware.Token{Issuer: issuer, Subject: "alice", ClientID: "app", ID: "1"}
	if granted, ok := strings.CutPrefix(name, "scope."); ok {
		t.Scopes = strings.Split(granted, ".")
		return t, nil
	}
	if members, ok := strings.CutPrefix(name, "cnf."); ok {
		t.Confirmation = map[string]string{}
		for _, m := range strings.Split(members, ".") {
			switch m {
			case "jkt", "kid":
				t.Confirmation[m] = "k"
			case "x5t":
				t.Confirmation["x5t#S256"] = "k"
			}
		}
		return t, nil
	}
	switch name {
	case "good":
		return t, nil
	case "expired":
		return nil, &middleware.Error{
			Code: middleware.InvalidToken, Reason: middleware.ReasonExpired,
			Description: "The access token expired", Err: errors.New("exp is past"),
		}
	case "marker":
		return nil, &middleware.Error{
			Code: middleware.InvalidToken, Reason: middleware.ReasonInvalidClaim,
			Err: errors.New("internal marker-3f9a"),
		}
	case "quoted":
		return nil, &middleware.Error{
			Code: middleware.InvalidToken, Reason: middleware.ReasonOther,
			Description: "bad \"\\\u00e9\r\nX-Evil: 1\x00\tend",
		}
	case "weak":
		return nil, &middleware.Error{
			Code:   middleware.InsufficientUserAuthentication,
			Params: []middleware.Param{{Name: "acr_values", Value: "phr"}, {Name: "max_age", Value: "300"}},
		}
	case "outage":
		return nil, errors.New("the issuer does not answer")
	case "backoff":
		return nil, &middleware.Error{Reason: middleware.ReasonKeysUnavailable, Header: http.Header{"Retry-After": {"17"}}}
	case "timeout":
		return nil, context.DeadlineExceeded
	case "nilnil":
		return nil, nil
	case "notoken":
		return nil, middleware.ErrNoToken
	case "wait":
		f.entered <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, middleware.InvalidToken
}

// fakeDPoP confirms cnf.jkt by the word that the request has as its proof.
type fakeDPoP struct{}

func (fakeDPoP) Member() string { return "jkt" }

func (fakeDPoP) Challenge() middleware.Challenge {
	return middleware.Challenge{Scheme: "DPoP", Params: []middleware.Param{{Name: "algs", Value: "ES256 EdDSA"}}}
}

func (fakeDPoP) Confirm(_ context.Context, _ string, r *http.Request, _ *middleware.Token) (http.Header, error) {
	switch r.Header.Get("DPoP") {
	case "proof":
		return nil, nil
	case "proof-of-last-nonce":
		return http.Header{"Dpop-Nonce": {"n2"}}, nil
	case "proof-without-nonce":
		return http.Header{"Dpop-Nonce": {"n1"}}, &middleware.Error{
			Code: middleware.UseDPoPNonce, Reason: middleware.ReasonNonceRequired,
			Description: "The proof needs the nonce of this response",
		}
	case "proof-of-other-key":
		return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonProofInvalid}
	}
	return nil, &middleware.Error{Code: middleware.InvalidDPoPProof, Reason: middleware.ReasonProofInvalid}
}

// fakeMTLS confirms cnf.x5t#S256 by a field that stands for the certificate.
type fakeMTLS struct{}

func (fakeMTLS) Member() string { return "x5t#S256" }

func (fakeMTLS) Challenge() middleware.Challenge { return middleware.Challenge{Scheme: "Bearer"} }

func (fakeMTLS) Confirm(_ context.Context, _ string, r *http.Request, _ *middleware.Token) (http.Header, error) {
	if r.Header.Get("Test-Certificate") != "its" {
		return nil, &middleware.Error{Code: middleware.InvalidToken, Reason: middleware.ReasonUnconfirmedBinding}
	}
	return nil, nil
}

// newGuard makes a guard that lets a function decide.
func newGuard(opts *middleware.Options, verdict func() (*middleware.Token, error)) *middleware.Guard {
	return middleware.New(middleware.VerifierFunc(
		func(context.Context, string, *http.Request) (*middleware.Token, error) { return verdict() }), opts)
}
