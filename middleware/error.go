package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Code is an OAuth error code that is itself an error, so that
//
//	errors.Is(err, middleware.InvalidToken)
//
// tells a bad token from everything else. The value is the code's string in
// its RFC. A Code says how a request is answered; a [Reason] says why.
type Code string

// The codes with an answer of their own. Any other Code is answered 401.
const (
	InvalidRequest                 Code = "invalid_request"                  // 400, RFC 6750 §3.1
	InvalidToken                   Code = "invalid_token"                    // 401, RFC 6750 §3.1
	InsufficientScope              Code = "insufficient_scope"               // 403, RFC 6750 §3.1
	InvalidDPoPProof               Code = "invalid_dpop_proof"               // 401, RFC 9449 §7.1
	UseDPoPNonce                   Code = "use_dpop_nonce"                   // 401, RFC 9449 §9
	InsufficientUserAuthentication Code = "insufficient_user_authentication" // 401, RFC 9470 §3
)

// Error returns the code.
func (c Code) Error() string { return string(c) }

// ErrNoToken says that a request carries no credentials. It counts only
// when a [Source] says so: from a Verifier it is a fault like any other.
var ErrNoToken error = errors.New("middleware: no access token")

// Error is a refusal. The outermost Error or Code in an error decides the
// answer; the zero Error, and a nil *Error that became an error, means "could
// not decide" and is answered 503.
//
// Only Description, Scope, Params and Header reach the client. They must be
// fixed texts and configured values: never a claim, a key ID, upstream text
// or any part of a token. Err and Reason are for the operator; Err must not
// quote the token either.
//
// An Error is shared between requests: do not modify one that you were given.
type Error struct {
	Code        Code        // decides the status; empty: 503
	Reason      Reason      // why, for the operator; empty, and ok, which is no refusal: derived from Code
	Description string      // error_description
	Scope       string      // scope: the least that would suffice, separated by spaces
	Params      []Param     // further parameters of the challenge, such as acr_values
	Header      http.Header // fields for the response, such as Retry-After
	Schemes     []string    // whose challenges carry the error; nil: that of the credentials
	Err         error       // the cause
}

// Param is one auth-param of a challenge (RFC 9110 §11.2).
type Param struct {
	Name  string // a token (RFC 9110 §5.6.2); a Param with another name is left out
	Value string // unquoted
}

// Error returns the code, the reason and the cause.
func (e *Error) Error() string {
	if e == nil {
		return couldNotDecide
	}
	parts := make([]string, 0, 3)
	if e.Code != "" {
		parts = append(parts, string(e.Code))
	}
	if e.Reason != "" && string(e.Reason) != string(e.Code) { // insufficient_scope is both
		parts = append(parts, string(e.Reason))
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if len(parts) == 0 {
		return couldNotDecide
	}
	return strings.Join(parts, ": ")
}

const couldNotDecide = "middleware: could not decide"

// Unwrap returns the cause, without the Codes in it: the Error around them has
// decided, so errors.Is finds no other Code, and errors.As no other Error. A
// caller who looks for [InvalidToken] is not to find it below a 503. Every other
// error in the cause is found.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	if find(e.Err) == nil {
		return e.Err
	}
	return &overruled{e.Err}
}

// overruled is a cause that holds an Error or a Code which decides nothing.
type overruled struct{ error }

func (o *overruled) Is(target error) bool {
	_, isCode := target.(Code)
	return !isCode && errors.Is(o.error, target)
}

func (o *overruled) As(target any) bool {
	switch target.(type) {
	case **Error, *Code:
		return false
	}
	return errors.As(o.error, target)
}

// Is reports whether target is e's Code.
func (e *Error) Is(target error) bool {
	c, ok := target.(Code)
	return ok && e != nil && c != "" && c == e.Code
}

// outermost returns the Error or Code in err that decides the answer, as an
// Error. Where there is neither, or it has no Code, the result has no Code:
// could not decide.
func outermost(err error) *Error {
	if e := find(err); e != nil {
		if e.Reason != "" && e.Reason != ReasonOK {
			return e
		}
		named := *e
		named.Reason = reasonOf(e.Code)
		if named.Err == nil {
			named.Err = errUnexplained
		}
		return &named
	}
	if err == nil {
		return &Error{Reason: ReasonVerifierFault}
	}
	return &Error{Reason: ReasonVerifierFault, Err: fmt.Errorf("an error without a middleware.Code is answered 503: %w", err)}
}

// errUnexplained is for whoever wrote the Verifier or the Binding.
var errUnexplained = errors.New("a middleware.Code or Error with neither a Reason nor an Err")

// find walks err's tree in the order of errors.Is.
func find(err error) *Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *Error:
		return e // a nil *Error decides nothing
	case Code:
		if e == "" {
			return nil
		}
		return &Error{Code: e}
	case interface{ Unwrap() error }:
		return find(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			if found := find(each); found != nil {
				return found
			}
		}
	}
	return nil
}

// reasonOf names the reason of an error that names none.
func reasonOf(c Code) Reason {
	switch c {
	case "":
		return ReasonVerifierFault
	case InvalidRequest:
		return ReasonMalformedRequest
	case InsufficientScope:
		return ReasonInsufficientScope
	case InvalidDPoPProof:
		return ReasonProofInvalid
	case UseDPoPNonce:
		return ReasonNonceRequired
	case InsufficientUserAuthentication:
		return ReasonInsufficientAuthentication
	}
	return ReasonOther
}
