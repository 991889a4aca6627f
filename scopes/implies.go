package scopes

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/warder-go/warder/internal/claims"
)

// Implies says which scopes include others: a token with the scope on the left
// counts as one with those on the right, and with what these include in turn.
// It is a matter of this API alone: OAuth itself knows no such order (RFC 6749
// §3.3). Requirements made with its methods keep a copy. Nil means that no scope
// includes another.
//
// The guard knows no hierarchy: where a handler refuses with a requirement of its
// own, the challenge names the scope of the route beside it, included or not.
//
// A scope that includes itself, at whatever remove, and what is not a
// scope-token are mistakes: [Routes.Handler] returns them as errors,
// [Requirement.Handler] panics, and a Requirement that is checked all the same
// refuses everybody.
type Implies map[string][]string

// All is [All] under this hierarchy. Its challenge leaves out what the other
// scopes include.
func (h Implies) All(scope ...string) Requirement { return require(false, scope, h) }

// Any is [Any] under this hierarchy. Its challenge names the first scope, or
// one of the others that the first includes, as that is less.
func (h Implies) Any(scope ...string) Requirement {
	if len(scope) == 0 {
		panic("scopes: Any() can never be met")
	}
	return require(true, scope, h)
}

// check lists the mistakes in h.
func (h Implies) check() error {
	var wrong []error
	for _, s := range slices.Sorted(maps.Keys(h)) {
		for _, word := range append([]string{s}, h[s]...) {
			if !claims.IsScopeToken(word) {
				wrong = append(wrong, errors.New("scopes: Implies: "+strconv.Quote(word)+" is not a scope-token (RFC 6749 §3.3)"))
			}
		}
		if slices.Contains(h.included(s), s) {
			wrong = append(wrong, errors.New("scopes: Implies: "+strconv.Quote(s)+" includes itself"))
		}
	}
	return errors.Join(wrong...)
}

// included lists what s includes: s itself only if there is a cycle.
func (h Implies) included(s string) []string {
	all := slices.Clone(h[s])
	for i := 0; i < len(all); i++ {
		for _, next := range h[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

// granting lists s and those that include it.
func (h Implies) granting(s string) []string {
	all := []string{s}
	for _, other := range slices.Sorted(maps.Keys(h)) {
		if slices.Contains(h.included(other), s) {
			all = append(all, other)
		}
	}
	return all
}

// least returns these scopes without those that others of them include.
func (h Implies) least(scopes []string) []string {
	var least []string
	for _, s := range scopes {
		isIncluded := slices.ContainsFunc(scopes, func(o string) bool { return slices.Contains(h.included(o), s) })
		if !isIncluded && !slices.Contains(least, s) {
			least = append(least, s)
		}
	}
	return least
}

// leastFrom returns the first of scopes, or what it includes of the others and
// nothing less does.
func (h Implies) leastFrom(scopes []string) string {
	least := scopes[0]
	for {
		included := h.included(least)
		i := slices.IndexFunc(scopes, func(s string) bool { return slices.Contains(included, s) })
		if i < 0 {
			return least
		}
		least = scopes[i]
	}
}
