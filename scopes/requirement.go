package scopes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/warder-go/warder/internal/claims"
	"github.com/warder-go/warder/middleware"
)

// A Requirement says what an access token must grant. Make one with [All],
// [Any] or [Public], and add to it with its methods. The zero Requirement
// refuses everybody: forgetting to say what a route needs must not open it. A
// Requirement is immutable and safe for concurrent use.
//
// It is judged in this order, and the first thing that is lacking decides the
// answer: whose token it is (403), how the user signed in (401: step-up), scopes
// (403), claims (403), authorization details (403).
type Requirement struct {
	rule *rule // nil in the zero Requirement
}

// rule is what a Requirement asks for.
type rule struct {
	public  bool
	any     bool       // one of scopes is enough
	scopes  []string   // as named
	granted [][]string // to each of scopes, those that grant it: itself first
	least   string     // the scope that challenges name

	caller  caller
	acr     []string      // nil: however the user signed in
	maxAge  time.Duration // 0: however long ago
	claims  []claim
	details []middleware.Detail

	mistake error // in the hierarchy: it refuses everybody
}

var (
	errNoPolicy = &middleware.Error{
		Reason: middleware.ReasonNoPolicy,
		Err:    errors.New("scopes: nothing says what this route needs: it has the zero Requirement, or no row in Routes"),
	}
	errNoToken = &middleware.Error{Reason: middleware.ReasonNoToken, Err: errAnonymous}

	errAnonymous = fmt.Errorf("%w, which AllowAnonymous lets pass and this route does not", middleware.ErrNoToken)
)

// All is met by a token that grants every one of these scopes. All() is met
// by every admitted token. Something that is not a scope-token (RFC 6749
// §3.3), such as "a b", panics, and so does offline_access, which is about
// refresh tokens and not about an API.
func All(scope ...string) Requirement { return Implies(nil).All(scope...) }

// Any is met by a token that grants one of these scopes. Its challenge names
// the first: put the smallest scope that is enough first. Any() and what panics
// in [All] panic.
func Any(scope ...string) Requirement { return Implies(nil).Any(scope...) }

// Require is All(scope...).Handler.
func Require(scope ...string) func(http.Handler) http.Handler {
	return All(scope...).Handler
}

// Public needs no token. It is for [Routes] only: a handler that is public
// stands without a Requirement. Adding to it panics.
func Public() Requirement { return Requirement{&rule{public: true}} }

func require(anyOf bool, scopes []string, h Implies) Requirement {
	for _, s := range scopes {
		switch {
		case !claims.IsScopeToken(s):
			panic("scopes: " + strconv.Quote(s) + " is not a scope-token (RFC 6749 §3.3)")
		case s == "offline_access":
			panic("scopes: offline_access is for the authorization server, not for an API")
		}
	}
	r := &rule{any: anyOf, scopes: slices.Clone(scopes)}
	if r.mistake = h.check(); r.mistake == nil {
		for _, s := range scopes {
			r.granted = append(r.granted, h.granting(s))
		}
		if r.least = strings.Join(h.least(scopes), " "); anyOf {
			r.least = h.leastFrom(scopes)
		}
	}
	return Requirement{r}
}

// with returns q after change, which is given a rule of its own.
func (q Requirement) with(change func(*rule)) Requirement {
	if q.rule == nil {
		return q // what is added to nothing leaves everybody refused
	}
	if q.rule.public {
		panic("scopes: Public needs no token, so it can ask nothing of one")
	}
	r := *q.rule
	change(&r)
	return Requirement{&r}
}

// Check reports whether t meets q. A nil t, an anonymous request, meets
// nothing but [Public]: it has no token, whatever would be needed. The error is
// a *[middleware.Error], which names the least scope that would do where one
// would; middleware.Deny and Guard.Deny answer with it.
func (q Requirement) Check(t *middleware.Token) error {
	// The error is built only here, as a nil *Error in an error is not nil.
	if e := q.judge(t); e != nil {
		return e
	}
	return nil
}

func (q Requirement) judge(t *middleware.Token) *middleware.Error {
	r := q.rule
	switch {
	case r != nil && r.public:
		return nil
	case t == nil && r == nil:
		return errNoToken
	case t == nil:
		return &middleware.Error{Reason: middleware.ReasonNoToken, Scope: r.least, Err: errAnonymous}
	case r == nil:
		return errNoPolicy
	case r.mistake != nil:
		return &middleware.Error{Reason: middleware.ReasonNoPolicy, Err: r.mistake}
	case !r.caller.is(t):
		return r.caller.refuses(t)
	case r.asksForStepUp() && !r.signedIn(t, time.Now()):
		return r.stepUp(t)
	case !r.met(t.Scopes):
		return &middleware.Error{
			Code: middleware.InsufficientScope, Reason: middleware.ReasonInsufficientScope,
			Description: "The access token does not grant the scope that this operation needs",
			Scope:       r.least, Err: r.lacking(t.Scopes),
		}
	}
	if c := r.unclaimed(t); c != nil {
		return lacksClaim(*c)
	}
	if want := r.ungranted(t); want != nil {
		return insufficientDetails(*want)
	}
	return nil
}

// lacking says which of our scopes a token lacks that has these.
func (r *rule) lacking(has []string) error {
	if r.any {
		return fmt.Errorf("scopes: the token has none of the scopes %q", r.scopes)
	}
	var missing []string
	for i, granting := range r.granted {
		if !slices.ContainsFunc(granting, func(s string) bool { return slices.Contains(has, s) }) {
			missing = append(missing, r.scopes[i])
		}
	}
	if len(has) == 0 {
		return fmt.Errorf("scopes: the token has no scopes at all, and %q are missing; ScopeClaims names the claims to read them from", missing)
	}
	return fmt.Errorf("scopes: the token lacks the scopes %q", missing)
}

// met compares scopes whole and case-sensitively (RFC 6749 §3.3).
func (r *rule) met(has []string) bool {
	for _, granting := range r.granted {
		switch ok := slices.ContainsFunc(granting, func(s string) bool { return slices.Contains(has, s) }); {
		case ok && r.any:
			return true
		case !ok && !r.any:
			return false
		}
	}
	return !r.any
}

// Handler returns a handler that lets next answer requests whose token meets
// q. It stands behind a [middleware.Guard], which refuses the others: 403 for
// a token that grants too little and for the zero Requirement, 401 for an
// anonymous request and for a user who is to sign in again. Without a guard in
// front of it, it answers 500. A hierarchy with a mistake and [Public] panic.
func (q Requirement) Handler(next http.Handler) http.Handler {
	switch {
	case next == nil:
		panic("scopes: Requirement.Handler(nil)")
	case q.rule != nil && q.rule.public:
		panic("scopes: Public is for Routes only")
	case q.rule != nil && q.rule.mistake != nil:
		panic(q.rule.mistake.Error())
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
