package scopes

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/middleware"
)

// A Requirement says what an access token must grant. Make one with [All] or
// [Any]. The zero Requirement refuses everybody: forgetting to say what a
// route needs must not open it. A Requirement is immutable and safe for
// concurrent use.
type Requirement struct {
	kind   kind
	scopes []string
	denied *middleware.Error // the refusal of a token that grants too little
	absent *middleware.Error // the refusal where there is no token; nil: errNoToken
}

type kind int

const (
	nobody kind = iota // the zero Requirement
	all
	anyOf
)

var (
	errNoPolicy = &middleware.Error{
		Reason: middleware.ReasonNoPolicy,
		Err:    errors.New("scopes: the zero Requirement: nothing says what this route needs"),
	}
	errNoToken = &middleware.Error{Reason: middleware.ReasonNoToken, Err: middleware.ErrNoToken}
)

// All is met by a token that grants every one of these scopes. All() is met
// by every admitted token. Something that is not a scope-token (RFC 6749
// §3.3), such as "a b", panics.
func All(scope ...string) Requirement {
	return require(all, scope, strings.Join(scope, " "))
}

// Any is met by a token that grants one of these scopes. Its challenge names
// the first: name the least that would do first. Any() and something that is
// not a scope-token (RFC 6749 §3.3) panic.
func Any(scope ...string) Requirement {
	if len(scope) == 0 {
		panic("scopes: Any() can never be met")
	}
	return require(anyOf, scope, scope[0])
}

// Require is All(scope...).Handler.
func Require(scope ...string) func(http.Handler) http.Handler {
	return All(scope...).Handler
}

func require(k kind, scopes []string, least string) Requirement {
	for _, s := range scopes {
		if !claims.IsScopeToken(s) {
			panic("scopes: " + strconv.Quote(s) + " is not a scope-token (RFC 6749 §3.3)")
		}
	}
	return Requirement{
		kind:   k,
		scopes: slices.Clone(scopes),
		denied: &middleware.Error{
			Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientScope,
			Description: "The access token does not grant the scope that this operation needs",
			Scope:       least,
		},
		absent: &middleware.Error{Reason: middleware.ReasonNoToken, Scope: least, Err: middleware.ErrNoToken},
	}
}

// Check reports whether t meets q. A nil t, an anonymous request, meets
// nothing: it has no token, whatever would be needed. The error is a
// *[middleware.Error] that names the least scope that would do;
// middleware.Deny and Guard.Deny answer with it.
func (q Requirement) Check(t *middleware.Token) error {
	// The error is built only here, as a nil *Error in an error is not nil.
	switch {
	case t == nil && q.absent == nil:
		return errNoToken
	case t == nil:
		return q.absent
	case q.kind == nobody:
		return errNoPolicy
	case !q.met(t.Scopes):
		return q.denied
	}
	return nil
}

// met compares scopes whole and case-sensitively (RFC 6749 §3.3).
func (q Requirement) met(granted []string) bool {
	for _, s := range q.scopes {
		switch has := slices.Contains(granted, s); {
		case has && q.kind == anyOf:
			return true
		case !has && q.kind == all:
			return false
		}
	}
	return q.kind == all
}

// Handler returns a handler that lets next answer requests whose token meets
// q. It stands behind a [middleware.Guard], which refuses the others: 403 for
// a token that grants too little and for the zero Requirement, 401 for an
// anonymous request. Without a
// guard in front of it, it answers 500.
func (q Requirement) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("scopes: Requirement.Handler(nil)")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, _ := middleware.FromContext(r.Context())
		if err := q.Check(t); err != nil {
			middleware.Deny(w, r, err) // tells the observer too
			return
		}
		middleware.Observe(r.Context(), middleware.Event{
			Op: middleware.OpAuthorize, Issuer: t.Issuer, Route: r.Pattern, Reason: middleware.ReasonOK,
		})
		next.ServeHTTP(w, r)
	})
}
